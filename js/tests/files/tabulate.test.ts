import { expect, test } from "vitest";
import { fields, separated, tabulate } from "../../src/files/tabulate.js";

test("a list of objects has a column for each key, an object has names and values", () => {
  expect(tabulate([{ a: 1 }, { b: 2, a: 3 }])).toMatchObject({
    columns: ["a", "b"],
    rows: [
      [1, undefined],
      [3, 2],
    ],
  });
  expect(tabulate({ x: 1, y: [2] })).toMatchObject({
    columns: ["name", "value"],
    rows: [
      ["x", 1],
      ["y", [2]],
    ],
  });
  expect(tabulate([5, "x"]).rows).toEqual([
    [0, 5],
    [1, "x"],
  ]);
  expect(tabulate([]).rows).toEqual([]);
  expect(tabulate(null).rows).toEqual([[null]]);
});

test("a small file with columns times rows without end costs no more than what is shown", () => {
  // Each row has keys of its own: 115 kB that once became 50 million cells.
  const wide = Array.from({ length: 7000 }, (_, n) => ({ [`key ${n}`]: n }));
  const grid = tabulate(wide);
  expect([grid.columns.length, grid.rows.length]).toEqual([40, 200]);
  expect([grid.total_columns, grid.total_rows]).toEqual([200, 7000]);
  expect(grid.rows.every((row) => row.length === 40)).toBe(true);
});

test("separated values may be quoted, and quotes may hold separators, quotes and ends of lines", () => {
  const text = 'name,value\r\n"a, b","say ""x"""\nplain,"two\nlines"\nlast,1';
  expect(fields(text, ",", 10)).toEqual([
    ["name", "value"],
    ["a, b", 'say "x"'],
    ["plain", "two\nlines"],
    ["last", "1"],
  ]);
});

test("of a long table the first rows are read, of a wide one the first columns", () => {
  const text = "a\tb\n".concat("1\t2\n".repeat(10_000));
  const grid = separated(text, "\t");
  expect([grid.columns, grid.rows.length]).toEqual([["a", "b"], 200]);
  const wide = separated(`${"c,".repeat(100)}c\n${"1,".repeat(100)}1\n`, ",");
  expect([wide.columns.length, wide.rows[0]!.length, wide.total_columns]).toEqual([40, 40, 101]);
});

test("an empty text is an empty table", () => {
  expect(separated("", ",")).toMatchObject({ columns: [], rows: [] });
});
