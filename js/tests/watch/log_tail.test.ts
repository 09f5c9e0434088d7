import { expect, test } from "vitest";
import { LogTail, mergeLog } from "../../src/watch/log_tail.js";
import { GrowingFile } from "../growing_file.js";

const log = (first: number, lines: Iterable<string>, count = first + [...lines].length) => ({
  count,
  tail: { first, lines: [...lines] },
});

test("new lines of a log go behind the known ones, whatever was lost between", () => {
  expect(mergeLog(log(0, "abc"), log(3, "de")).tail).toEqual({ first: 0, lines: [..."abcde"] });
  // The last one was unfinished, and is said again.
  expect(mergeLog(log(0, "abC"), log(2, "cd")).tail).toEqual({ first: 0, lines: [..."abcd"] });
  expect(mergeLog(log(0, "abc"), log(9, "xy")).tail).toEqual({ first: 9, lines: ["x", "y"] });
  expect(mergeLog(log(5, "abc"), log(0, "x")).tail).toEqual({ first: 0, lines: ["x"] });
  expect(mergeLog(undefined, log(2, "ab")).tail.first).toBe(2);
  const many = mergeLog(
    { count: 200, tail: { first: 0, lines: Array(200).fill("a") } },
    log(200, "bb"),
  );
  expect([many.tail.first, many.tail.lines.length, many.tail.lines.at(-1)]).toEqual([2, 200, "b"]);
});

test("a log that grows is counted and its last lines are kept", async () => {
  const file = new GrowingFile();
  file.append("one\ntwo\nthr");
  const tail = new LogTail(file);
  let state = await tail.poll(log(0, [], 0));
  expect(state).toEqual({ count: 2, tail: { first: 0, lines: [] } });
  file.append("ee\nfour\n");
  state = await tail.poll(state);
  expect(state).toEqual({ count: 4, tail: { first: 2, lines: ["three", "four"] } });
  expect(await tail.poll(state)).toBe(state);
  file.append(Array.from({ length: 500 }, (_, n) => `row ${n}\n`).join(""));
  state = await tail.poll(state);
  expect([state.count, state.tail.first, state.tail.lines.length]).toEqual([504, 304, 200]);
});

test("what the kernel had sent stays, as far as it is complete", async () => {
  const file = new GrowingFile();
  file.append("a\nb\nunfin");
  const state = await new LogTail(file).poll(log(1, ["b", "unfin"], 3));
  expect(state).toEqual({ count: 2, tail: { first: 1, lines: ["b"] } });
});

test("a log that was replaced by a shorter one begins anew", async () => {
  const file = new GrowingFile();
  file.append("a\nb\nc\n");
  const tail = new LogTail(file);
  let state = await tail.poll(log(0, [], 0));
  file.replace("x\n");
  state = await tail.poll(state);
  expect(state).toEqual({ count: 1, tail: { first: 0, lines: ["x"] } });
  file.replace("");
  state = await tail.poll(state);
  expect(state).toEqual({ count: 0, tail: { first: 0, lines: [] } });
});
