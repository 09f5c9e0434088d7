import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readPoints } from "../../src/sweep_view/offline_points.js";
import { SweepClient } from "../../src/sweep_view/sweep_client.js";
import type { Jupyter } from "../jupyter.js";
import { Kernel } from "../kernel.js";
import { folder, serverOfRuns, stateOf, sweepOf } from "../sweeps.js";

const NOW = 1_764_000_100;
let jupyter: Jupyter;
let kernel: Kernel;
let client: SweepClient;
let stop: () => void;

const ended = (id: string, fields: Record<string, unknown>): void =>
  jupyter.file(`${folder(id)}/state.json`, JSON.stringify({ version: 1, ...fields }));

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  jupyter = serverOfRuns();
  kernel = new Kernel();
  const aa = stateOf({ status: "RUNNING", fraction: 0.1 });
  kernel.state.snapshot = sweepOf({
    states: { aa, ab: stateOf(), ba: stateOf(), bb: stateOf() },
    eta: 60,
  });
  client = new SweepClient(kernel.model);
  await vi.waitFor(() => expect(kernel.handlers.length).toBe(1));
  kernel.say();
  stop = readPoints(client);
});
afterEach(() => {
  stop();
  client.dispose();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test("with the kernel away, the points go on from the files of their runs", async () => {
  await vi.advanceTimersByTimeAsync(2100);
  expect(jupyter.requests, "the kernel speaks").toEqual([]);
  expect(client.left).not.toBeNull();
  const event = { erlang: 300, fraction: 0.5, blocking: 0.02, iteration: 1, total_iterations: 2 };
  jupyter.file(`${folder("aa")}/progress.jsonl`, `${JSON.stringify(event)}\n`);
  ended("aa", { status: "COMPLETED", exit_code: 0 });
  ended("ab", { status: "FAILED", error_message: "no such link", exit_code: 1 });
  await vi.advanceTimersByTimeAsync(9000);
  expect(client.snapshot.states).toMatchObject({
    aa: { status: "COMPLETED", fraction: 1 },
    ab: { status: "FAILED", error: "no such link" },
    ba: { status: "PENDING" },
  });
  expect(client.snapshot.states.aa!.points[0]!.slice(0, 2)).toEqual([300, 0.02]);
  expect(client.read).toBeGreaterThan(0);
  expect(client.left, "only the kernel estimates").toBeNull();
  jupyter.remove(folder("bb"));
  await vi.advanceTimersByTimeAsync(9000);
  expect(client.snapshot.states.bb?.status, "its folder is gone").toBeNull();
  expect(client.settled).toBe(false);
});

test("when the kernel speaks again, its state of the sweep counts", async () => {
  await vi.advanceTimersByTimeAsync(9000);
  const aa = stateOf({ status: "RUNNING", fraction: 0.9 });
  kernel.say({ subjects: { "sweep-feedfeedfeed": sweepOf({ rev: 2, since: 1, states: { aa } }) } });
  const before = jupyter.requests.length;
  await vi.advanceTimersByTimeAsync(2100);
  expect([client.snapshot.states.aa!.fraction, client.read]).toEqual([0.9, 0]);
  expect(jupyter.requests.length).toBe(before);
});
