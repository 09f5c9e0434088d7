import { render } from "lit-html";
import { expect, test } from "vitest";
import { curvesOf } from "../../src/sweep_view/curves.js";
import { gridOf, moved } from "../../src/sweep_view/grid_model.js";
import { Looks } from "../../src/sweep_view/looks.js";
import { pooledOf } from "../../src/sweep_view/repeats.js";
import { merged } from "../../src/sweep_view/sweep_client.js";
import {
  blockingAt,
  cellText,
  isUseless,
  message,
  pointText,
  roughly,
  totals,
} from "../../src/sweep_view/wording.js";
import type { PointIdentity, PointState } from "../../src/types.js";
import { completed, stateOf, sweepOf } from "../sweeps.js";

const placesOf = (...values: string[][]): PointIdentity[] =>
  values.map((each) => ({ values: each, run: each.join("-") }));

test("two parameters make a grid, the second across; one parameter a single row", () => {
  const two = gridOf(
    ["network", "k_paths"],
    placesOf(["NSFNet", "1"], ["NSFNet", "3"], ["USNet", "3"]),
  )!;
  expect([two.down, two.across]).toEqual(["network", "k_paths"]);
  expect(two.cells).toEqual([
    [0, 1],
    [null, 2],
  ]);
  const one = gridOf(["k_paths"], placesOf(["1"], ["3"]))!;
  expect([one.down, one.rows, one.cells]).toEqual([null, [""], [[0, 1]]]);
});

test("what has many values goes down, and what fits nowhere becomes a table", () => {
  const many = Array.from({ length: 30 }, (_, n) => String(n));
  const tall = gridOf(["network", "k_paths"], placesOf(...many.map((n) => ["NSFNet", n])))!;
  expect([tall.across, tall.rows.length]).toEqual(["network", 30]);
  expect(tall.cells[7]).toEqual([7]);
  expect(gridOf(["k_paths"], placesOf(...many.map((n) => [n])))).toBeNull();
  expect(gridOf(["a", "b", "c"], placesOf(["1", "2", "3"]))).toBeNull();
});

test("arrow keys stop at the edges of the grid", () => {
  const grid = gridOf(["n", "k"], placesOf(["A", "1"], ["A", "2"], ["B", "1"], ["B", "2"]))!;
  expect(moved(grid, [0, 0], "ArrowRight")).toEqual([0, 1]);
  expect(moved(grid, [0, 1], "ArrowRight")).toEqual([0, 1]);
  expect(moved(grid, [0, 1], "ArrowDown")).toEqual([1, 1]);
  expect(moved(grid, [1, 1], "ArrowDown")).toEqual([1, 1]);
  expect(moved(grid, [1, 1], "Home")).toEqual([1, 0]);
  expect(moved(grid, [1, 1], "x")).toBeNull();
});

test("what changed is added to what is known, and what adds to something unknown is not taken", () => {
  const before = sweepOf({ rev: 4 });
  const received = sweepOf({ rev: 6, since: 4, states: { ab: stateOf({ fraction: 0.5 }) } });
  delete received.points;
  const after = merged(before, received)!;
  expect(after.states.ab!.fraction).toBe(0.5);
  expect(Object.keys(after.states)).toEqual(["aa", "ab", "ba", "bb"]);
  expect(after.points).toEqual(before.points);
  expect(merged(before, { ...received, since: 5 })).toBeNull();
  expect(merged(before, { ...received, rev: 3 })).toBe(before);
  const whole = sweepOf({ rev: 9, points: [] });
  expect(merged(before, whole)).toBe(whole);
});

test("a cell says blocking at the load that was chosen, or how far its run is", () => {
  const done = completed(0.0123, 0.0456);
  expect(cellText(done, null)).toBe("0.0456");
  expect(cellText(done, 300)).toBe("0.0123");
  expect(cellText(done, 500)).toBe("–");
  expect(cellText(completed(0, 0), null)).toBe("none");
  const going = { ...done, status: "RUNNING" as const, fraction: 0.42 };
  expect(cellText(going, null)).toMatch(/^42.%$/u);
  expect(cellText(going, 300)).toBe("0.0123");
  expect(cellText({ ...going, cancelling: true }, null)).toBe("cancelling");
  expect(cellText(stateOf({ status: "FAILED" }), null)).toBe("failed");
  expect(cellText(stateOf({ status: null }), null)).toBe("deleted");
  expect(cellText(null, null)).toBe("");
  expect(blockingAt(stateOf({ points: [[300, null, null, 0, false]] }), null)).toBeNull();
});

test("a point says its blocking with its interval, and why its run failed", () => {
  const text = (state: PointState, load: number | null): string =>
    pointText({ state, repeats: [] }, load);
  expect(text(completed(0.01, 0.0992), null)).toBe(
    "completed · blocking 0.0992 ± 0.0020 at 400 Erlang",
  );
  expect(text(completed(0, 0), 300)).toBe("completed · no blocking observed at 300 Erlang");
  expect(text(stateOf({ status: "FAILED", error: "no such link" }), null)).toBe(
    "failed · no such link",
  );
});

test("totals count by status, and leave out what is nowhere", () => {
  const points = [
    stateOf({ status: "RUNNING" }),
    stateOf(),
    stateOf(),
    stateOf({ status: "FAILED" }),
    completed(0.1, 0.2),
    stateOf({ status: null }),
  ].map((state, index) => ({ values: [], run: String(index), state }));
  expect(totals(points)).toBe("1 running · 2 waiting · 1 failed · 1 deleted");
  expect(points.filter(isUseless)).toHaveLength(2);
  expect([roughly(0.2), roughly(61), roughly(400), roughly(4000)]).toEqual([
    "1 s",
    "61 s",
    "7 min",
    "1 h 7 min",
  ]);
});

