import { afterEach, expect, test } from "vitest";
import { estimateText, positionOf, rangeOf, targetText } from "../../src/search_view/brackets.js";
import { SearchClient } from "../../src/search_view/search_client.js";
import { progressText, requestsText, SearchPanel } from "../../src/search_view/search_panel.js";
import type { SearchSnapshot, TargetState } from "../../src/types.js";
import { Kernel } from "../kernel.js";
import { button, drawn, until, words } from "../layout.js";

afterEach(() => document.body.replaceChildren());

const targetOf = (more: Partial<TargetState> = {}): TargetState => ({
  name: "",
  brackets: [],
  load: null,
  low: null,
  high: null,
  probe: "",
  reason: "",
  failed: false,
  ...more,
});

const searchOf = (more: Partial<SearchSnapshot> = {}): SearchSnapshot => ({
  rev: 1,
  key: "search-1",
  id: "feedfeedfeed",
  name: "Load at 1 % blocking",
  template: "nsfnet_blocking",
  code: "fj.find_load('nsfnet_blocking', blocking=0.01, precision=0.01)",
  confidence: 0.95,
  probes: 1,
  expected: 8,
  requests: 0,
  started: 1_764_000_000,
  now: 1_764_000_001,
  settled: false,
  targets: [targetOf({ probe: "200 Erlang, iterations 1 to 3" })],
  ...more,
});

const found = targetOf({
  brackets: [
    [200, 600],
    [200, 400],
    [297.6, 302.6],
  ],
  load: 300.1,
  low: 297.6,
  high: 302.6,
});

const shown = async (more: Partial<SearchSnapshot> = {}): Promise<[Kernel, SearchPanel]> => {
  const kernel = new Kernel();
  kernel.state.snapshot = searchOf(more);
  const panel = new SearchPanel(new SearchClient(kernel.model));
  document.body.append(panel.element);
  await until(() => kernel.handlers.length > 0);
  kernel.say();
  await drawn();
  return [kernel, panel];
};

test("an estimate has as many digits as its interval is worth", () => {
  expect(estimateText(found)).toBe("300.1 ± 2.5 Erlang");
  expect(estimateText({ ...found, low: 260, high: 340 })).toBe("300 ± 40 Erlang");
  expect(estimateText({ ...found, load: 3.00123, low: 2.98, high: 3.02 })).toBe(
    "3.001 ± 0.020 Erlang",
  );
  expect(estimateText(targetOf())).toBe("");
});

test("before there is an estimate, the last bracket is what is known", () => {
  expect(targetText(targetOf())).toBe("the first probe has not ended");
  expect(targetText(targetOf({ brackets: [[200, 400]] }))).toBe(
    "between 200 and 400 Erlang so far",
  );
  expect(targetText(targetOf({ failed: true }))).toBe("");
});

test("all loads that are searched share one axis", () => {
  const range = rangeOf([found, targetOf({ brackets: [[100, 300]] })])!;
  expect(range).toEqual({ low: 90, high: 610 });
  expect(positionOf(350, range)).toBe(50);
  expect(rangeOf([targetOf()])).toBeNull();
});

test("the head says which probe of about how many this is, and how much was simulated", () => {
  expect(progressText(searchOf({ probes: 6, requests: 1_900_000 }))).toBe(
    "probe 6 of about 8 · 1.9 M requests",
  );
  expect(progressText(searchOf({ probes: 1, requests: 6000, settled: true }))).toBe(
    "1 probe · 6,000 requests",
  );
  expect(requestsText(12_000_000)).toBe("12 M requests");
});

test("brackets close as the channel tells of them", async () => {
  const [kernel, panel] = await shown();
  expect(words(panel.element)).toContain("simulating 200 Erlang, iterations 1 to 3");
  expect(panel.element.querySelectorAll(".fj-bracket")).toHaveLength(0);
  const reason = "the interval is as narrow as asked for";
  const targets = [{ ...found, reason }];
  kernel.say({ subjects: { "search-1": searchOf({ rev: 2, probes: 3, settled: true, targets }) } });
  await drawn();
  expect(panel.element.querySelectorAll(".fj-bracket")).toHaveLength(3);
  expect(words(panel.element.querySelector(".fj-estimate"))).toBe("300.1 ± 2.5 Erlang");
  expect(panel.element.querySelector(".fj-target")!.getAttribute("aria-label")).toBe(
    `300.1 ± 2.5 Erlang: ${reason}`,
  );
  expect(panel.element.querySelector(".fj-asks")).toBeNull();
});

test("several configurations stand below each other by name", async () => {
  const targets = [
    { ...found, name: "k_paths = 1" },
    targetOf({ name: "k_paths = 3", failed: true, reason: "cancelled" }),
  ];
  const [, panel] = await shown({ targets });
  const names = [...panel.element.querySelectorAll(".fj-target-name")].map(words);
  expect(names).toEqual(["k_paths = 1", "k_paths = 3"]);
  expect(words(panel.element.querySelector(".fj-problem"))).toBe("cancelled");
});

test("cancelling asks once more, then the kernel", async () => {
  const [kernel, panel] = await shown();
  button(panel.element, "Cancel").click();
  button(panel.element, "Yes, cancel").click();
  await until(() => kernel.said.some(({ operation }) => operation === "cancel"));
  await until(() => button(panel.element, "Cancelling…").disabled);
  kernel.refuse("cancel", "no");
  await until(() => words(panel.element).includes("Not cancelled: no"));
});
