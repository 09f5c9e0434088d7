import { expect, test, vi } from "vitest";
import { Frames, frames } from "../../src/ui/frames.js";

const frame = () => new Promise((done) => requestAnimationFrame(() => done(null)));

test("work is done once, however often it is asked for, and not after it was taken back", async () => {
  const queue = new Frames();
  const done: string[] = [];
  const work = () => done.push("work");
  const other = () => done.push("other");
  queue.add(work);
  queue.add(work);
  queue.add(other);
  queue.delete(other);
  await frame();
  await frame();
  expect(done).toEqual(["work"]);
});

test("a fault in one view does not stop the others", async () => {
  const queue = new Frames();
  const complain = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const done: number[] = [];
  queue.add(() => {
    throw new Error("broken");
  });
  queue.add(() => done.push(1));
  await frame();
  await frame();
  expect(done).toEqual([1]);
  expect(complain).toHaveBeenCalledOnce();
  complain.mockRestore();
});

test("much work is spread over frames, and work that asks for itself again does not hold them", async () => {
  const queue = new Frames();
  let clock = 0;
  const time = vi.spyOn(performance, "now").mockImplementation(() => clock);
  let done = 0;
  let perFrame = 0;
  const slow = (): (() => void) => () => {
    clock += 3;
    done += 1;
    perFrame += 1;
  };
  for (let n = 0; n < 20; n += 1) queue.add(slow());
  const most: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    perFrame = 0;
    await frame();
    most.push(perFrame);
  }
  time.mockRestore();
  expect(done).toBe(20);
  expect(Math.max(...most)).toBeLessThanOrEqual(3);
});

test("the whole page has one queue, also when modules are loaded apart", async () => {
  vi.resetModules();
  const apart = await import("../../src/ui/frames.js");
  expect(apart.frames).toBe(frames);
});
