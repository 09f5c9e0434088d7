import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { logReader } from "../../src/run_view/log_reader.js";
import { RunClient } from "../../src/run_view/run_client.js";
import { Jupyter } from "../jupyter.js";
import { Kernel } from "../kernel.js";
import { until } from "../layout.js";
import { snapshotOf } from "../snapshots.js";

const RUN = "/srv/study/fusion_runs/0123456789ab";
let kernel: Kernel;
let client: RunClient;

const make = async (): Promise<RunClient> => {
  const made = new RunClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
  return made;
};

beforeEach(async () => {
  kernel = new Kernel();
  kernel.state.snapshot = snapshotOf();
  client = await make();
});
afterEach(() => {
  client.dispose();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const send = (more: Parameters<typeof snapshotOf>[0]): void =>
  kernel.say({ subjects: { "0123456789ab": snapshotOf(more) } });

test("newer states are taken, older ones are not, and listeners hear of them", () => {
  const heard = vi.fn();
  client.listen(heard);
  send({ rev: 3, name: "new" });
  send({ rev: 2, name: "old" });
  expect([client.snapshot.name, heard.mock.calls.length]).toEqual(["new", 1]);
  expect((kernel.state.snapshot as { rev: number }).rev).toBe(3);
});

test("log lines and files that are not sent again stay", () => {
  const files = { rows: [], complete: true };
  send({ rev: 2, files, log: { count: 2, tail: { first: 0, lines: ["a", "b"] } } });
  send({ rev: 3, log: { count: 3, tail: { first: 2, lines: ["c"] } } });
  expect(client.snapshot.log.tail).toEqual({ first: 0, lines: ["a", "b", "c"] });
  expect(client.snapshot.files).toEqual(files);
});

test("the end is acknowledged, so that it need not be said again", async () => {
  send({ rev: 9, status: "COMPLETED" });
  await until(() => kernel.said.some((each) => each.kind === "have"));
  expect(kernel.said.at(-1)).toEqual({ kind: "have", subjects: { "0123456789ab": 9 } });
});

test("a cancel is shown at once, asked of the kernel, and taken back where it fails", async () => {
  const cancelled = client.cancel();
  expect(client.snapshot.cancelling).toBe(true);
  send({ rev: 2 });
  expect(client.snapshot.cancelling, "it stays until the run has ended").toBe(true);
  await until(() => kernel.said.some((each) => each.operation === "cancel"));
  kernel.answer("cancel", {});
  await cancelled;
  send({ rev: 3, status: "CANCELLED" });
  expect(client.snapshot.cancelling).toBe(false);

  send({ rev: 4, status: "RUNNING" });
  const refused = client.cancel();
  await until(() => kernel.said.filter((each) => each.operation === "cancel").length === 2);
  kernel.refuse("cancel", "The disk is full");
  await expect(refused).rejects.toThrow("The disk is full");
  expect(client.snapshot.cancelling).toBe(false);
});

test("where the server shows the run, the intent is a file and the kernel is not asked", async () => {
  client.dispose();
  const jupyter = new Jupyter();
  jupyter.install();
  jupyter.file(`${RUN}/run.json`, JSON.stringify({ created_at: new Date(1_764_000_000_000) }));
  const page = document.createElement("script");
  page.id = "jupyter-config-data";
  page.textContent = JSON.stringify({ baseUrl: "http://jupyter.test/", serverRoot: "/srv" });
  document.body.append(page);
  client = await make();
  await until(() => client.http !== null);
  await client.cancel();
  expect(jupyter.text(`${RUN}/cancel.json`)).toContain("requested_at");
  expect(kernel.said.some((each) => each.operation === "cancel")).toBe(false);
  // The folder is shared from now on: the page asks the kernel again.
  send({ rev: 5, private: false });
  expect(client.http).toBeNull();
  expect((await client.files).kind).toBe("kernel");
});

test("a deleted run says so, by whoever it was deleted", async () => {
  const deleted = client.delete();
  await until(() => kernel.said.some((each) => each.operation === "delete"));
  kernel.answer("delete", {});
  await deleted;
  expect(client.isDeleted).toBe(true);
  client.isDeleted = false;
  kernel.say({ gone: ["0123456789ab"] });
  expect(client.isDeleted).toBe(true);
});

test("the time that is left is counted down, and the clocks of page and kernel may differ", () => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  send({ rev: 2, now: 1_764_000_000, progress: { ...snapshotOf().progress, eta: 60 } });
  expect([client.now, client.left]).toEqual([1_764_000_000, 60]);
  vi.advanceTimersByTime(20_000);
  expect(client.left).toBeCloseTo(40);
  vi.advanceTimersByTime(90_000);
  expect(client.left).toBe(0);
  vi.useRealTimers();
});

test("a page without a kernel has what was saved, and is silent", async () => {
  const saved = new Kernel();
  saved.state.snapshot = snapshotOf({ name: "saved" });
  saved.state.channel = undefined;
  const alone = new RunClient(saved.model);
  await new Promise((done) => setTimeout(done, 0));
  expect([alone.snapshot.name, alone.silent]).toEqual(["saved", true]);
  await expect(alone.ask("list")).rejects.toThrow("execute the cell again");
  alone.dispose();
});

test("the log is read by the kernel where there is no other way, and so is its index", async () => {
  const reader = logReader(client);
  const read = reader.read(0, 5);
  await until(() => kernel.said.some((each) => each.operation === "read"));
  expect(kernel.said.at(-1)).toMatchObject({ path: "logs/0123456789ab.log", start: 0, end: 5 });
  kernel.answer("read", { size: 9 }, new TextEncoder().encode("hello"));
  expect((await read).size).toBe(9);
  const index = reader.index(3);
  await until(() => kernel.said.some((each) => each.operation === "index"));
  const before = new Uint8Array(new Float64Array([1, 2]).buffer);
  kernel.answer("index", { size: 99, newlines: 7 }, before);
  expect(await index).toEqual({ before: [1, 2], size: 99, newlines: 7 });
});
