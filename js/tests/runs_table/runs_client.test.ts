import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RunsClient } from "../../src/runs_table/runs_client.js";
import { Jupyter } from "../jupyter.js";
import { Kernel } from "../kernel.js";
import { until } from "../layout.js";
import { bytes, NOW, snapshot } from "./runs.js";

let kernel: Kernel;
let client: RunsClient;

const make = async (...given: Parameters<typeof snapshot>): Promise<RunsClient> => {
  kernel = new Kernel();
  Object.assign(kernel.state, { key: "runs-1", every: true, opened: "", launching: false });
  kernel.state.rows = bytes(snapshot(...given));
  const made = new RunsClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
  return made;
};
const say = (...given: Parameters<typeof snapshot>): void =>
  kernel.say({ subjects: { "runs-1": snapshot(...given) } });

beforeEach(async () => {
  client = await make([{ id: "a" }, { id: "b", status: "RUNNING" }]);
});
afterEach(() => {
  client.dispose();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test("changed runs are taken over in place, new ones come, removed ones go", () => {
  const known = client.runs.get("b");
  say([{ id: "b", status: "FAILED" }, { id: "c" }], { rev: 2, since: 1, removed: ["a"] });
  expect([...client.runs.keys()]).toEqual(["b", "c"]);
  expect(known?.status).toBe("FAILED");
  say([{ id: "a" }], { rev: 1, since: 0 });
  expect(client.runs.has("a"), "what is older is not taken").toBe(false);
});

test("values that runs have from their template come with a later message", () => {
  say([{ id: "a", options: {}, values: 1 }], {
    rev: 2,
    since: 1,
    defaults: [{}, { k_paths: 3 }],
  });
  expect(client.runs.get("a")!.defaults).toEqual({ k_paths: 3 });
  say([{ id: "b", values: 1 }], { rev: 3, since: 2 });
  expect(client.runs.get("b")!.defaults).toEqual({ k_paths: 3 });
});

test("where a message was lost, what is new is shown and the rest is asked for", async () => {
  say([{ id: "c" }], { rev: 7, since: 6 });
  expect([client.runs.has("c"), client.rev]).toEqual([true, 1]);
  kernel.said = [];
  await until(() => kernel.said.some((each) => each.kind === "have"));
  expect(kernel.said.at(-1)).toEqual({ kind: "have", subjects: { "runs-1": 1 } });
  say([{ id: "d" }], { rev: 7, since: 1 });
  expect(client.rev).toBe(7);
});

test("the end of all runs is acknowledged, and then silence means nothing", async () => {
  say([], { rev: 2, since: 1, final: true });
  await until(() => kernel.said.some((each) => each.kind === "have"));
  expect(kernel.said.at(-1)).toEqual({ kind: "have", subjects: { "runs-1": 2 } });
  expect(client.silent).toBe(false);
});

test("only runs that have not ended are cancelled, by the kernel where the server shows nothing", async () => {
  const cancelled = client.cancel(["a", "b"]);
  await until(() => kernel.said.some((each) => each.operation === "cancel"));
  expect(kernel.said.at(-1)).toMatchObject({ operation: "cancel", ids: ["b"] });
  kernel.answer("cancel", { done: 1, failed: [] });
  expect(await cancelled).toEqual({ done: 1, failed: [] });
});

test("where the server shows the run, the intent is a file and the kernel is not asked", async () => {
  client.dispose();
  const jupyter = new Jupyter();
  jupyter.install();
  const run = "/srv/study/fusion_runs/b";
  jupyter.file(`${run}/run.json`, JSON.stringify({ created_at: new Date(NOW * 1000) }));
  const page = document.createElement("script");
  page.id = "jupyter-config-data";
  page.textContent = JSON.stringify({ baseUrl: "http://jupyter.test/", serverRoot: "/srv" });
  document.body.append(page);
  client = await make([{ id: "b", status: "RUNNING", private: true }]);
  expect(await client.cancel(["b"])).toEqual({ done: 1, failed: [] });
  expect(jupyter.text(`${run}/cancel.json`)).toContain("requested_at");
  expect(kernel.said.some((each) => each.operation === "cancel")).toBe(false);
  expect(client.runs.get("b")?.cancelling).toBe(true);
  say([{ id: "b", status: "RUNNING" }], { rev: 2, since: 1 });
  expect(client.runs.get("b")?.cancelling, "it stays until the run has ended").toBe(true);
  say([{ id: "b", status: "CANCELLED" }], { rev: 3, since: 2 });
  expect(client.runs.get("b")?.cancelling).toBe(false);
});
