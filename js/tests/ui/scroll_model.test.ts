import { expect, test } from "vitest";
import { ScrollModel } from "../../src/ui/scroll_model.js";

test("the scroll bar reaches every one of ten million rows", () => {
  const scroll = new ScrollModel(18, true);
  const sizes = { total: 10_000_000, height: 360, wrap: false };
  scroll.resize(sizes);
  expect(scroll.top).toBe(10_000_000 - 20);
  scroll.scrolled(0, true);
  expect([scroll.top, scroll.follow]).toEqual([0, false]);
  for (let n = 0; n < 5; n += 1) scroll.move(1, true);
  expect(scroll.top).toBe(5);
  scroll.reveal(7_654_321);
  scroll.resize({ ...sizes, total: 10_000_100 });
  expect(Math.abs(scroll.top - 7_654_321)).toBeLessThan(20);
  scroll.scrolled(scroll.space - 360, true);
  expect(scroll.follow).toBe(true);
});

test("a list that does not follow stays where it is at its end", () => {
  const scroll = new ScrollModel(26);
  scroll.resize({ total: 100, height: 260, wrap: false });
  expect(scroll.top).toBe(0);
  scroll.move(1000, false);
  expect([scroll.top, scroll.follow]).toEqual([90, false]);
  scroll.resize({ total: 200, height: 260, wrap: false });
  expect(scroll.top).toBe(90);
});

test("a list that shrinks shows its end", () => {
  const scroll = new ScrollModel(20);
  scroll.resize({ total: 100, height: 200, wrap: false });
  scroll.move(80, false);
  scroll.resize({ total: 15, height: 200, wrap: false });
  expect(scroll.top).toBe(5);
  scroll.resize({ total: 3, height: 200, wrap: false });
  expect([scroll.top, scroll.position]).toEqual([0, 0]);
});

test("a row is brought into sight with as little movement as that takes", () => {
  const scroll = new ScrollModel(20);
  scroll.resize({ total: 100, height: 200, wrap: false });
  scroll.nudge(5);
  expect(scroll.top).toBe(0);
  scroll.nudge(10);
  expect(scroll.top).toBe(1);
  scroll.nudge(0);
  expect(scroll.top).toBe(0);
  scroll.nudge(99);
  expect(scroll.top).toBe(90);
});

test("position and movement of the scroll bar are each other's inverse", () => {
  for (const total of [50, 1000, 3_000_000]) {
    const scroll = new ScrollModel(18);
    scroll.resize({ total, height: 180, wrap: false });
    for (const share of [0, 0.1, 0.5, 1]) {
      scroll.move(-total, false);
      scroll.move(share * scroll.last, false);
      const { top, position } = scroll;
      scroll.scrolled(position, false);
      expect(scroll.top).toBeCloseTo(top, 3);
    }
  }
});
