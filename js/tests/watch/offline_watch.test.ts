import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HttpFiles } from "../../src/files/http_files.js";
import type { RunFiles } from "../../src/files/run_files.js";
import { RESTART } from "../../src/progress/events.js";
import type { Snapshot } from "../../src/types.js";
import { OfflineWatch, type Watched, watchWhileSilent } from "../../src/watch/offline_watch.js";
import { Jupyter } from "../jupyter.js";
import { progressOf, snapshotOf } from "../snapshots.js";

const RUN = "/srv/study/fusion_runs/0123456789ab";
const LOG = `${RUN}/logs/0123456789ab.log`;

const kernel: RunFiles = {
  kind: "kernel",
  read: async () => {
    throw new Error("the kernel is away");
  },
  cancel: async () => undefined,
  url: async () => null,
  folder: () => null,
};

class Page implements Watched {
  snapshot: Snapshot = snapshotOf();
  silent = true;
  isDeleted = false;
  http: HttpFiles | null = null;
  now = 1_764_000_100;
  replaced = 0;
  replace(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.replaced += 1;
  }
}

let jupyter: Jupyter;
let page: Page;
let watch: OfflineWatch;

const state = (fields: Record<string, unknown>): void =>
  jupyter.file(`${RUN}/state.json`, JSON.stringify({ version: 1, ...fields }));
const progress = (...events: unknown[]): void =>
  jupyter.file(`${RUN}/progress.jsonl`, events.map((each) => `${JSON.stringify(each)}\n`).join(""));

beforeEach(async () => {
  jupyter = new Jupyter();
  jupyter.install();
  jupyter.file(`${RUN}/run.json`, JSON.stringify({ created_at: new Date(1_764_000_000_000) }));
  jupyter.file(LOG, "first\nsecond\n");
  jupyter.file(`${RUN}/supervisor.lock`, "", 1_764_000_095);
  state({ status: "RUNNING", started_at: "2025-11-24T16:00:01Z" });
  page = new Page();
  page.http = (await HttpFiles.find(page.snapshot, jupyter.server, kernel))!;
  watch = new OfflineWatch(page, page.http);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a view without its kernel goes on to the end from the files alone", async () => {
  progress({ erlang: 300, iteration: 4, total_iterations: 4, blocking: 0.01, ci: 0.001 });
  await watch.poll();
  expect(page.snapshot.progress).toMatchObject({ fraction: 0.5, erlang: 300, erlang_index: 1 });
  expect(page.snapshot.log.count).toBe(2);
  jupyter.file(LOG, "first\nsecond\nthird\n");
  progress(
    { erlang: 300, iteration: 4, total_iterations: 4, blocking: 0.01, ci: 0.001 },
    { erlang: 400, iteration: 4, total_iterations: 4, blocking: 0.03 },
  );
  state({ status: "COMPLETED", exit_code: 0, duration_seconds: 9.5 });
  await watch.poll();
  expect(page.snapshot).toMatchObject({ status: "COMPLETED", exit_code: 0, duration: 9.5 });
  expect(page.snapshot.progress.points.length).toBe(2);
  expect(page.snapshot.log).toEqual({ count: 3, tail: { first: 2, lines: ["third"] } });
  expect(page.snapshot.artifacts_version).toBeGreaterThan(0);
});

test("why a run waited is not said any more once it has started", async () => {
  const report = { words: "queued, 2 ahead, 1 at a time", inquiry: "" };
  page.snapshot = snapshotOf({ status: "PENDING", report });
  await watch.poll();
  expect(page.snapshot).toMatchObject({ status: "RUNNING", report: null });
});

test("what the kernel had counted of a very long progress file is not lost", async () => {
  const line = JSON.stringify({
    erlang: 400,
    iteration: 1,
    total_iterations: 4,
    note: "x".repeat(200),
  });
  jupyter.file(`${RUN}/progress.jsonl`, `${line}\n`.repeat(40_000));
  page.snapshot = snapshotOf({
    progress: progressOf({ fraction: 0.55, events: 99_999, points: [[300, 0.01, null, 4, true]] }),
  });
  await watch.poll();
  const { fraction, events, points } = page.snapshot.progress;
  expect([fraction, events, points.length]).toEqual([0.625, 99_999, 2]);
});

test("a run that was started again begins at nothing, as the kernel would show it", async () => {
  page.snapshot = snapshotOf({ progress: progressOf({ fraction: 0.9, events: 50 }) });
  progress({ fraction: 0.9 }, { type: "start" }, { fraction: 0.1 });
  await watch.poll();
  expect(page.snapshot.progress.fraction).toBe(0.1);
});

test("a run that begins again shows nothing of before, even without an event", async () => {
  const points = [[300, 0.01, null, 4, true]] as never;
  page.snapshot = snapshotOf({ progress: progressOf({ fraction: 0.9, events: 50, points }) });
  progress({ fraction: 0.9 }, { type: RESTART });
  await watch.poll();
  expect(page.snapshot.progress).toMatchObject({ fraction: null, events: 0, points: [] });
});

