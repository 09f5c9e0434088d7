// A preview of a file: a table, text, or the picture itself. Files are untrusted: their content only
// becomes text nodes, an image, or a document in the browser's own viewer.

import { html, nothing, type TemplateResult } from "lit-html";
import { visible } from "../log/ansi.js";
import { type Grid, OUTPUT_FOLDER, PREVIEW_COLUMNS, PREVIEW_ROWS } from "../types.js";
import * as format from "../ui/format.js";
import { markdown } from "./markdown.js";
import { type FileInfo, type RunFiles, readAll } from "./run_files.js";
import { separated, tabulate } from "./tabulate.js";

const HEAD_BYTES = 256 * 1024;
const WHOLE_JSON = 4 * 1024 * 1024;
const WHOLE_IMAGE = 16 * 1024 * 1024;
const WHOLE_PDF = 32 * 1024 * 1024;
const PDF = "application/pdf";
const MOST_CELL = 120;
const TEXT_CHARACTERS = 20_000;

/** Tables and arrays in binary forms, which the kernel reads. */
const BINARY = new Set(["npy", "parquet"]);

const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

export interface Preview {
  content: TemplateResult;
  /** Release its resources. */
  revoke(): void;
}

const note = (text: string): TemplateResult | typeof nothing =>
  text ? html`<p class="fj-note">${text}</p>` : nothing;

const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return visible(text.length > MOST_CELL ? `${text.slice(0, MOST_CELL)}…` : text);
};

const tableOf = (
  { columns, rows, total_rows: totalRows, total_columns: totalColumns }: Grid,
  part: string,
): TemplateResult => {
  // Names with mixed values are aligned left; a column of numbers is aligned right.
  const styles = columns.map((_, index) =>
    rows.every((row) => typeof (row[index] ?? 0) === "number") ? "fj-right" : "",
  );
  const limits = [
    totalRows > rows.length && `the first ${PREVIEW_ROWS} of ${format.count(totalRows)} rows`,
    totalColumns > columns.length &&
      `the first ${PREVIEW_COLUMNS} of ${format.count(totalColumns)} columns`,
    part,
  ].filter(Boolean);
  const head = columns.map(
    (name, index) => html`<th scope="col" class=${styles[index]!}>${visible(name)}</th>`,
  );
  const body = rows.map(
    (row) =>
      html`<tr>${columns.map(
        (_, index) => html`<td class=${styles[index]!}>${cellText(row[index])}</td>`,
      )}</tr>`,
  );
  return html`<div><table class="fj-preview-table">
    <thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>${note(limits.join("; "))}</div>`;
};

const textOf = (text: string, words: string): TemplateResult =>
  html`<div><pre class="fj-preview-text">${visible(text.slice(0, TEXT_CHARACTERS))}</pre>
    ${note(words)}</div>`;

const still = (content: TemplateResult): Preview => ({ content, revoke: () => undefined });

/** A file as something that the browser shows from an address; the type is ours, not the file's. */
const whole = async (
  files: RunFiles,
  file: FileInfo,
  type: string,
  show: (address: string) => TemplateResult,
): Promise<Preview> => {
  if (file.size > (type === PDF ? WHOLE_PDF : WHOLE_IMAGE)) {
    return still(html`${note("This file is too large for a preview.")}`);
  }
  const bytes = await readAll(files, `${OUTPUT_FOLDER}/${file.path}`);
  const address = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
  return { content: show(address), revoke: () => URL.revokeObjectURL(address) };
};

// An image element does not run scripts, not even those in an SVG file.
const image = (file: FileInfo) => (address: string) =>
  html`<img class="fj-preview-image" src=${address} alt=${file.path} />`;

const pages = (file: FileInfo) => (address: string) =>
  html`<object class="fj-preview-pdf" type=${PDF} data=${address} aria-label=${file.path}>
    ${note("This browser shows no PDF inside of a page; download it.")}</object>`;

/** The preview of a text file; `part` says how much of it was read, empty for all. */
export const textPreview = (extension: string, text: string, part: string): TemplateResult => {
  if (extension === "json" && !part) {
    try {
      return tableOf(tabulate(JSON.parse(text)), "");
    } catch {
      // A file that is being rewritten can be incomplete for a moment.
      return textOf(text, "Not complete JSON at this moment; this is its text.");
    }
  }
  if (extension === "md" || extension === "markdown") {
    return html`<div>${markdown(text.slice(0, TEXT_CHARACTERS))}${note(part)}</div>`;
  }
  if (extension === "csv") return tableOf(separated(text, ","), part);
  if (extension === "tsv") return tableOf(separated(text, "\t"), part);
  const cut = text.length > TEXT_CHARACTERS;
  return textOf(text, cut ? `The first ${format.count(TEXT_CHARACTERS)} characters` : part);
};

/** The preview of a file. */
export const preview = async (
  files: RunFiles,
  file: FileInfo,
  table: (path: string) => Promise<Grid>,
): Promise<Preview> => {
  const extension = file.path.split(".").at(-1)!.toLowerCase();
  if (Object.hasOwn(IMAGES, extension)) {
    return whole(files, file, IMAGES[extension]!, image(file));
  }
  if (extension === "pdf") return whole(files, file, PDF, pages(file));
  if (BINARY.has(extension)) return still(tableOf(await table(file.path), ""));
  const wanted = extension === "json" && file.size <= WHOLE_JSON ? WHOLE_JSON : HEAD_BYTES;
  const { bytes, size } = await files.read(`${OUTPUT_FOLDER}/${file.path}`, 0, wanted);
  if (bytes.subarray(0, 4096).includes(0)) {
    return still(html`${note(`Binary data, ${format.bytes(size)}: no preview.`)}`);
  }
  const read = format.bytes(bytes.length);
  const part = size > bytes.length ? `The first ${read} of ${format.bytes(size)}` : "";
  const text = new TextDecoder().decode(bytes);
  return still(textPreview(extension, text, part));
};
