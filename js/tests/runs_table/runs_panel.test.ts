import { afterEach, beforeEach, expect, test } from "vitest";
import { RunsClient } from "../../src/runs_table/runs_client.js";
import { RunsPanel } from "../../src/runs_table/runs_panel.js";
import { Kernel } from "../kernel.js";
import { button, drawn, layout, until, words } from "../layout.js";
import { bytes, type Given, NOW, snapshot } from "./runs.js";

let restore: () => void;
let kernel: Kernel;
let client: RunsClient;
let panel: RunsPanel;

const STUDY: Given[] = [
  { id: "aaaa", name: "one", created: NOW, started: NOW },
  { id: "bbbb", name: "two", status: "FAILED", error: "no such link", started: NOW + 1 },
  { id: "cccc", name: "three", status: "RUNNING", fraction: 0.5, eta: 75, started: NOW + 2 },
  { id: "dddd", name: "four", status: "PENDING", started: null, created: NOW + 3 },
];

beforeEach(async () => {
  restore = layout(900, 400);
  kernel = new Kernel();
  Object.assign(kernel.state, { key: "runs-1", every: true, opened: "", launching: false });
  kernel.state.rows = bytes(snapshot(STUDY, { queue: ["dddd"] }));
  client = new RunsClient(kernel.model);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
  panel = new RunsPanel(client);
  document.body.append(panel.element);
  await drawn();
});
afterEach(async () => {
  panel.dispose();
  client.dispose();
  await drawn(); // frames that were asked for while there is a page
  document.body.replaceChildren();
  restore();
});

const rowOf = (name: string): HTMLElement => {
  const open = [...panel.element.querySelectorAll(".fj-open")].find((each) => words(each) === name);
  return open?.closest(".fj-table-row") as HTMLElement;
};
const shown = (): string[] =>
  [...panel.element.querySelectorAll(".fj-table-body .fj-open")].map(words);
const check = (name: string, shiftKey = false): void => {
  rowOf(name)
    .querySelector("input")
    ?.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey }));
};
const code = (): string => words(panel.element.querySelector(".fj-code"));
const asked = (operation: string): Record<string, unknown> | undefined =>
  kernel.said.filter((each) => each.operation === operation).at(-1);
const press = (target: Element, key: string, more: KeyboardEventInit = {}): void => {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
};

test("each row says how its run is", () => {
  expect(shown()).toEqual(["four", "three", "two", "one"]);
  expect(words(rowOf("four"))).toContain("1st in line");
  expect(words(rowOf("three"))).toMatch(/running.*300–600.*50\s*%.*1:1[45]/);
  expect(words(rowOf("two"))).toContain("no such link");
  expect(words(rowOf("one"))).toMatch(/completed.*0.0100 ± 0.0020.*30.0\s*s/);
  expect(words(panel.element.querySelector(".fj-runs-head"))).toContain(
    "1 running · 1 waiting · 1 completed · 1 failed",
  );
});

test("a filter shows its line of Python, and none where there is none", async () => {
  expect(code()).toBe("fj.runs()");
  const field = panel.element.querySelector<HTMLInputElement>("[aria-label='Filter runs']")!;
  field.value = "status:failed";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
  expect(shown()).toEqual(["two"]);
  expect(code()).toBe('fj.runs(status="failed")');
  field.value = "nothing of this";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
  expect(words(panel.element.querySelector(".fj-note"))).toBe("No run fits the filter.");
});

test("runs are chosen one by one, from one to another, and all", async () => {
  check("four");
  check("two", true);
  await drawn();
  expect(words(panel.element.querySelector(".fj-chosen"))).toContain("3 chosen");
  expect(code()).toBe('fj.compare(["dddd", "cccc", "bbbb"])');
  press(rowOf("one").querySelector(".fj-open")!, "a", { ctrlKey: true });
  await drawn();
  expect(code(), "all that are shown").toBe("fj.compare(fj.runs())");
  press(rowOf("one").querySelector(".fj-open")!, "Escape");
  await drawn();
  expect(panel.element.querySelector<HTMLElement>(".fj-chosen")?.hidden).toBe(true);
});

test("the line of Python acts on the chosen runs, whatever fits the filter by now", async () => {
  check("four");
  check("three");
  await drawn();
  const field = panel.element.querySelector<HTMLInputElement>("[aria-label='Filter runs']")!;
  field.value = "name:o"; // three others than will be chosen
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
  expect(shown()).toHaveLength(3);
  check("one");
  await drawn();
  expect(words(panel.element.querySelector(".fj-chosen"))).toContain("3 chosen");
  expect(code()).toBe('fj.compare(["dddd", "cccc", "aaaa"])');
});

test("the arrow keys go from row to row, and choose with the shift key", async () => {
  const first = rowOf("three").querySelector<HTMLElement>(".fj-open")!;
  first.focus();
  press(first, "ArrowDown");
  expect(words(document.activeElement)).toBe("two");
  press(document.activeElement!, "ArrowDown", { shiftKey: true });
  await drawn();
  expect(words(document.activeElement)).toBe("one");
  expect(code()).toBe('fj.compare(["bbbb", "aaaa"])');
});

