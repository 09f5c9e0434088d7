import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SweepClient } from "../../src/sweep_view/sweep_client.js";
import { SweepPanel } from "../../src/sweep_view/sweep_panel.js";
import { Kernel } from "../kernel.js";
import { button, drawn, layout, until, words } from "../layout.js";
import { completed, stateOf, sweepOf } from "../sweeps.js";

let restore: () => void;
beforeEach(() => {
  restore = layout(500, 200);
});
afterEach(() => {
  restore();
  document.body.replaceChildren();
});

const shown = async (more = {}): Promise<[Kernel, SweepClient, SweepPanel]> => {
  const kernel = new Kernel();
  Object.assign(kernel.state, { snapshot: sweepOf(more), opened: null, opened_id: "" });
  const client = new SweepClient(kernel.model);
  const panel = new SweepPanel(client);
  document.body.append(panel.element);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
  await drawn();
  return [kernel, client, panel];
};

const cell = (panel: SweepPanel, run: string): HTMLElement =>
  panel.element.querySelector(`.fj-cell[data-point="${run}"]`)!;

const point = (element: Element, kind: string): void => {
  element.dispatchEvent(new Event(kind, { bubbles: true }));
};

test("one message changes the cells, the totals and the curves of all points that changed", async () => {
  const [kernel, , panel] = await shown();
  expect(words(panel.element.querySelector(".fj-totals"))).toBe("0 of 4 done · 4 waiting");
  const states = { aa: completed(0.01, 0.02), bb: stateOf({ status: "RUNNING", fraction: 0.3 }) };
  const received: Record<string, unknown> = { ...sweepOf({ rev: 2, since: 1, states, eta: 400 }) };
  delete received.points;
  kernel.say({ subjects: { "sweep-feedfeedfeed": received } });
  await drawn();
  expect(words(cell(panel, "aa"))).toBe("0.0200");
  expect(words(cell(panel, "bb"))).toMatch(/^30.%$/u);
  expect(words(panel.element.querySelector(".fj-head"))).toContain("about 7 min left");
  expect(words(panel.element.querySelector(".fj-totals"))).toContain("1 of 4 done · 1 running");
  const curves = panel.element.querySelectorAll(".fj-series");
  expect([...curves].map((each) => each.getAttribute("data-point"))).toEqual(["aa"]);
  const bar = panel.element.querySelector('[role="progressbar"]')!;
  expect(bar.getAttribute("aria-valuenow")).toBe("32");
});

test("a message that adds to one that was lost is asked for again, as a whole", async () => {
  const [kernel, client] = await shown();
  kernel.said = [];
  kernel.say({ subjects: { "sweep-feedfeedfeed": sweepOf({ rev: 9, since: 7, states: {} }) } });
  await until(() => kernel.said.some(({ kind }) => kind === "have"));
  expect(kernel.said.at(-1)).toEqual({ kind: "have", subjects: { "sweep-feedfeedfeed": 1 } });
  expect(client.snapshot.rev).toBe(1);
});

test("the load that is chosen is the one whose blocking stands in the cells", async () => {
  const [, , panel] = await shown({ states: { aa: completed(0.01, 0.02) } });
  const select = panel.element.querySelector("select")!;
  expect([...select.options].map(words)).toEqual(["the last load", "300 Erlang", "400 Erlang"]);
  select.value = "300";
  select.dispatchEvent(new Event("change"));
  await drawn();
  expect(words(cell(panel, "aa"))).toBe("0.0100");
});

test("pointing at a cell highlights its curve, pointing at a curve its cell, and both its words", async () => {
  const [, , panel] = await shown({ states: { aa: completed(0.1, 0.2), ab: completed(0.1, 0.3) } });
  const curve = panel.element.querySelector('.fj-series[data-point="ab"]')!;
  point(cell(panel, "ab"), "pointerover");
  expect(curve.hasAttribute("data-lit")).toBe(true);
  expect(words(panel.element.querySelector(".fj-point-line"))).toBe(
    "network NSFNet, k_paths 3 completed · blocking 0.300 ± 0.0020 at 400 Erlang",
  );
  point(panel.element.querySelector('.fj-series[data-point="aa"] .fj-hit')!, "pointerover");
  expect(curve.hasAttribute("data-lit")).toBe(false);
  expect(cell(panel, "aa").hasAttribute("data-lit")).toBe(true);
  panel.element.dispatchEvent(new Event("pointerleave"));
  expect(panel.element.querySelector("[data-lit]")).toBeNull();
});

