import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SweepClient } from "../../src/sweep_view/sweep_client.js";
import type { Jupyter } from "../jupyter.js";
import { Kernel } from "../kernel.js";
import { until } from "../layout.js";
import { completed, folder, RUNS, serverOfRuns, stateOf, sweepOf } from "../sweeps.js";

let jupyter: Jupyter;
let kernel: Kernel;
let client: SweepClient;

const cancelled = (): string[] =>
  RUNS.filter((id) => jupyter.text(`${folder(id)}/cancel.json`) !== null);
const asked = (): Record<string, unknown>[] =>
  kernel.said.filter(({ operation }) => operation === "cancel");

beforeEach(async () => {
  jupyter = serverOfRuns();
  kernel = new Kernel();
  const states = { aa: stateOf(), ab: completed(0.1, 0.2), ba: stateOf(), bb: stateOf() };
  kernel.state.snapshot = sweepOf({ states });
  client = new SweepClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
});
afterEach(() => {
  client.dispose();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test("a kernel that is free cancels a sweep at one request, however many runs it has", async () => {
  const notes = client.cancel();
  await until(() => asked().length > 0);
  kernel.answer("cancel", { notes: ["a sentence"] });
  expect(await notes).toEqual(["a sentence"]);
  expect(asked()).toMatchObject([{ runs: ["aa", "ba", "bb"] }]);
  expect(jupyter.requests).toEqual([]);
});

test("while the kernel is busy, the runs that go on are cancelled by the page", async () => {
  expect(await client.cancel()).toEqual([]);
  expect(cancelled()).toEqual(["aa", "ba", "bb"]);
  expect(client.snapshot.states).toMatchObject({ aa: { cancelling: true } });
  expect(client.snapshot.states.ab?.cancelling).toBe(false);
});

test("a run that somebody has asked for by itself goes on, and that is said", async () => {
  jupyter.file(`${folder("ba")}/shared.json`, "");
  expect(await client.cancel()).toEqual([
    "1 run not cancelled, because somebody has asked for the same with reuse=True: ba; " +
      "run.cancel() ends one",
  ]);
  expect(cancelled()).toEqual(["aa", "bb"]);
});

test("runs that the server does not show are left to the kernel, and the others are not", async () => {
  jupyter.remove(folder("ba"));
  const notes = client.cancel();
  await until(() => cancelled().length === 2);
  kernel.answer("cancel", { notes: [] });
  expect(await notes).toEqual([]);
  expect(asked()).toHaveLength(1);
});

test("where nothing can cancel a run, the user is told", async () => {
  jupyter.down = true;
  kernel.dead = true;
  await expect(client.cancel()).rejects.toThrow("There is no kernel for this view");
});
