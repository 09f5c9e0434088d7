// The curves of all points as series of one chart: the column of a point gives the shade of its
// curve, its row the dashes of the line. The grid's headers are the legend.

import type { Series } from "../charts/blocking_chart.js";
import type { Grid } from "./grid_model.js";
import type { SweepPoint } from "./sweep_client.js";
import { placeText } from "./wording.js";

// More dash patterns than this cannot be distinguished.
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];

/** Strength of the colour of a column's curves, from 0 to 1. */
export const shadeOf = (column: number, columns: number): number =>
  columns > 1 ? column / (columns - 1) : 1;

/** Dashes of a row's curves; with many rows all are solid. */
export const dashOf = (row: number, rows: number): string =>
  rows <= DASHES.length ? DASHES[row]! : "";

/** Curves of the points that have one. */
export const curvesOf = (
  points: readonly SweepPoint[],
  names: readonly string[],
  grid: Grid | null,
): Series[] => {
  const looks = new Map<number, Pick<Series, "shade" | "dash">>();
  for (const [row, cells] of (grid?.cells ?? []).entries()) {
    for (const [column, index] of cells.entries()) {
      if (index === null) continue;
      const dash = dashOf(row, grid!.rows.length);
      looks.set(index, { shade: shadeOf(column, cells.length), dash });
    }
  }
  return points.flatMap(({ run, values, state }, index) => {
    const known = state?.points ?? [];
    if (!known.some((point) => point[1] !== null)) return [];
    return [{ points: known, label: placeText(names, values), key: run, ...looks.get(index) }];
  });
};