test("arrow keys move through the grid, and Enter opens the run", async () => {
  const [kernel, , panel] = await shown();
  const press = (key: string): void => {
    document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  };
  expect(panel.element.querySelectorAll('.fj-cell[tabindex="0"]')).toHaveLength(1);
  cell(panel, "aa").focus();
  press("ArrowRight");
  press("ArrowDown");
  expect(document.activeElement).toBe(cell(panel, "bb"));
  expect(cell(panel, "bb").getAttribute("aria-label")).toBe("network USNet, k_paths 3: waiting");
  press("Enter");
  await until(() => kernel.said.some(({ operation }) => operation === "open"));
  expect(kernel.said.at(-1)).toMatchObject({ operation: "open", run: "bb" });
});

test("a run is opened below by the view that the kernel makes, and closed again", async () => {
  const [kernel, , panel] = await shown();
  const below = panel.element.querySelector<HTMLElement>(".fj-below")!;
  cell(panel, "ab").click();
  await until(() => words(below).includes("opens as soon as the kernel is free"));
  const view = { el: document.createElement("section"), remove: vi.fn() };
  const manager = kernel.model.widget_manager;
  manager.get_model = async () => ({ id: "99" }) as never;
  manager.create_view = async () => view;
  Object.assign(kernel.state, { opened: "IPY_MODEL_99", opened_id: "ab" });
  kernel.answer("open", {});
  kernel.say({ subjects: { "sweep-feedfeedfeed": sweepOf({ rev: 2 }) } });
  await until(() => below.contains(view.el));
  await drawn();
  expect(cell(panel, "ab").getAttribute("aria-selected")).toBe("true");
  expect(words(panel.element.querySelector(".fj-code code"))).toBe('fj.run("ab")');
  button(below, "Close").click();
  expect(below.hidden).toBe(true);
});

test("what failed is retried by the kernel, and the button says the code that it stands for", async () => {
  const [kernel, , panel] = await shown({
    states: { aa: stateOf({ status: "FAILED" }), ab: completed(0.1, 0.2) },
  });
  const retry = button(panel.element, "Retry failed (1)");
  point(retry, "pointerover");
  expect(words(panel.element.querySelector(".fj-code code"))).toBe(
    'fj.sweep_by_id("feedfeedfeed").retry_failed()',
  );
  retry.click();
  await until(() => kernel.said.some(({ operation }) => operation === "retry"));
  kernel.refuse("retry", "the disk is full");
  await until(() => words(panel.element).includes("Not retried: the disk is full"));
});

test("a point whose run is damaged can be retried", async () => {
  const [, , panel] = await shown({
    states: { aa: stateOf({ status: "UNKNOWN", problem: "damaged" }), ab: completed(0.1, 0.2) },
  });
  expect(button(panel.element, "Retry failed (1)")).toBeDefined();
});

test("cancelling asks once more, and goes through the kernel where the server cannot be asked", async () => {
  const [kernel, , panel] = await shown();
  button(panel.element, "Cancel").click();
  expect(document.activeElement).toBe(button(panel.element, "Yes, cancel"));
  button(panel.element, "No").click();
  expect(kernel.said.some(({ operation }) => operation === "cancel")).toBe(false);
  button(panel.element, "Cancel").click();
  button(panel.element, "Yes, cancel").click();
  await until(() => kernel.said.filter(({ operation }) => operation === "cancel").length === 1);
});

test("what a cancel leaves, and why, is said until the next action", async () => {
  const [kernel, , panel] = await shown({ states: { aa: stateOf(), ab: completed(0.1, 0.2) } });
  button(panel.element, "Cancel").click();
  button(panel.element, "Yes, cancel").click();
  await until(() => kernel.said.some(({ operation }) => operation === "cancel"));
  const note = "1 run not cancelled, because somebody has asked for the same with reuse=True: aa";
  kernel.answer("cancel", { notes: [note] });
  const said = (): string => words(panel.element.querySelector(".fj-message"));
  await until(() => said() === note);
  expect(panel.element.querySelector(".fj-message.fj-failed"), "it is no failure").toBeNull();
  button(panel.element, "Cancel").click();
  button(panel.element, "Yes, cancel").click();
  await until(() => said() === "");
});

