// The repeats of a point differ only in their seeds, so their iterations are independent of each
// other: a cell and a curve show all of them as one run with more iterations.

import { student } from "../progress/half_width.js";
import type { Point, PointState, Status } from "../types.js";
import { isGoing, type SweepPoint } from "./sweep_client.js";

/** Name of the last parameter if points are repeated. */
const REPEAT = "repeat";

/** A point with its repeats; its run is that of the first one. */
export interface PooledPoint extends SweepPoint {
  repeats: readonly SweepPoint[];
}

export interface Pooled {
  /** Names of the varied options. */
  names: readonly string[];
  points: readonly PooledPoint[];
}

/** The points with the repeats of each as one. */
export const pooledOf = (parameters: readonly string[], points: readonly SweepPoint[]): Pooled => {
  if (parameters.at(-1) !== REPEAT) {
    return { names: parameters, points: points.map((each) => ({ ...each, repeats: [each] })) };
  }
  const groups = new Map<string, SweepPoint[]>();
  for (const point of points) {
    const key = JSON.stringify(point.values.slice(0, -1));
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  const pooled = [...groups.values()].map((repeats): PooledPoint => {
    const { run, values } = repeats[0]!;
    const state = stateOf(repeats.flatMap((each) => each.state ?? []));
    return { run, values: values.slice(0, -1), state, repeats };
  });
  return { names: parameters.slice(0, -1), points: pooled };
};

/** The state of repeats as that of one run. */
const stateOf = (states: readonly PointState[]): PointState | null => {
  const [first] = states;
  if (!first || states.length === 1) return first ?? null;
  const going = states.filter(isGoing);
  return {
    status: statusOf(states, going),
    problem: states.find(({ problem }) => problem !== null)?.problem ?? null,
    cancelling: going.length > 0 && going.every(({ cancelling }) => cancelling),
    fraction: states.reduce((sum, { fraction }) => sum + fraction, 0) / states.length,
    created: first.created,
    error: states.find(({ error }) => error !== null)?.error ?? null,
    points: curveOf(states.map(({ points }) => points)),
  };
};

/** Among repeats that have ended, the worst outcome counts. */
const statusOf = (states: readonly PointState[], going: readonly PointState[]): Status | null => {
  if (going.length > 0) {
    return going.length === states.length && going.every(({ status }) => status === "PENDING")
      ? "PENDING"
      : "RUNNING";
  }
  const order = ["FAILED", null, "UNKNOWN", "CANCELLED"] as const;
  const worst = order.find((each) => states.some(({ status }) => status === each));
  return worst === undefined ? "COMPLETED" : worst;
};

/** The loads of all curves, each with the iterations of all. */
const curveOf = (curves: readonly (readonly Point[])[]): Point[] => {
  const loads = new Map<number, Point[]>();
  for (const point of curves.flat()) {
    if (point[1] !== null) loads.set(point[0], [...(loads.get(point[0]) ?? []), point]);
  }
  return [...loads.values()]
    .map((points) => together(points, curves.length))
    .sort((a, b) => a[0] - b[0]);
};

/** The mean of all iterations at one load, and the interval from the variance of all of them. */
const together = (points: readonly Point[], repeats: number): Point => {
  const done = points.length === repeats && points.every((point) => point[4]);
  const times = ([, , , iterations]: Point): number => Math.max(1, iterations);
  const total = points.reduce((sum, point) => sum + times(point), 0);
  const mean = points.reduce((sum, point) => sum + times(point) * point[1]!, 0) / total;
  let squares: number | null = 0;
  for (const point of points) {
    const [, blocking, half] = point;
    const count = times(point);
    if (count > 1 && half === null) squares = null;
    if (squares === null) break;
    // A half width is t · s / √n.
    const variance = count > 1 ? count * (half! / student(count - 1)) ** 2 : 0;
    squares += (count - 1) * variance + count * (blocking! - mean) ** 2;
  }
  const half =
    squares === null || total < 2
      ? null
      : student(total - 1) * Math.sqrt(squares / (total - 1) / total);
  return [points[0]![0], mean, half, total, done];
};