test("what is deleted is asked for first, and only runs that have ended are", async () => {
  check("three");
  check("two");
  await drawn();
  button(panel.element, "Delete").click();
  await drawn();
  expect(words(panel.element.querySelector(".fj-chosen"))).toContain(
    "Delete 1 run with all files? 1 run not ended yet: cancel first.",
  );
  expect(code()).toBe('for run in map(fj.run, ["cccc", "bbbb"]): run.delete()');
  expect(asked("delete")).toBeUndefined();
  button(panel.element, "Yes, delete").click();
  await until(() => asked("delete") !== undefined);
  expect(asked("delete")).toMatchObject({ ids: ["bbbb"] });
  kernel.answer("delete", { done: 1, failed: [] });
  await until(() => words(panel.element.querySelector(".fj-chosen")).includes("1 run deleted"));
});

test("what does not work is said, with the run and the reason", async () => {
  check("three");
  await drawn();
  button(panel.element, "Cancel").click();
  button(panel.element, "Yes, cancel").click();
  await until(() => asked("cancel") !== undefined);
  kernel.answer("cancel", { done: 0, failed: [["cccc", "the disk is full"]] });
  await until(() =>
    words(panel.element.querySelector(".fj-chosen")).includes("cccc: the disk is full"),
  );
  expect(panel.element.querySelector(".fj-chosen .fj-problem")).not.toBeNull();
});

test("tags are added and removed, with the line that does it", async () => {
  check("one");
  await drawn();
  button(panel.element, "Tag…").click();
  const field = panel.element.querySelector<HTMLInputElement>("[aria-label=Tag]")!;
  field.value = "ofc27";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  expect(code()).toBe('fj.run("aaaa").tag("ofc27")');
  button(panel.element, "Remove").click();
  await until(() => asked("tag") !== undefined);
  expect(asked("tag")).toMatchObject({ ids: ["aaaa"], tags: ["ofc27"], remove: true });
});

test("a row opens its run's view, and closes it again", async () => {
  rowOf("one").querySelector<HTMLElement>(".fj-open")!.click();
  await until(() => asked("open") !== undefined);
  expect(asked("open")).toMatchObject({ run: "aaaa" });
  kernel.answer("open", {});
  kernel.state.opened = "aaaa";
  kernel.say({ subjects: { "runs-1": snapshot([], { rev: 2, since: 1 }) } });
  await drawn();
  const open = rowOf("one").querySelector<HTMLElement>(".fj-open")!;
  expect(open.getAttribute("aria-expanded")).toBe("true");
  open.click();
  await until(() => asked("open")?.run === null);
});

test("an error reaches to the blocking, and a sweep's runs have its name and what no column says", async () => {
  kernel.say({
    subjects: {
      "runs-1": snapshot(
        [
          { id: "eeee", status: "FAILED", error: "a long error", blocking: null },
          {
            id: "f1",
            name: "network = USNet, k_paths = 5",
            sweep: "5eed",
            options: { k_paths: 5 },
          },
          { id: "f2", name: "k_paths = 3, repeat 2", sweep: "5eed", options: { k_paths: 3 } },
          { id: "f3", name: "k_paths = 3, mine", options: { k_paths: 3 } },
        ],
        { rev: 2, since: 1, sweeps: { "5eed": "paths" } },
      ),
    },
  });
  await drawn();
  const names = ["paths", "paths, repeat 2", "k_paths = 3, mine"];
  expect(shown()).toEqual(expect.arrayContaining(names));
  expect(rowOf("a run").classList.contains("fj-wide-error")).toBe(true);
  expect(words(rowOf("a run"))).not.toMatch(/error.*–.*–.*–/);
  expect(rowOf("two").classList.contains("fj-wide-error"), "its blocking is known").toBe(false);
});

test("columns that matter least are omitted where not all fit", async () => {
  const heads = (): string[] =>
    [...panel.element.querySelectorAll('[role="columnheader"]')].map(words);
  expect(heads()).toEqual(expect.arrayContaining(["Left", "Took", "Started"]));
  restore();
  restore = layout(600, 400);
  kernel.say({
    subjects: { "runs-1": snapshot([{ id: "g", tags: ["x"] }], { rev: 2, since: 1 }) },
  });
  await drawn();
  expect(heads()).not.toContain("Took");
  expect(heads()).not.toContain("Left");
  expect(heads()).toEqual(expect.arrayContaining(["Started", "Tags"]));
});

test("a key that is none is said instead of that nothing fits", async () => {
  const field = panel.element.querySelector<HTMLInputElement>("[aria-label='Filter runs']")!;
  field.value = "foo:bar";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => words(panel.element.querySelector(".fj-note")).startsWith("foo is no key"));
});
