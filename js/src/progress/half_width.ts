// Intervals that a view shows: 95 % for a simulator, as reported for a program of the user's own; the
// same as in fusion_jupyter/progress/half_width.py, by tests/contracts/half_width.json.

import type { Point } from "../types.js";

const Z_95 = 1.959964;
/** The quantile of the normal distribution in reported half widths. */
const REPORTED = 1.645;
/** Student's t at few degrees of freedom, from 1. */
const FEW = [12.7062, 4.30265, 3.18245, 2.77645];

/** Student's t of a two-sided interval of 95 %, by its expansion for many degrees of freedom. */
export const student = (freedom: number): number => {
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

/** Whether intervals of this simulator are converted to 95 %. */
const isConverted = (simulator: string): boolean =>
  simulator === "embedded" || simulator === "fusion";

/** Confidence of a simulator's intervals in words; empty where only the program's author knows. */
export const confidence = (simulator: string): string =>
  isConverted(simulator) ? "95\u202f% confidence" : "";

/** Half width of the shown interval; null where there is none. */
export const halfWidth = (
  reported: number | null,
  iterations: number,
  simulator: string,
): number | null => {
  if (reported === null || reported < 0) return null;
  if (!isConverted(simulator)) return reported;
  if (iterations < 2) return null;
  const half = (reported * student(iterations - 1)) / REPORTED;
  return Number.isFinite(half) ? half : null;
};

/** Points as a view shows them. */
export const shown = (points: readonly Point[], simulator: string): Point[] =>
  points.map(([erlang, blocking, ci, iterations, done]) => [
    erlang,
    blocking,
    halfWidth(ci, iterations, simulator),
    iterations,
    done,
  ]);
