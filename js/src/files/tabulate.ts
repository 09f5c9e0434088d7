// Convert a file's text to columns and rows, only as many as a preview shows: even a small file can
// describe an enormous table.

import { type Grid, PREVIEW_COLUMNS, PREVIEW_ROWS } from "../types.js";
import { isObject } from "../ui/values.js";

export type { Grid };

const grid = (columns: string[], rows: unknown[][], totalRows: number): Grid => ({
  columns: columns.slice(0, PREVIEW_COLUMNS),
  rows,
  total_rows: totalRows,
  total_columns: columns.length,
});

/** Columns and rows of a JSON value: a list of objects, an object of objects, or name and value. */
export const tabulate = (value: unknown): Grid => {
  if (Array.isArray(value)) {
    const first = value.slice(0, PREVIEW_ROWS);
    if (first.length > 0 && first.every(isObject)) {
      const columns = [...new Set(first.flatMap((row) => Object.keys(row)))];
      const shown = columns.slice(0, PREVIEW_COLUMNS);
      return grid(
        columns,
        first.map((row) => shown.map((name) => row[name])),
        value.length,
      );
    }
    return grid(
      ["#", "value"],
      first.map((item, index) => [index, item]),
      value.length,
    );
  }
  if (isObject(value)) {
    const entries = Object.entries(value);
    return grid(["name", "value"], entries.slice(0, PREVIEW_ROWS), entries.length);
  }
  return grid(["value"], [[value]], 1);
};

/** Columns and rows of separated values, with a header row; quotes may contain separators. */
export const separated = (text: string, separator: string): Grid => {
  const [columns = [], ...rows] = fields(text, separator, PREVIEW_ROWS + 1);
  return grid(
    columns,
    rows.map((row) => row.slice(0, PREVIEW_COLUMNS)),
    rows.length,
  );
};

/** The fields of the first lines. */
export const fields = (text: string, separator: string, most: number): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let quoted = false;
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const character = text[at]!;
    if (quoted) {
      const twice = character === '"' && text[at + 1] === '"';
      if (twice) at += 1;
      if (twice || character !== '"') value += character;
      else quoted = false;
    } else if (character === '"' && value === "") quoted = true;
    else if (character === separator) {
      row.push(value);
      value = "";
    } else if (character === "\n") {
      row.push(value.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      value = "";
    } else value += character;
  }
  if (rows.length < most && (value !== "" || row.length > 0)) rows.push([...row, value]);
  return rows;
};
