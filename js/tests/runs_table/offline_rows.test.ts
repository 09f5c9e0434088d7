import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readRows } from "../../src/runs_table/offline_rows.js";
import { RunsClient } from "../../src/runs_table/runs_client.js";
import { Jupyter } from "../jupyter.js";
import { Kernel } from "../kernel.js";
import { bytes, NOW, snapshot } from "./runs.js";

const ACTIVE = { status: "RUNNING", private: true, fraction: 0.1, blocking: null } as const;
let jupyter: Jupyter;
let kernel: Kernel;
let client: RunsClient;
let stop: () => void;

const folder = (id: string): string => `/srv/study/fusion_runs/${id}`;
const state = (id: string, fields: Record<string, unknown>): void =>
  jupyter.file(`${folder(id)}/state.json`, JSON.stringify({ version: 1, ...fields }));

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  jupyter = new Jupyter();
  jupyter.install();
  for (const id of ["a", "b", "c"]) {
    const created = { created_at: new Date(NOW * 1000) };
    jupyter.file(`${folder(id)}/run.json`, JSON.stringify(created));
    jupyter.file(`${folder(id)}/supervisor.lock`, "", NOW + 9);
    state(id, { status: "RUNNING", started_at: new Date(NOW * 1000).toISOString() });
  }
  const page = document.createElement("script");
  page.id = "jupyter-config-data";
  page.textContent = JSON.stringify({ baseUrl: "http://jupyter.test/", serverRoot: "/srv" });
  document.body.append(page);
  kernel = new Kernel();
  Object.assign(kernel.state, { key: "runs-1", every: true, opened: "", launching: false });
  const given = [{ id: "a", ...ACTIVE }, { id: "b", ...ACTIVE }, { id: "done" }];
  kernel.state.rows = bytes(snapshot([...given, { id: "c", ...ACTIVE }]));
  client = new RunsClient(kernel.model);
  await vi.waitFor(() => expect(kernel.handlers.length).toBe(1));
  kernel.say();
  client.screens.add(() => ["a", "b", "done"].map((id) => client.runs.get(id)!));
  stop = readRows(client);
});
afterEach(() => {
  stop();
  client.dispose();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test("with the kernel away, the runs on the screen go on from their files", async () => {
  await vi.advanceTimersByTimeAsync(2100);
  expect(jupyter.requests, "the kernel speaks").toEqual([]);
  const event = { erlang: 300, fraction: 0.5, blocking: 0.02, iteration: 1, total_iterations: 2 };
  jupyter.file(`${folder("a")}/progress.jsonl`, `${JSON.stringify(event)}\n`);
  state("b", { status: "FAILED", error_message: "no such link", exit_code: 1 });
  await vi.advanceTimersByTimeAsync(9000);
  expect(client.runs.get("a")).toMatchObject({ status: "RUNNING", fraction: 0.5, blocking: 0.02 });
  expect(client.runs.get("b")).toMatchObject({ status: "FAILED", error: "no such link" });
  expect(client.read).toBe(1);
  expect(
    jupyter.requests.some((request) => request.includes("/c/")),
    "not on the screen",
  ).toBe(false);
  expect(jupyter.requests.some((request) => request.includes("/logs/"))).toBe(false);
});

test("a run whose files could not be found is tried again, also after an error", async () => {
  const event = { erlang: 300, fraction: 0.5, blocking: 0.02, ci: 0.01 };
  jupyter.file(`${folder("a")}/progress.jsonl`, `${JSON.stringify(event)}\n`);
  const answers = [async () => null, () => Promise.reject(new Error("no answer"))];
  const filesOf = client.filesOf.bind(client);
  const asked = vi.fn((run: Parameters<typeof filesOf>[0]) =>
    run.id === "a" && answers.length > 0 ? answers.shift()!() : filesOf(run),
  );
  client.filesOf = asked;
  await vi.advanceTimersByTimeAsync(9000);
  expect(client.runs.get("a")?.fraction).toBe(0.1);
  const early = asked.mock.calls.length;
  await vi.advanceTimersByTimeAsync(4000);
  expect(asked.mock.calls.length, "not at each poll").toBe(early);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(client.runs.get("a")).toMatchObject({ fraction: 0.5, blocking: 0.02 });
});

test("when the kernel speaks again, it counts", async () => {
  await vi.advanceTimersByTimeAsync(9000);
  kernel.say({
    subjects: { "runs-1": snapshot([{ id: "a", ...ACTIVE, fraction: 0.9 }], { rev: 2, since: 1 }) },
  });
  const before = jupyter.requests.length;
  await vi.advanceTimersByTimeAsync(2100);
  expect([client.runs.get("a")?.fraction, client.read]).toEqual([0.9, 0]);
  expect(jupyter.requests.length).toBe(before);
});
