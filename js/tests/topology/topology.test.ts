import { afterEach, beforeEach, expect, test } from "vitest";
import { Marks } from "../../src/topology/marks.js";
import { readable } from "../../src/topology/names.js";
import { colour, ranked, valueText, width } from "../../src/topology/scale.js";
import { TopologyClient } from "../../src/topology/topology_client.js";
import { TopologyPanel } from "../../src/topology/topology_panel.js";
import { fitted, moved, seen, WHOLE, zoomed } from "../../src/topology/viewport.js";
import type { NetworkMap, TopologyState } from "../../src/types.js";
import { Kernel } from "../kernel.js";

const map: NetworkMap = {
  name: "square",
  nodes: [
    ["A", 0, 0, "n"],
    ["B", 1, 0, "n"],
    ["C", 1, 0.5, "s"],
  ],
  links: [
    [0, 1, 100],
    [1, 2, 50],
    [0, 2, null],
  ],
  computed: false,
};

const state = (more: Partial<TopologyState> = {}): TopologyState => ({
  rev: 1,
  key: "abc",
  maps: [map],
  panels: [
    {
      map: 0,
      title: "k = 3",
      run: "3f9c0a7be214",
      name: "short",
      ended: false,
      loads: [
        { erlang: 300, iteration: 0, values: [0.2, 0.5, null] },
        { erlang: 400, iteration: 0, values: [0.6, 0.5, null] },
      ],
    },
  ],
  loads: [300, 400, 500],
  each_load: false,
  metric: "utilization",
  words: "of slot-time in use",
  top: 0.8,
  note: "",
  code: 'fj.topology(fj.run("3f9c0a7be214")',
  ...more,
});

let kernel: Kernel;
let client: TopologyClient;
let panel: TopologyPanel;

const show = (shown: TopologyState): void => {
  kernel = new Kernel();
  kernel.state.snapshot = shown;
  Object.assign(kernel.model, { save_changes: () => undefined });
  client = new TopologyClient(kernel.model);
  panel = new TopologyPanel(client);
  document.body.replaceChildren(panel.element);
};

beforeEach(() => show(state()));
afterEach(() => {
  panel.dispose();
  client.dispose();
});

const rows = (): string[] =>
  [...document.querySelectorAll("tbody tr")].map((row) =>
    row.textContent!.replace(/\s+/g, " ").trim(),
  );
const button = (words: string): HTMLButtonElement =>
  [...document.querySelectorAll("button")].find((each) => each.textContent!.trim() === words)!;

test("the highest known load is shown, the busiest link first, and unknown is said to be so", () => {
  expect(rows()[0]).toMatch(/^A – B *100.km *60.%$/);
  expect(rows()[1]).toMatch(/^B – C *50.km *50.%$/);
  expect(rows()[2]).toMatch(/^A – C *unknown *unknown$/);
  expect(document.querySelector(".fj-map-legend")!.textContent).toContain("unknown");
});

test("a load is chosen for both halves, and the code says it", () => {
  expect(document.querySelector("code")!.textContent).toBe('fj.topology(fj.run("3f9c0a7be214"))');
  button("300").click();
  expect(kernel.state.erlang).toBe(300);
  expect(rows()[0]).toMatch(/^B – C/);
  expect(document.querySelector("code")!.textContent).toBe(
    'fj.topology(fj.run("3f9c0a7be214"), erlang=300)',
  );
  expect(button("500").disabled).toBe(true);
});

test("results that arrive are shown, and what is older is not", () => {
  const loads = [{ erlang: 500, iteration: 0, values: [0.1, 0.2, 0.7] }];
  client.receive(state({ rev: 2, panels: [{ ...state().panels[0]!, loads }] }));
  expect(rows()[0]).toMatch(/^A – C *unknown *70.%$/);
  client.receive(state());
  expect(rows()[0]).toMatch(/^A – C/);
});

test("a row that has the focus marks its link, and says all that is known of it", () => {
  document.querySelector<HTMLElement>("tbody button")!.dispatchEvent(new Event("focus"));
  expect(document.querySelector("tr.fj-marked")!.textContent).toContain("A – B");
  expect(document.querySelector(".fj-map-said")!.textContent).toMatch(
    /Link A – B · length 100.km · 60.% · rank 1 of 3 by use/,
  );
});

test("nodes are listed with their degree and the mean of what is known of their links", () => {
  button("3 nodes").click();
  expect(rows()[1]).toMatch(/^B *2 *55.%$/);
  expect(rows()[2]).toMatch(/^C *2 *50.%$/);
});

test("maps of several runs share what is marked", () => {
  const one = state().panels[0]!;
  show(state({ panels: [one, { ...one, title: "k = 1", run: "b" }] }));
  expect(document.querySelectorAll("figure")).toHaveLength(2);
  document.querySelector<HTMLElement>("tbody button")!.dispatchEvent(new Event("focus"));
  expect(document.querySelector(".fj-map-said")!.textContent).toMatch(/k = 3: 60.% · k = 1: 60.%/);
});

test("a network alone has no legend, and its longest link comes first", () => {
  const alone = { map: 0, title: "square", run: "", name: "", ended: true, loads: [] };
  show(state({ metric: "", panels: [alone], loads: [], code: 'fj.topology("square"' }));
  expect(document.querySelector(".fj-map-legend")).toBeNull();
  expect(rows()[0]).toMatch(/^A – B *100.km$/);
});

test("zooming keeps the place under the pointer, and no movement loses the map", () => {
  const near = zoomed(WHOLE, 3, [100, 50]);
  expect(seen(near, [100, 50])).toEqual([100, 50]);
  expect(zoomed(near, 0.01, [0, 0])).toEqual(WHOLE);
  const size = { width: 400, height: 300 };
  const far = moved(near, [10_000, -10_000], size);
  expect(seen(far, [0, 0])[0]).toBeLessThanOrEqual(200);
  expect(seen(far, [400, 300])[1]).toBeGreaterThanOrEqual(150);
});

test("the whole map stands in the middle of its area", () => {
  const places = fitted(map, 400, 300);
  expect(places[0]![0]).toBeCloseTo(30);
  expect(places[1]![0]).toBeCloseTo(370);
  expect(places[0]![1] + places[2]![1]).toBeCloseTo(300);
});

test("of two names in one place the first one is shown", () => {
  const names: NetworkMap = {
    ...map,
    nodes: [
      ["Braunschweig", 0, 0, "e"],
      ["Magdeburg", 0.01, 0, "e"],
      ["Passau", 1, 1, "w"],
    ],
  };
  expect([...readable(names, fitted(names, 300, 300))]).toEqual([0, 2]);
});

test("more is wider and of another colour, and nothing known is no number", () => {
  expect(colour(0)).not.toBe(colour(1));
  expect(width(0.2)).toBeLessThan(width(0.9));
  expect(valueText(null, "utilization")).toBe("unknown");
  expect(valueText(0.003, "utilization")).toContain("0.30");
  expect(valueText(1234, "throughput")).toBe("1,234");
  expect(ranked([null, 0.2, 0.5])).toEqual([2, 1, 0]);
});

test("what was chosen stays when the pointer leaves, and goes when it is chosen again", () => {
  const marks = new Marks(() => undefined);
  const link = { kind: "link", map: 0, number: 2 } as const;
  marks.point(link);
  marks.choose(link);
  marks.point(null);
  expect(marks.isMarked("link", 0, 2)).toBe(true);
  marks.choose(link);
  expect(marks.now).toBeNull();
});
