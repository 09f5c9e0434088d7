import { expect, test } from "vitest";
import { FilesModel } from "../src/files/files_model.js";
import { mergeLog } from "../src/run_view/run_client.js";
import type { Progress } from "../src/types.js";
import { ProgressReader } from "../src/watch/offline_watch.js";

const nothing: Progress = {
  fraction: null,
  eta: null,
  erlang: null,
  erlang_index: null,
  total_erlangs: null,
  iteration: null,
  total_iterations: null,
  rate: null,
  events: 0,
  bad_lines: 0,
  points: [],
};
const read = (
  events: unknown[],
  known = nothing,
  erlangs = [200, 300],
  iterations: number | null = 4,
): Progress => {
  const reader = new ProgressReader(erlangs, iterations);
  reader.take(events.map((event) => (typeof event === "string" ? event : JSON.stringify(event))));
  return reader.progress(known);
};

test("without the kernel, progress is read from the documented form", () => {
  const progress = read([
    { erlang: 200, iteration: 4, total_iterations: 4, blocking: 0.01, ci: 0.001 },
    { erlang: 300, iteration: 1, total_iterations: 4 },
  ]);
  expect([progress.fraction, progress.erlang_index, progress.iteration]).toEqual([0.625, 2, 1]);
  expect(progress.points[0]).toEqual([200, 0.01, 0.001, 4, true]);
});

test("and from the typed form, and from steps", () => {
  const typed = read([
    { type: "start" },
    { type: "iteration", erlang: 200, iteration: 2, metrics: { blocking_prob: 0.02 } },
    { type: "erlang_complete", erlang: 200, metrics: { iterations: 2 } },
  ]);
  expect([typed.fraction, typed.points[0]![1]]).toEqual([0.5, 0.02]);
  expect(read([{ step: 3, total: 12 }], nothing, [], null).fraction).toBe(0.25);
  expect(read([{ type: "complete" }]).fraction).toBe(1);
});

test("it never goes back behind what the kernel had said", () => {
  const known = {
    ...nothing,
    fraction: 0.7,
    points: [[200, 0.01, null, 4, true] as const],
  } as unknown as Progress;
  const progress = read([{ erlang: 300, iteration: 1, total_iterations: 4 }], known);
  expect(progress.fraction).toBe(0.7);
  expect(progress.points.length).toBe(2);
});

test("lines that are no objects are counted and harm nothing", () => {
  const progress = read([
    "{",
    "[1]",
    "null",
    '"x"',
    "",
    { erlang: "many", iteration: -1 },
    { step: 1, total: 0 },
    { erlang: 200, iteration: 1 },
  ]);
  expect([progress.bad_lines, progress.points.length]).toEqual([4, 1]);
});

const log = (first: number, lines: string, count = first + lines.length) => ({
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

test("files are sorted as people count, filtered, and folded by folder", () => {
  const model = new FilesModel();
  const file = (path: string, size = 1) => ({ path, size, modified: 0, kind: "json" });
  model.set([file("s1/1000.0.json", 5), file("s1/200.0.json", 7), file("s2/1.json", 9)]);
  const paths = () => model.rows.map((row) => ("folder" in row ? row.folder : row.path));
  expect(paths()).toEqual(["s1/", "s1/200.0.json", "s1/1000.0.json", "s2/", "s2/1.json"]);
  model.toggle("s1/");
  expect(paths()).toEqual(["s1/", "s2/", "s2/1.json"]);
  model.sortBy("size");
  expect(paths()).toEqual(["s2/1.json", "s1/200.0.json", "s1/1000.0.json"]);
  model.filter = "S2";
  model.arrange();
  expect(paths()).toEqual(["s2/1.json"]);
});

test("a hundred thousand files are arranged, each once", () => {
  const model = new FilesModel();
  const files = Array.from({ length: 100_000 }, (_, n) => ({
    path: `d${n % 100}/${n}.json`,
    size: n,
    modified: n,
    kind: "json",
  }));
  model.set(files);
  expect(model.rows.length).toBe(100_100);
  model.sortBy("modified");
  expect((model.rows[0] as { path: string }).path).toBe("d99/99999.json");
});