test("more than two parameters are a table, whose rows open runs too", async () => {
  const [kernel, , panel] = await shown({
    parameters: ["network", "k_paths", "guard_slots"],
    points: [
      { values: ["NSFNet", "1", "0"], run: "aa" },
      { values: ["NSFNet", "1", "1"], run: "ab" },
    ],
    states: { aa: completed(0.1, 0.2), ab: stateOf() },
  });
  const rows = panel.element.querySelectorAll<HTMLElement>(".fj-table-row[data-point]");
  expect([...rows].map((row) => row.dataset.point)).toEqual(["aa", "ab"]);
  expect(words(rows[0]!)).toContain("completed");
  rows[1]!.click();
  await until(() => kernel.said.some(({ operation, run }) => operation === "open" && run === "ab"));
});

test("the curve of the hovered point is drawn above all others, and is still only one to point at", async () => {
  const [, , panel] = await shown({ states: { aa: completed(0.1, 0.2), ab: completed(0.1, 0.3) } });
  point(cell(panel, "aa"), "pointerover");
  const curves = [...panel.element.querySelectorAll(".fj-series")];
  expect(curves.at(-1)!.getAttribute("data-point")).toBe("aa");
  expect(curves.at(-1)!.hasAttribute("data-lit")).toBe(true);
  panel.element.dispatchEvent(new Event("pointerleave"));
  expect(panel.element.querySelectorAll(".fj-series")).toHaveLength(2);
});

test("after Close or Escape, the focus is on the point whose run was open", async () => {
  const [, , panel] = await shown();
  const below = panel.element.querySelector<HTMLElement>(".fj-below")!;
  for (const close of [
    () => button(below, "Close").click(),
    () => below.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })),
  ]) {
    cell(panel, "ba").click();
    await drawn();
    button(below, "Close").focus();
    close();
    expect(below.hidden).toBe(true);
    expect(document.activeElement).toBe(cell(panel, "ba"));
  }
  button(panel.element, "Table").click();
  await drawn();
  panel.element.querySelector<HTMLElement>('.fj-table-row[data-point="ba"]')!.click();
  await drawn();
  button(below, "Close").click();
  expect((document.activeElement as HTMLElement).dataset.key).toBe("ba");
});

test("repeats share a cell and a curve, and each of their runs can be opened", async () => {
  const [kernel, , panel] = await shown({
    parameters: ["k_paths", "repeat"],
    points: [
      { values: ["1", "0"], run: "aa" },
      { values: ["1", "1"], run: "ab" },
      { values: ["3", "0"], run: "ba" },
      { values: ["3", "1"], run: "bb" },
    ],
    states: {
      aa: completed(0.1, 0.2),
      ab: completed(0.1, 0.4),
      ba: stateOf(),
      bb: stateOf({ status: "RUNNING", fraction: 0.5 }),
    },
  });
  expect([...panel.element.querySelectorAll(".fj-cell")].map(words)).toEqual([
    "0.300",
    expect.stringMatching(/^25.%$/u),
  ]);
  expect(cell(panel, "aa").title).toContain("2 repeats");
  expect(panel.element.querySelectorAll(".fj-series")).toHaveLength(1);
  cell(panel, "aa").click();
  await drawn();
  const below = panel.element.querySelector(".fj-below")!;
  button(below, "2").focus();
  button(below, "2").click();
  await until(() => kernel.said.filter(({ operation }) => operation === "open").length === 2);
  expect(kernel.said.at(-1)).toMatchObject({ operation: "open", run: "ab" });
  expect(document.activeElement).toBe(button(below, "2"));
  expect(button(below, "2").getAttribute("aria-pressed")).toBe("true");
});

test("beside a table stands a legend, with the shade and the dashes of each value", async () => {
  const [, , panel] = await shown({ states: { aa: completed(0.1, 0.2) } });
  const legend = panel.element.querySelector(".fj-sweep-legend")!;
  expect(words(legend), "the headers of the grid are the legend").toBe("");
  button(panel.element, "Table").click();
  await drawn();
  expect(words(legend)).toBe("k_paths 1 3 network NSFNet USNet");
  expect(legend.querySelectorAll("svg")).toHaveLength(4);
});
