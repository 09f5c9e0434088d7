import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ListOptions, ListWindow } from "../../src/ui/list_window.js";
import { drawn, layout } from "../layout.js";

let restore: () => void;
let total = 0;
let wanted: [number, number] | null = null;

beforeEach(() => {
  restore = layout(400, 180);
  total = 0;
  wanted = null;
});
afterEach(() => restore());

const make = (more: Partial<ListOptions> = {}): ListWindow => {
  const list = new ListWindow({
    rowHeight: 18,
    total: () => total,
    fill: (row, index) => {
      row.textContent = `row ${index}`;
    },
    want: (first, last) => {
      wanted = [first, last];
    },
    ...more,
  });
  document.body.replaceChildren(list.element);
  return list;
};

const shown = (list: ListWindow): string[] =>
  [...list.rows.children].map((row) => row.textContent!);

const key = (list: ListWindow, name: string): void => {
  list.element.dispatchEvent(new KeyboardEvent("keydown", { key: name, cancelable: true }));
};

test("only the rows on the screen exist, and they are used again", async () => {
  const list = make();
  total = 1_000_000;
  list.draw();
  expect([shown(list).length, shown(list)[0], wanted]).toEqual([11, "row 0", [0, 10]]);
  const first = list.rows.firstElementChild;
  list.scrollBy(500_000);
  await drawn();
  expect(shown(list)[0]).toBe("row 500000");
  expect(list.rows.firstElementChild).toBe(first);
  expect(list.rowElement(500_003)!.textContent).toBe("row 500003");
  expect(list.rowElement(7)).toBeNull();
});

test("a list that follows its end stays there, until somebody scrolls up", async () => {
  const moved = vi.fn();
  const list = make({ follow: true, moved });
  total = 100;
  list.draw();
  expect(shown(list).at(-1)).toBe("row 99");
  total = 250;
  list.draw();
  expect(shown(list).at(-1)).toBe("row 249");
  key(list, "PageUp");
  total = 400;
  await drawn();
  expect(shown(list).at(-1)).not.toBe("row 399");
  expect(moved).toHaveBeenCalled();
  key(list, "End");
  await drawn();
  expect([shown(list).at(-1), list.scroll.follow]).toEqual(["row 399", true]);
});

test("keys move by rows and pages, but not those of something inside", async () => {
  const list = make();
  total = 100;
  list.draw();
  for (const [name, top] of [
    ["ArrowDown", 1],
    ["PageDown", 10],
    ["PageUp", 1],
    ["ArrowUp", 0],
    ["End", 90],
    ["Home", 0],
  ] as const) {
    key(list, name);
    await drawn();
    expect(list.scroll.top, name).toBe(top);
  }
  const inner = list.rows.firstElementChild!;
  inner.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
  expect(list.scroll.top).toBe(0);
});

test("a list can be as high as its rows, up to some number", () => {
  const list = make({ mostRows: 5 });
  for (const [count, height] of [
    [0, "0px"],
    [3, "54px"],
    [50, "90px"],
  ] as const) {
    total = count;
    list.draw();
    expect(list.element.style.height).toBe(height);
  }
  expect(shown(list).length).toBe(6);
});

test("the wheel moves a list that is longer than a page can be high", async () => {
  const list = make();
  total = 5_000_000;
  list.draw();
  expect(list.scroll.scaled).toBe(true);
  const wheel = new WheelEvent("wheel", { deltaY: 90, cancelable: true });
  list.element.dispatchEvent(wheel);
  await drawn();
  expect([list.scroll.top, wheel.defaultPrevented]).toEqual([5, true]);
});

test("rows that wrap rest on the last one while the list follows", () => {
  const list = make({ follow: true });
  total = 100;
  list.setWrap(true);
  list.draw();
  expect(shown(list).at(-1)).toBe("row 99");
  expect(list.element.classList.contains("fj-wrap")).toBe(true);
  list.reveal(20);
  list.draw();
  expect(shown(list)).toContain("row 20");
});
