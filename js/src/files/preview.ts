// A look into a file: a table for JSON and CSV, text, or the picture itself.

import { visible } from "../log/ansi.js";
import type { FileInfo } from "../types.js";
import { h } from "../ui/dom.js";
import * as format from "../ui/format.js";
import type { RunFiles } from "./run_files.js";

const HEAD_BYTES = 256 * 1024;
const WHOLE_JSON = 4 * 1024 * 1024;
const WHOLE_IMAGE = 16 * 1024 * 1024;
const MOST_ROWS = 200;
const MOST_COLUMNS = 40;
const MOST_CELL = 120;
const TEXT_CHARACTERS = 20_000;

const IMAGES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

type Cell = string | number | boolean | null;

const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return visible(text.length > MOST_CELL ? `${text.slice(0, MOST_CELL)}…` : text);
};

const table = (columns: string[], rows: unknown[][], note: string): HTMLElement => {
  const shown = columns.slice(0, MOST_COLUMNS);
  // Names with values of all kinds read better from the left; a column of numbers from the right.
  const numeric = shown.map((_, index) =>
    rows.every((row) => typeof (row[index] ?? 0) === "number"),
  );
  const head = h(
    "tr",
    {},
    ...shown.map((name, index) =>
      h("th", { scope: "col", class: numeric[index] ? "fj-right" : null }, visible(name)),
    ),
  );
  const body = rows.slice(0, MOST_ROWS).map((row) => {
    const cells = shown.map((_, index) => {
      const value = row[index] as Cell;
      return h("td", { class: numeric[index] ? "fj-right" : null }, cellText(value));
    });
    return h("tr", {}, ...cells);
  });
  return h(
    "div",
    {},
    h("table", { class: "fj-preview-table" }, h("thead", {}, head), h("tbody", {}, ...body)),
    note ? h("p", { class: "fj-note" }, note) : null,
  );
};

/** Fields of one line of separated values; quotes may hold separators. */
export const separated = (text: string, separator: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (quoted) {
      if (character !== '"') value += character;
      else if (text[at + 1] === '"') value += text[(at += 1)];
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
      if (rows.length > MOST_ROWS) return rows;
    } else value += character;
  }
  if (value !== "" || row.length > 0) rows.push([...row, value]);
  return rows;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Columns and rows of a JSON value: a list of objects, an object of objects, or name and value. */
export const tabulate = (value: unknown): { columns: string[]; rows: unknown[][] } => {
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) {
    const columns = [...new Set(value.slice(0, MOST_ROWS).flatMap((row) => Object.keys(row)))];
    return { columns, rows: value.map((row) => columns.map((name) => row[name])) };
  }
  if (Array.isArray(value)) {
    return { columns: ["#", "value"], rows: value.map((item, index) => [index, item]) };
  }
  if (isRecord(value)) return { columns: ["name", "value"], rows: Object.entries(value) };
  return { columns: ["value"], rows: [[value]] };
};

const plain = (text: string, note: string): HTMLElement =>
  h(
    "div",
    {},
    h("pre", { class: "fj-preview-text" }, visible(text.slice(0, TEXT_CHARACTERS))),
    note ? h("p", { class: "fj-note" }, note) : null,
  );

/** The preview as an element; `revoke` frees what it holds. */
export const preview = async (
  files: RunFiles,
  file: FileInfo,
): Promise<{ element: HTMLElement; revoke(): void }> => {
  const path = `output/${file.path}`;
  const extension = file.path.split(".").at(-1)!.toLowerCase();
  const nothing = (): void => undefined;
  const type = IMAGES[extension];
  if (type) {
    if (file.size > WHOLE_IMAGE) {
      return {
        element: h("p", { class: "fj-note" }, "This picture is too large for a preview."),
        revoke: nothing,
      };
    }
    const bytes = await readAll(files, path, file.size);
    // An image element runs no scripts, also not those in an SVG file.
    const address = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
    const element = h("img", { class: "fj-preview-image", src: address, alt: file.path });
    return { element, revoke: () => URL.revokeObjectURL(address) };
  }
  const isJson = extension === "json";
  const wanted = isJson && file.size <= WHOLE_JSON ? WHOLE_JSON : HEAD_BYTES;
  const { bytes, size } = await files.read(path, 0, Math.min(wanted, Math.max(file.size, 1)));
  const text = new TextDecoder().decode(bytes);
  const part =
    size > bytes.length ? `The first ${format.bytes(bytes.length)} of ${format.bytes(size)}` : "";
  const element = ((): HTMLElement => {
    if (bytes.subarray(0, 4096).includes(0)) {
      return h("p", { class: "fj-note" }, `Binary data, ${format.bytes(size)}: no preview.`);
    }
    if (isJson && !part) {
      try {
        const { columns, rows } = tabulate(JSON.parse(text));
        const note =
          rows.length > MOST_ROWS
            ? `The first ${MOST_ROWS} of ${format.count(rows.length)} rows`
            : "";
        return table(columns, rows, note);
      } catch {
        // A file that is being rewritten can be torn for a moment.
        return plain(text, "Not complete JSON at this moment; this is its text.");
      }
    }
    if (extension === "csv" || extension === "tsv") {
      const [columns = [], ...rows] = separated(text, extension === "csv" ? "," : "\t");
      return table(columns, rows, rows.length >= MOST_ROWS ? `The first ${MOST_ROWS} rows` : part);
    }
    return plain(
      text,
      text.length > TEXT_CHARACTERS
        ? `The first ${format.count(TEXT_CHARACTERS)} characters`
        : part,
    );
  })();
  return { element, revoke: nothing };
};

/** A whole file, in pieces that no message is too large for. */
export const readAll = async (
  files: RunFiles,
  path: string,
  expected: number,
): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const { bytes, size } = await files.read(path, at, at + 1024 * 1024);
    pieces.push(bytes);
    at += bytes.length;
    if (bytes.length === 0 || at >= size) break;
  }
  const whole = new Uint8Array(Math.max(at, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  if (at < expected) return whole.slice(0, at);
  return whole;
};
