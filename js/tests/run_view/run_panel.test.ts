import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { elapsed, Header } from "../../src/run_view/header.js";
import { ProgressBar, segments, spoken } from "../../src/run_view/progress_bar.js";
import { RunClient } from "../../src/run_view/run_client.js";
import { message, RunPanel } from "../../src/run_view/run_panel.js";
import { Kernel } from "../kernel.js";
import { button, drawn, layout, until, words } from "../layout.js";
import { progressOf, snapshotOf } from "../snapshots.js";

let restore: () => void;
beforeEach(() => {
  restore = layout(500, 200);
});
afterEach(() => {
  restore();
  document.body.replaceChildren();
});

test("a run that goes takes as long as the clock says, one that ended as long as it took", () => {
  expect(elapsed(snapshotOf({ started: null }), 99)).toBeNull();
  expect(elapsed(snapshotOf({ started: 10 }), 35)).toBe(25);
  expect(elapsed(snapshotOf({ started: 10 }), 5)).toBe(0);
  const ended = snapshotOf({ status: "COMPLETED", started: 10, completed: 30 });
  expect(elapsed(ended, 99)).toBe(20);
  expect(elapsed({ ...ended, duration: 19.5 }, 99)).toBe(19.5);
});

test("each load has its segment, and loads side by side are filled side by side", () => {
  const erlangs = [100, 200, 300, 400];
  const along = snapshotOf({ erlangs, progress: progressOf({ fraction: 0.375 }) });
  expect(segments(along)).toEqual([1, 0.5, 0, 0]);
  const points = [
    [100, null, null, 2, false],
    [300, null, null, 4, true],
  ] as never;
  expect(
    segments(snapshotOf({ erlangs, progress: progressOf({ fraction: 0.4, points }) })),
  ).toEqual([0.5, 0, 1, 0]);
  expect(segments(snapshotOf({ erlangs: [], progress: progressOf({ fraction: 0.3 }) }))).toEqual([
    0.3,
  ]);
  expect(segments(snapshotOf({ erlangs, status: "COMPLETED" }))).toEqual([1, 1, 1, 1]);
});

test("the bar is told to a screen reader in percent and words, and without a value as unknown", () => {
  const bar = new ProgressBar();
  bar.update(snapshotOf({ progress: progressOf({ fraction: 0.337, erlang: 400 }) }));
  const element = bar.element.querySelector('[role="progressbar"]')!;
  expect(element.getAttribute("aria-valuenow")).toBe("33");
  expect(element.getAttribute("aria-valuetext")).toMatch(/^33.%, 400 Erlang$/u);
  bar.update(snapshotOf());
  expect(element.hasAttribute("aria-valuenow")).toBe(false);
  expect(element.className).toContain("fj-indeterminate");
  expect(spoken(snapshotOf())).toBe("not started");
});

test("the line of numbers says load, iteration, blocking and rate, each where it is known", () => {
  const bar = new ProgressBar();
  const numbers = () => words(bar.element.querySelector(".fj-numbers"));
  bar.update(snapshotOf({ status: "PENDING" }));
  expect(numbers()).toBe("waiting for a free slot");
  const points = [[300, 0.0992, 0.0083, 2, false]] as never;
  const known = {
    fraction: 0.5,
    erlang: 300,
    erlang_index: 1,
    total_erlangs: 2,
    iteration: 2,
    total_iterations: 3,
  };
  bar.update(snapshotOf({ progress: progressOf({ ...known, points, rate: 41_200 }) }));
  for (const part of [
    "load 1 of 2",
    "300 Erlang",
    "iteration 2 of 3",
    "blocking 0.0992 ± 0.0083",
    "41,200 requests/s",
  ]) {
    expect(numbers()).toContain(part);
  }
});

test("a waiting run says why, and a batch system's command can be copied", () => {
  const bar = new ProgressBar();
  const numbers = () => words(bar.element.querySelector(".fj-numbers"));
  const report = { words: "queued, 2 ahead, 1 at a time", inquiry: "" };
  bar.update(snapshotOf({ status: "PENDING", report }));
  expect(numbers()).toBe("queued, 2 ahead, 1 at a time");
  const slurm = { words: "Slurm job 7 on n3", inquiry: "scontrol show job 7" };
  bar.update(snapshotOf({ report: slurm }));
  expect(numbers()).toContain("Slurm job 7 on n3");
  const copied: string[] = [];
  vi.stubGlobal("navigator", {
    clipboard: { writeText: async (text: string) => copied.push(text) },
  });
  button(bar.element, "Copy scontrol show job 7").click();
  expect(copied).toEqual(["scontrol show job 7"]);
  vi.unstubAllGlobals();
});

test("a program that reports nothing is running, and one that failed so has no empty bar", () => {
  const bar = new ProgressBar();
  const numbers = () => words(bar.element.querySelector(".fj-numbers"));
  bar.update(snapshotOf({ simulator: "command", erlangs: [] }));
  expect(numbers()).toBe("running");
  bar.update(snapshotOf());
  expect(numbers()).toBe("starting");
  bar.update(snapshotOf({ status: "FAILED" }));
  expect([bar.element.hidden, words(bar.element)]).toEqual([true, ""]);
  bar.update(snapshotOf({ status: "COMPLETED" }));
  expect(bar.element.hidden).toBe(false);
});

