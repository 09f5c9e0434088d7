import { html } from "lit-html";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RowsModel } from "../../src/ui/rows_model.js";
import { Table } from "../../src/ui/table.js";
import { drawn, layout, words } from "../layout.js";

interface Item {
  name: string;
  size: number;
}

let restore: () => void;
let model: RowsModel<Item, "name" | "size">;
let table: Table<Item, "name" | "size">;
let stepped: number[];

const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, n) => ({ name: `item ${n}`, size: (n * 7) % 13 }));

beforeEach(() => {
  restore = layout(400, 260);
  stepped = [];
  model = new RowsModel<Item, "name" | "size">(
    {
      by: {
        name: (a, b) => a.name.localeCompare(b.name, "en", { numeric: true }),
        size: (a, b) => a.size - b.size,
      },
      largestFirst: ["size"],
      text: (item) => item.name,
    },
    "name",
  );
  table = new Table(model, {
    label: "Items",
    bodyLabel: "All items",
    columns: [
      {
        key: "name",
        label: "Name",
        cell: (item) => html`<button data-key=${item.name}>${item.name}</button>`,
      },
      { key: "size", label: "Size", style: "fj-right", cell: (item) => item.size },
    ],
    rowHeight: 26,
    mostRows: 10,
    key: (item) => item.name,
    style: (item) => (item.size === 0 ? "fj-selected" : ""),
    step: (direction) => stepped.push(direction),
  });
  document.body.replaceChildren(table.element);
});
afterEach(() => restore());

const column = (index: number): string[] =>
  [...table.list.rows.children].map((row) => words(row.children[index]!));
const head = (label: string): HTMLButtonElement =>
  [...table.element.querySelectorAll<HTMLButtonElement>(".fj-sort")].find(
    (each) => words(each) === label,
  )!;

test("an empty table has no head", () => {
  expect(table.element.firstElementChild).toHaveProperty("hidden", true);
  model.set(items(2));
  table.draw();
  expect(table.element.firstElementChild).toHaveProperty("hidden", false);
  expect(column(0)).toEqual(["item 0", "item 1"]);
});

test("a click on a head sorts, another one the other way round, and a screen reader is told", () => {
  model.set(items(8));
  table.draw();
  head("Size").click();
  const sizes = column(1).map(Number);
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(head("Size").parentElement!.getAttribute("aria-sort")).toBe("descending");
  expect(head("Name").parentElement!.hasAttribute("aria-sort")).toBe(false);
  head("Size").click();
  expect(column(1).map(Number)).toEqual([...sizes].reverse());
});

test("rows have roles, classes and cells", () => {
  model.set(items(3));
  table.draw();
  const row = table.list.rows.firstElementChild!;
  expect([row.getAttribute("role"), row.className]).toEqual(["row", "fj-table-row fj-selected"]);
  expect(row.children[1]!.className).toBe("fj-right");
});

test("the focus goes with its row as the list scrolls, and to the list when the row is gone", async () => {
  model.set(items(500));
  table.draw();
  table.focus("item 3");
  expect((document.activeElement as HTMLElement).dataset.key).toBe("item 3");
  table.list.scrollBy(2);
  await drawn();
  expect((document.activeElement as HTMLElement).dataset.key).toBe("item 3");
  expect(table.list.rows.firstElementChild!.contains(document.activeElement)).toBe(false);
  table.list.scrollBy(100);
  await drawn();
  expect(document.activeElement).toBe(table.list.element);
});

test("a row far away is brought into sight to have the focus", () => {
  model.set(items(500));
  table.draw();
  table.focus("item 400");
  expect(words(document.activeElement)).toBe("item 400");
  table.focus("none of this name");
  expect(words(document.activeElement)).toBe("item 400");
});

test("arrow keys step from row to row, and the list does not scroll by itself", () => {
  model.set(items(500));
  table.draw();
  for (const key of ["ArrowDown", "ArrowUp"]) {
    table.list.element.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  }
  expect([stepped, table.list.scroll.top]).toEqual([[1, -1], 0]);
});

test("a filter and an order work together, and ten thousand rows are no more elements", () => {
  model.set(items(10_000));
  model.sortBy("size");
  model.setFilter("ITEM 99");
  table.draw();
  expect(model.rows.length).toBe(111);
  expect(model.rows.every((item) => item.name.startsWith("item 99"))).toBe(true);
  expect(table.list.rows.children.length).toBe(11);
});
