// Layout of the points of one or two parameters in a grid, and moving in it.

import type { PointIdentity } from "../types.js";

// Larger grids are easier to read as a table.
const MOST_COLUMNS = 16;
const MOST_ROWS = 40;

export interface Grid {
  /** Parameter whose values are the columns. */
  across: string;
  /** Parameter whose values are the rows; null if there is only one parameter. */
  down: string | null;
  columns: string[];
  rows: string[];
  /** Number of the point in each cell, by row and column; null if there is none. */
  cells: (number | null)[][];
}

/** The grid of these points; null if they do not fit into a readable one. */
export const gridOf = (
  parameters: readonly string[],
  points: readonly PointIdentity[],
): Grid | null => {
  if (parameters.length < 1 || parameters.length > 2) return null;
  const valuesOf = (at: number): string[] => [...new Set(points.map(({ values }) => values[at]!))];
  let [down, across] = parameters.length === 2 ? [0, 1] : [null, 0];
  // The parameter with fewer values becomes the columns.
  if (down !== null && valuesOf(across).length > MOST_COLUMNS) [down, across] = [across, down];
  const columns = valuesOf(across);
  const rows = down === null ? [""] : valuesOf(down);
  if (columns.length > MOST_COLUMNS || rows.length > MOST_ROWS) return null;
  const cells: (number | null)[][] = rows.map(() => columns.map(() => null));
  for (const [index, { values }] of points.entries()) {
    const row = down === null ? 0 : rows.indexOf(values[down]!);
    cells[row]![columns.indexOf(values[across]!)] = index;
  }
  return {
    across: parameters[across]!,
    down: down === null ? null : parameters[down]!,
    columns,
    rows,
    cells,
  };
};

export type Spot = readonly [row: number, column: number];

/** Target of an arrow key in a grid; null for other keys. */
export const moved = (grid: Grid, [row, column]: Spot, key: string): Spot | null => {
  const lastRow = grid.rows.length - 1;
  const lastColumn = grid.columns.length - 1;
  switch (key) {
    case "ArrowLeft":
      return [row, Math.max(0, column - 1)];
    case "ArrowRight":
      return [row, Math.min(lastColumn, column + 1)];
    case "ArrowUp":
      return [Math.max(0, row - 1), column];
    case "ArrowDown":
      return [Math.min(lastRow, row + 1), column];
    case "Home":
      return [row, 0];
    case "End":
      return [row, lastColumn];
    default:
      return null;
  }
};