test("a load that ended before its iterations says so, and why where that is known", () => {
  const bar = new ProgressBar();
  const numbers = () => words(bar.element.querySelector(".fj-numbers"));
  const points = [[300, 0, 0, 2, true]] as never;
  const known = { fraction: 1, erlang: 300, erlang_index: 1, iteration: 2, total_iterations: 15 };
  const progress = progressOf({ ...known, points });
  bar.update(snapshotOf({ status: "COMPLETED", progress }));
  expect(numbers()).toContain("stopped early after 2 iterations: interval small enough");
  expect(numbers()).toContain("no blocking observed");
  bar.update(snapshotOf({ status: "COMPLETED", simulator: "command", progress }));
  expect(numbers()).toContain("stopped early after 2 iterations");
  expect(numbers()).not.toContain("interval");
});

test("the menu copies the lines of Python that do the same", async () => {
  const copied: string[] = [];
  vi.stubGlobal("navigator", {
    clipboard: { writeText: async (text: string) => copied.push(text) },
  });
  const header = new Header({
    cancel: vi.fn(),
    delete: vi.fn(),
    form: vi.fn(),
    folder: () => null,
    fold: vi.fn(),
  });
  header.update(snapshotOf({ name: 'k="5" / 3' }));
  const items = [...header.element.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  for (const item of items) item.click();
  await until(() => words(header.element.querySelector(".fj-status")) === "Copied");
  expect(copied).toEqual([
    "0123456789ab",
    'fj.run("0123456789ab")',
    'fj.run("0123456789ab").again()',
    'fj.export(fj.run("0123456789ab"), "k=_5_3.zip")',
  ]);
  vi.unstubAllGlobals();
});

test("the form opens once, however often it is asked for before it is there", async () => {
  const kernel = new Kernel();
  kernel.state.snapshot = snapshotOf();
  const client = new RunClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  const answers: (() => void)[] = [];
  client.form = () =>
    new Promise((resolve) => {
      const el = document.createElement("form");
      el.scrollIntoView = () => undefined;
      answers.push(() => resolve({ el, remove: () => el.remove() } as never));
    });
  const panel = new RunPanel(client);
  document.body.append(panel.element);
  await drawn();
  const ask = () => {
    const items = [...panel.element.querySelectorAll<HTMLElement>('[role="menuitem"]')];
    return items.find((item) => words(item).startsWith("Run again…"))!.click();
  };
  const forms = () => panel.element.querySelectorAll("form").length;
  ask();
  ask();
  for (const answer of answers) answer();
  await until(() => forms() > 0);
  await drawn();
  expect([answers.length, forms()]).toEqual([1, 1]);
  ask();
  expect(forms()).toBe(0);
  ask();
  panel.dispose();
  answers[1]!();
  await drawn();
  expect(forms()).toBe(0);
  client.dispose();
});

test("only the interval of a simulator has a confidence that is known", () => {
  const bar = new ProgressBar();
  const progress = progressOf({ fraction: 0.5, points: [[300, 0.09, 0.008, 2, false]] as never });
  const title = () => bar.element.querySelector("[title]")?.getAttribute("title");
  bar.update(snapshotOf({ progress, simulator: "fusion" }));
  expect(title()).toBe("95\u202f% confidence");
  bar.update(snapshotOf({ progress, simulator: "command" }));
  expect(title() || "").toBe("");
});

test("a compact view is one line that a click opens", async () => {
  const kernel = new Kernel();
  kernel.state.compact = true;
  kernel.state.snapshot = snapshotOf({ log: { count: 1, tail: { first: 0, lines: ["hello"] } } });
  const client = new RunClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  const panel = new RunPanel(client);
  document.body.append(panel.element);
  await drawn();
  expect(panel.element.className).toContain("fj-folded");
  expect(panel.element.querySelector(".fj-row")).toBeNull();
  expect(button(panel.element, "Details").getAttribute("aria-expanded")).toBe("false");
  panel.element.querySelector<HTMLElement>(".fj-numbers")!.click();
  await drawn();
  expect(panel.element.className).not.toContain("fj-folded");
  await until(() => words(panel.element).includes("hello"));
  button(panel.element, "Details").click();
  expect(panel.element.className).toContain("fj-folded");
  panel.dispose();
  client.dispose();
});

test("cancel and delete ask first, Escape takes the question back, and the focus comes home", () => {
  const folder = { address: "http://lab/tree/run", path: "study/run" };
  const actions = {
    cancel: vi.fn(),
    delete: vi.fn(),
    form: vi.fn(),
    folder: () => folder,
    fold: vi.fn(),
  };
  const header = new Header(actions);
  document.body.append(header.element);
  header.update(snapshotOf());
  expect(words(header.element)).not.toContain("Delete…");
  button(header.element, "Cancel").click();
  expect(document.activeElement).toBe(button(header.element, "Yes, cancel"));
  header.element
    .querySelector(".fj-ask")!
    .dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect(document.activeElement).toBe(button(header.element, "Cancel"));
  expect(actions.cancel).not.toHaveBeenCalled();
  button(header.element, "Cancel").click();
  button(header.element, "Yes, cancel").click();
  expect(actions.cancel).toHaveBeenCalledOnce();
  header.update(snapshotOf({ cancelling: true }));
  expect(button(header.element, "Cancelling…").disabled).toBe(true);
  header.update(snapshotOf({ status: "COMPLETED" }));
  button(header.element, "Delete…").click();
  button(header.element, "Yes, delete").click();
  expect(actions.delete).toHaveBeenCalledOnce();
});

test("a question that has settled itself is taken back", () => {
  const header = new Header({
    cancel: vi.fn(),
    delete: vi.fn(),
    form: vi.fn(),
    folder: () => null,
    fold: vi.fn(),
  });
  header.update(snapshotOf());
  button(header.element, "Cancel").click();
  header.update(snapshotOf({ status: "COMPLETED" }));
  expect(header.element.querySelector<HTMLElement>(".fj-ask")!.hidden).toBe(true);
});

test("a run whose folder is gone can be neither cancelled nor deleted, and says so instead of its end", () => {
  const folder = { address: "http://x", path: null };
  const header = new Header({
    cancel: vi.fn(),
    delete: vi.fn(),
    form: vi.fn(),
    folder: () => folder,
    fold: vi.fn(),
  });
  header.update(snapshotOf({ status: "COMPLETED", problem: "gone" }));
  expect(words(header.element.querySelector(".fj-status"))).toBe("folder gone");
  expect(words(header.element)).not.toContain("Delete…");
  expect(header.element.querySelector("a")).toBeNull();
});

test("what a run says below its bar", () => {
  const gone = snapshotOf({ status: "COMPLETED", problem: "gone" });
  expect(message(gone, false, true)).toContain("This run's folder is gone");
  expect(message(snapshotOf({ status: "FAILED", error: "no link" }), false, true)).toBe("no link");
  expect(message(snapshotOf({ status: "FAILED", exit_code: 3 }), false, true)).toContain(
    "exit code 3",
  );
  expect(message(snapshotOf(), true, true)).toContain("reads the run's files itself");
  expect(message(snapshotOf(), true, false)).toContain("last known state");
  expect(message(snapshotOf({ problem: "silent", error: "Last seen" }), false, true)).toBe(
    "Last seen",
  );
  expect(message(snapshotOf(), false, true)).toBe("");
});

test("the panel shows a run from its first state to its deletion", async () => {
  const kernel = new Kernel();
  const none = { rows: [], complete: true };
  kernel.state.snapshot = snapshotOf({ name: "<b>bold</b>", files: none });
  const client = new RunClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
  const panel = new RunPanel(client);
  document.body.append(panel.element);
  await drawn();
  expect(panel.element.dataset.status).toBe("RUNNING");
  expect(panel.element.querySelector("b.fj-name, .fj-name b")).toBeNull();
  expect(words(panel.element.querySelector(".fj-name"))).toBe("<b>bold</b>");

  const row = ["s1/300.0_erlang.json", 74_210, 1_764_000_100, "results"];
  const log = { count: 2, tail: { first: 0, lines: ["one", "ERROR two"] } };
  const points = [[300, 0.01, 0.001, 4, true]] as never;
  kernel.say({
    subjects: {
      "0123456789ab": snapshotOf({
        rev: 2,
        status: "COMPLETED",
        duration: 3.25,
        artifacts_version: 1,
        files: { rows: [row as never], complete: true },
        progress: progressOf({ fraction: 1, points }),
        log,
      }),
    },
  });
  await until(() => words(panel.element).includes("300.0_erlang.json"));
  await drawn();
  expect(words(panel.element.querySelector(".fj-status"))).toBe("completed");
  expect(words(panel.element.querySelector(".fj-times"))).toContain("3.3");
  expect(panel.element.querySelectorAll("circle").length).toBe(1);
  expect(panel.element.querySelector(".fj-row.fj-error")!.textContent).toBe("ERROR two");

  kernel.say({
    subjects: { "0123456789ab": snapshotOf({ rev: 3, status: "COMPLETED", problem: "gone" }) },
  });
  await drawn();
  expect(words(panel.element.querySelector(".fj-message"))).toContain("folder is gone");
  expect(panel.element.dataset.problem).toBe("gone");

  kernel.say({ gone: ["0123456789ab"] });
  await drawn();
  expect(words(panel.element)).toBe("The run 0123456789ab was deleted.");
  client.dispose();
});

test("what could not be done is told in the view", async () => {
  const kernel = new Kernel();
  kernel.state.snapshot = snapshotOf();
  const client = new RunClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
  const panel = new RunPanel(client);
  document.body.append(panel.element);
  button(panel.element, "Cancel").click();
  button(panel.element, "Yes, cancel").click();
  await until(() => kernel.said.some((each) => each.operation === "cancel"));
  kernel.refuse("cancel", "The disk is full");
  await until(() => words(panel.element.querySelector(".fj-message")).includes("The disk is full"));
  panel.dispose();
  client.dispose();
});
