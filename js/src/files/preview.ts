// A preview of a file: a table for JSON and CSV, text, or the picture itself.

import { html, nothing, type TemplateResult } from "lit-html";
import { visible } from "../log/ansi.js";
import * as format from "../ui/format.js";
import { type FileInfo, type RunFiles, readAll } from "./run_files.js";
import { type Grid, MOST_COLUMNS, MOST_ROWS, separated, tabulate } from "./tabulate.js";

const HEAD_BYTES = 256 * 1024;
const WHOLE_JSON = 4 * 1024 * 1024;
const WHOLE_IMAGE = 16 * 1024 * 1024;
const MOST_CELL = 120;
const TEXT_CHARACTERS = 20_000;

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
  { columns, rows, totalRows, totalColumns }: Grid,
  part: string,
): TemplateResult => {
  // Names with mixed values are aligned left; a column of numbers is aligned right.
  const styles = columns.map((_, index) =>
    rows.every((row) => typeof (row[index] ?? 0) === "number") ? "fj-right" : "",
  );
  const limits = [
    totalRows > rows.length && `the first ${MOST_ROWS} of ${format.count(totalRows)} rows`,
    totalColumns > columns.length &&
      `the first ${MOST_COLUMNS} of ${format.count(totalColumns)} columns`,
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

const image = async (files: RunFiles, file: FileInfo, type: string): Promise<Preview> => {
  if (file.size > WHOLE_IMAGE) {
    const content = html`${note("This picture is too large for a preview.")}`;
    return { content, revoke: () => undefined };
  }
  const bytes = await readAll(files, `output/${file.path}`);
  // An image element does not run scripts, not even those in an SVG file.
  const address = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
  return {
    content: html`<img class="fj-preview-image" src=${address} alt=${file.path} />`,
    revoke: () => URL.revokeObjectURL(address),
  };
};

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
  if (extension === "csv") return tableOf(separated(text, ","), part);
  if (extension === "tsv") return tableOf(separated(text, "\t"), part);
  const cut = text.length > TEXT_CHARACTERS;
  return textOf(text, cut ? `The first ${format.count(TEXT_CHARACTERS)} characters` : part);
};

/** The preview of a file. */
export const preview = async (files: RunFiles, file: FileInfo): Promise<Preview> => {
  const extension = file.path.split(".").at(-1)!.toLowerCase();
  if (Object.hasOwn(IMAGES, extension)) return image(files, file, IMAGES[extension]!);
  const wanted = extension === "json" && file.size <= WHOLE_JSON ? WHOLE_JSON : HEAD_BYTES;
  const { bytes, size } = await files.read(`output/${file.path}`, 0, wanted);
  const revoke = (): void => undefined;
  if (bytes.subarray(0, 4096).includes(0)) {
    return { content: html`${note(`Binary data, ${format.bytes(size)}: no preview.`)}`, revoke };
  }
  const read = format.bytes(bytes.length);
  const part = size > bytes.length ? `The first ${read} of ${format.bytes(size)}` : "";
  const text = new TextDecoder().decode(bytes);
  return { content: textPreview(extension, text, part), revoke };
};
