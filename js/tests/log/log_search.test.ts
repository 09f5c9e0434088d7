import { expect, test } from "vitest";
import { LineIndex } from "../../src/log/line_index.js";
import { compile, LineMatcher } from "../../src/log/line_matcher.js";
import { LogSearch } from "../../src/log/log_search.js";
import { LogStore } from "../../src/log/log_store.js";
import { GrowingFile } from "../growing_file.js";
import { random } from "../random.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a text cut into pieces anywhere gives the same lines", () => {
  const next = random(7);
  for (let round = 0; round < 300; round += 1) {
    const lines = Array.from(
      { length: 8 },
      () => "aä\u2028€😀x".repeat(Math.floor(next() * 3)) + (next() < 0.3 ? "Hit" : ""),
    );
    const bytes = encode(`${lines.join("\n")}\n`);
    const matcher = new LineMatcher(compile("hit", false, false)!);
    const found: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + Math.floor(next() * 9);
      found.push(...matcher.consume(bytes.subarray(at, at + size)));
      at += size;
    }
    const expected = lines.flatMap((line, number) => (line.includes("Hit") ? [number] : []));
    expect(found).toEqual(expected);
    expect(matcher.lines).toBe(lines.length);
  }
});

test("words are taken as they are, patterns as patterns, and case as it is wished", () => {
  const count = (query: string, regular: boolean, matchCase: boolean): number =>
    new LineMatcher(compile(query, regular, matchCase)!).consume(
      encode("a.b\nA.B\nacb\n\x1b[31ma\x1b[0m.b\n"),
    ).length;
  expect([count("a.b", false, false), count("a.b", false, true), count("a.b", true, true)]).toEqual(
    [3, 2, 3],
  );
  expect(compile("", false, false)).toBeNull();
  expect(() => compile("(", true, false)).toThrow(SyntaxError);
});

test("a line of many megabytes counts once, and does not fill the memory", () => {
  const matcher = new LineMatcher(compile("x{3}", true, false)!);
  const found: number[] = [];
  for (let n = 0; n < 5; n += 1) found.push(...matcher.consume(encode("x".repeat(900_000))));
  found.push(...matcher.consume(encode("\nxxx\n")));
  expect(found).toEqual([0, 1]);
});

test("a search goes through all of a large log, and on where the log grows", async () => {
  const file = new GrowingFile();
  const line = (n: number) =>
    `${String(n).padStart(7, "0")} ${n % 1000 === 0 ? "needle" : "hay"} ${"-".repeat(40)}\n`;
  file.append(Array.from({ length: 60_000 }, (_, n) => line(n)).join(""));
  const search = new LogSearch(file, compile("needle", false, false)!, () => undefined);
  await search.run();
  expect([search.total, search.found[59], search.searched]).toEqual([
    60,
    59_000,
    file.bytes.length,
  ]);
  const read = file.reads;
  await search.run();
  expect(file.reads - read).toBeLessThanOrEqual(1);
  file.append(Array.from({ length: 1001 }, (_, n) => line(60_000 + n)).join(""));
  await search.run();
  expect(search.found.slice(-2)).toEqual([60_000, 61_000]);
  expect(search.lines).toBe(61_001);
});

test("every line of a log is found by its number, wherever the blocks are cut", async () => {
  const file = new GrowingFile();
  const next = random(3);
  const lines = Array.from(
    { length: 9000 },
    (_, n) =>
      `${n} ${"y".repeat(Math.floor(next() * 60))}${n % 700 === 0 ? "z".repeat(70_000) : ""}`,
  );
  file.append(`${lines.join("\n")}\n`);
  const store = new LogStore(file, () => undefined);
  store.update({ count: lines.length, tail: { first: lines.length - 1, lines: [lines.at(-1)!] } });
  for (const number of [0, 1, 699, 700, 701, 4321, 8399, 8400, 8401, 8999]) {
    const [text] = await store.lines(number, number);
    expect(text!.slice(0, 50)).toBe(lines[number]!.slice(0, 50));
  }
});

test("an index made in pieces is the one that is made at once", () => {
  const bytes = encode("ab\n\nc".repeat(60_000));
  const whole = new LineIndex();
  whole.scan(bytes);
  const parts = new LineIndex();
  const next = random(11);
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(next() * 30_000);
    parts.scan(bytes.subarray(at, at + size));
    at += size;
  }
  expect([parts.before, parts.size, parts.newlines]).toEqual([
    whole.before,
    whole.size,
    whole.newlines,
  ]);
});