test("a silent kernel is told of only while something goes on, a deleted sweep always", () => {
  const told = { snapshot: sweepOf(), settled: false, silent: true, read: 0 };
  const shown = new Date(told.snapshot.now * 1000);
  const date = [shown.getFullYear(), shown.getMonth() + 1, shown.getDate()].join("-");
  expect(message(told)).toContain(
    `this is the state of ${date} ${shown.toTimeString().slice(0, 8)}`,
  );
  expect(message(told)).toContain("Execute the cell again to see the current state");
  expect(message({ ...told, read: 2 })).toContain("this view reads the runs' files itself");
  expect(message({ ...told, settled: true })).toBe("");
  expect(message({ ...told, silent: false })).toBe("");
  expect(message({ ...told, settled: true, snapshot: sweepOf({ gone: true }) })).toContain(
    "was deleted",
  );
});

test("each curve has the shade of its column and the dashes of its row", () => {
  const { parameters, points: planned } = sweepOf();
  const points = planned!.map((each) => ({ ...each, state: completed(0.1, 0.2) }));
  points[1]!.state = stateOf();
  const curves = curvesOf(pooledOf(parameters, points), new Looks(parameters, planned!));
  expect(curves.map(({ key }) => key)).toEqual(["aa", "ba", "bb"]);
  expect(curves.map(({ shade }) => shade)).toEqual([0, 0, 1]);
  expect(new Set(curves.map(({ dash }) => dash)).size).toBe(2);
  expect(curves[2]!.label).toBe("network USNet, k_paths 3");
});

test("the shade tells the parameter with the most values, wherever it stands", () => {
  const points = ["0", "1", "2", "3", "4"].flatMap((k) =>
    ["a", "b"].map((network) => ({ values: [k, network, "x"] })),
  );
  const looks = new Looks(["k_paths", "network", "fixed"], points);
  expect(["0", "2", "4"].map((k) => looks.of([k, "a", "x"]).shade)).toEqual([0, 0.5, 1]);
  expect(looks.of(["0", "a", "x"]).dash).not.toBe(looks.of(["0", "b", "x"]).dash);
});

test("repeats are one point, with all their iterations at each load", () => {
  const state = (blocking: number, half: number, iterations: number): PointState =>
    stateOf({
      status: "COMPLETED",
      fraction: 1,
      points: [[300, blocking, half, iterations, true]],
    });
  // The iterations 1, 2, 3 and 4, 6: t · s / √n of each, and of all five together.
  const first = state(2, 4.30265 / Math.sqrt(3), 3);
  const second = state(5, (12.7062 * Math.SQRT2) / Math.SQRT2, 2);
  const repeats = [
    { values: ["1", "0"], run: "a0", state: first },
    { values: ["1", "1"], run: "a1", state: second },
    { values: ["3", "0"], run: "b0", state: stateOf() },
  ];
  const { names, points } = pooledOf(["k_paths", "repeat"], repeats);
  expect(names).toEqual(["k_paths"]);
  expect(points.map(({ run, values }) => [run, ...values])).toEqual([
    ["a0", "1"],
    ["b0", "3"],
  ]);
  const [erlang, mean, half, iterations, done] = points[0]!.state!.points[0]!;
  expect([erlang, iterations, done]).toEqual([300, 5, true]);
  expect(mean).toBeCloseTo(3.2, 9);
  // Variance of 1, 2, 3, 4, 6: 3.7.
  expect(half).toBeCloseTo(2.77645 * Math.sqrt(3.7 / 5), 4);
});

test("a point of repeats goes on as long as one of them does, and then the worst outcome counts", () => {
  const pooled = (...states: Partial<PointState>[]) =>
    pooledOf(
      ["k_paths", "repeat"],
      states.map((each, n) => ({ values: ["1", `${n}`], run: `r${n}`, state: stateOf(each) })),
    ).points[0]!;
  const done = { status: "COMPLETED", fraction: 1 } as const;
  const failed = { status: "FAILED", fraction: 1, error: "no such link" } as const;
  expect(pooled({}, {}).state!.status).toBe("PENDING");
  expect(pooled(done, {}).state).toMatchObject({ status: "RUNNING", fraction: 0.5 });
  expect(pooled(done, { cancelling: true }).state!.cancelling).toBe(true);
  expect(pooled(done, done).state!.status).toBe("COMPLETED");
  const some = pooled(done, failed, { ...done, status: "CANCELLED" });
  expect(some.state!.status).toBe("FAILED");
  expect(pointText(some, null)).toBe(
    "failed · 1 of 3 repeats done · 1 failed · 1 cancelled · no such link",
  );
  expect(pointText(pooled(done, done), null)).toBe("completed · 2 repeats");
});

test("the legend names the parameters that no curve shows", () => {
  const points = placesOf(
    ["1", "NSFNet", "0", "x"],
    ["3", "USNet", "1", "x"],
    ["5", "NSFNet", "1", "x"],
  );
  const element = document.createElement("div");
  render(new Looks(["k_paths", "network", "guard_slots", "fixed"], points).legend(), element);
  const lines = [...element.children].map((line) => line.textContent!.replace(/\s+/g, " ").trim());
  expect(lines.at(-1)).toBe("alike in the chart: network");
  expect(lines).toHaveLength(3);
});
