// Intervals that a view shows: 95 %, from what a program reports; the same as in
// fusion_jupyter/progress/half_width.py, by tests/contracts/half_width.json.

import type { Point } from "../types.js";

const Z_95 = 1.959964;
/** The quantile of the normal distribution in reported half widths. */
const REPORTED = 1.645;
/** Student's t at few degrees of freedom, from 1. */
const FEW = [12.7062, 4.30265, 3.18245, 2.77645];

/** Student's t of a two-sided interval of 95 %, by its expansion for many degrees of freedom. */
const student = (freedom: number): number => {
  const z = Z_95;
  const few = FEW[freedom - 1];
  if (few !== undefined) return few;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
};

/** Half width of the 95 % interval; null where there is none. */
export const halfWidth = (reported: number | null, iterations: number): number | null => {
  if (reported === null || iterations < 2) return null;
  const half = (reported * student(iterations - 1)) / REPORTED;
  return Number.isFinite(half) ? half : null;
};

/** Points as a view shows them. */
export const shown = (points: readonly Point[]): Point[] =>
  points.map(([erlang, blocking, ci, iterations, done]) => [
    erlang,
    blocking,
    halfWidth(ci, iterations),
    iterations,
    done,
  ]);