test("of a very long file too, a new start shows nothing of before", async () => {
  const points = [[300, 0.01, null, 4, true]] as never;
  page.snapshot = snapshotOf({ progress: progressOf({ fraction: 0.9, events: 99_999, points }) });
  const before = JSON.stringify({ erlang: 400, iteration: 3, note: "x".repeat(200) });
  const after = JSON.stringify({ erlang: 400, iteration: 1, total_iterations: 4 });
  const lines = `${before}\n`.repeat(40_000);
  jupyter.file(`${RUN}/progress.jsonl`, `${lines}{"type": "${RESTART}"}\n${after}\n`);
  await watch.poll();
  const { fraction, events, points: read } = page.snapshot.progress;
  expect([fraction, events, read.length]).toEqual([0.125, 1, 1]);
});

test("a progress file that was replaced is read anew", async () => {
  progress({ fraction: 0.9 }, { fraction: 0.95 });
  await watch.poll();
  progress({ fraction: 0.1 });
  await watch.poll();
  expect(page.snapshot.progress).toMatchObject({ fraction: 0.1, events: 1 });
});

test("an intent to cancel is shown, and the end that follows", async () => {
  jupyter.file(`${RUN}/cancel.json`, "{}");
  await watch.poll();
  expect(page.snapshot.cancelling).toBe(true);
  state({ status: "CANCELLED" });
  await watch.poll();
  expect(page.snapshot).toMatchObject({ status: "CANCELLED", cancelling: false });
});

test("of a run that has ended only the folder is looked for", async () => {
  page.snapshot = snapshotOf({ status: "COMPLETED" });
  jupyter.requests.length = 0;
  await watch.pollFolder();
  expect([page.replaced, jupyter.requests.length]).toEqual([0, 1]);
  jupyter.down = true;
  await watch.pollFolder();
  expect(page.replaced).toBe(0);
  jupyter.down = false;
  jupyter.remove(RUN);
  await watch.pollFolder();
  await watch.pollFolder();
  expect([page.replaced, page.snapshot.problem]).toEqual([1, "gone"]);
  jupyter.folder(RUN);
  await watch.pollFolder();
  expect([page.replaced, page.snapshot.problem]).toEqual([2, null]);
});

test("a folder that is gone is told, and what was known stays", async () => {
  page.snapshot = snapshotOf({ status: "COMPLETED", progress: progressOf({ fraction: 1 }) });
  jupyter.remove(RUN);
  await watch.poll();
  expect(page.snapshot).toMatchObject({ status: "COMPLETED", problem: "gone" });
  expect(page.snapshot.progress.fraction).toBe(1);
});

test("a supervisor that gives no sign of life is told", async () => {
  jupyter.file(`${RUN}/supervisor.lock`, "", 1_763_990_000);
  state({ status: "RUNNING", supervisor: { host: "node7" } });
  await watch.poll();
  expect(page.snapshot.problem).toBe("silent");
  expect(page.snapshot.error).toMatch(/^Last seen 2025-11-24 .* on node7$/);
});

test("damaged and newer states are told as such, never as failures", async () => {
  jupyter.file(`${RUN}/state.json`, "{");
  await watch.poll();
  expect(page.snapshot).toMatchObject({ status: "UNKNOWN", problem: "damaged" });
  jupyter.file(`${RUN}/state.json`, '{"version": 9, "status": "PAUSED"}');
  await watch.poll();
  expect(page.snapshot.problem).toBe("newer");
});

test("a link in the place of the log, the progress or the state is not followed", async () => {
  jupyter.file("/srv/home/private", '{"status": "FAILED"}\nprivate\n');
  for (const path of [LOG, `${RUN}/progress.jsonl`, `${RUN}/state.json`]) {
    jupyter.remove(path);
    jupyter.link(path, "/srv/home/private");
  }
  jupyter.requests.length = 0;
  await watch.poll();
  expect(JSON.stringify(page.snapshot)).not.toContain("private,");
  expect(page.snapshot.log.tail.lines).toEqual([]);
  expect(page.snapshot.status).not.toBe("FAILED");
  expect(jupyter.requests.filter((each) => each.startsWith("GET /files/"))).toEqual([]);
});

test("a kernel that speaks meanwhile is believed", async () => {
  const poll = watch.poll();
  page.silent = false;
  await poll;
  expect(page.replaced).toBe(0);
});

test("a server that does not answer changes nothing, and the next poll finds it again", async () => {
  jupyter.down = true;
  await watch.poll();
  expect(page.replaced).toBe(0);
  jupyter.down = false;
  await watch.poll();
  expect(page.replaced).toBe(1);
});

test("polls are made while the kernel is silent, seldom after the end, and none after a deletion", async () => {
  vi.useFakeTimers();
  const polls = vi.spyOn(OfflineWatch.prototype, "poll").mockResolvedValue();
  const count = async (milliseconds: number): Promise<number> => {
    polls.mockClear();
    await vi.advanceTimersByTimeAsync(milliseconds);
    return polls.mock.calls.length;
  };
  const stop = watchWhileSilent(page);
  page.silent = false;
  expect(await count(5000)).toBe(0);
  page.silent = true;
  expect(await count(5000)).toBe(10);
  page.snapshot = snapshotOf({ status: "COMPLETED" });
  const folders = vi.spyOn(OfflineWatch.prototype, "pollFolder").mockResolvedValue();
  expect([await count(20_000), folders.mock.calls.length]).toEqual([0, 0]);
  await count(100_000);
  expect(folders.mock.calls.length).toBeGreaterThan(1);
  expect(folders.mock.calls.length).toBeLessThan(6);
  page.isDeleted = true;
  expect(await count(10_000)).toBe(0);
  stop();
  polls.mockRestore();
});
