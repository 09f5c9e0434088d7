// The table of output files: live, sorted, filtered, with a preview and the line that loads a file.

import type { FileInfo } from "../types.js";
import { copyButton, h, setAttribute, setText, show } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";
import { FilesModel, folderOf, isFolder, type Row, type SortKey } from "./files_model.js";
import { preview, readAll } from "./preview.js";
import type { RunFiles } from "./run_files.js";

const ROW_HEIGHT = 26;
const MOST_VISIBLE = 9;
const SHOW_MS = 1000;
const LONGEST_PAUSE_MS = 20_000;
const COLUMNS: [SortKey, string, string][] = [
  ["path", "File", ""],
  ["size", "Size", "fj-right"],
  ["modified", "Changed", "fj-right"],
  ["kind", "Kind", ""],
];

export interface FilesOwner {
  readonly id: string;
  files(): Promise<RunFiles>;
  /** All output files; `show` gets those that are known so far. */
  list(show: (known: FileInfo[]) => void): Promise<FileInfo[]>;
  now(): number;
  /** No more files will come. */
  ended(): boolean;
}

/** The line of Python that loads a file. */
export const loadLine = (id: string, path: string): string =>
  `fj.run("${id}").load(${JSON.stringify(path)})`;

export class FilesPane {
  readonly element: HTMLElement;
  readonly model = new FilesModel();
  private readonly filter = h("input", {
    type: "text",
    class: "fj-input fj-filter",
    placeholder: "Filter files",
    "aria-label": "Filter files",
  });
  private readonly summary = h("span", { class: "fj-lines" });
  private readonly problem = h("span", { class: "fj-problem", role: "status" });
  private readonly head = h("div", { class: "fj-file fj-file-head", role: "row" });
  private readonly body = h("div", {
    class: "fj-files-body",
    role: "rowgroup",
    tabindex: 0,
    "aria-label": "Files of this run",
  });
  private readonly layer = h("div", { class: "fj-files-rows", role: "presentation" });
  private readonly space = h("div", { role: "presentation" });
  private readonly detail = h("div", { class: "fj-detail", hidden: true });
  private readonly code = h("code", { class: "fj-code" });
  private readonly look = h("div", {
    class: "fj-preview",
    tabindex: 0,
    role: "region",
    "aria-label": "Preview",
    hidden: true,
  });
  private readonly open: HTMLButtonElement;
  private selected: FileInfo | null = null;
  private opened: string | null = null;
  private revoke: () => void = () => undefined;
  private listing = false;
  private again = false;
  private took = 0;
  private version = -1;
  private readonly redraw = onFrame(() => this.draw());

  constructor(private readonly owner: FilesOwner) {
    this.open = h(
      "button",
      { type: "button", class: "fj-button", "aria-expanded": "false" },
      "Preview",
    );
    const download = h("button", { type: "button", class: "fj-button" }, "Download");
    const copy = copyButton("Copy", () => this.code.textContent ?? "", {
      "aria-label": "Copy the line that loads this file",
    });
    this.detail.append(this.code, h("span", { class: "fj-space" }), copy, this.open, download);
    for (const [key, label, style] of COLUMNS) {
      const button = h(
        "button",
        { type: "button", class: "fj-sort", click: () => this.sort(key) },
        label,
      );
      this.head.append(h("div", { role: "columnheader", class: style, "data-key": key }, button));
    }
    this.body.append(this.layer, this.space);
    const table = h(
      "div",
      { class: "fj-files-table", role: "table", "aria-label": "Output files" },
      h("div", { role: "rowgroup" }, this.head),
      this.body,
    );
    const tools = h(
      "div",
      { class: "fj-tools fj-files-tools" },
      h("b", {}, "Files"),
      this.summary,
      this.problem,
      h("span", { class: "fj-space" }),
      this.filter,
    );
    this.element = h("div", { class: "fj-files" }, tools, table, this.detail, this.look);
    this.filter.addEventListener("input", () => {
      this.model.filter = this.filter.value;
      this.model.arrange();
      this.redraw();
    });
    this.body.addEventListener("scroll", this.redraw, { passive: true });
    this.body.addEventListener("keydown", (event) => this.onKey(event));
    this.open.addEventListener("click", () => void this.toggleLook());
    download.addEventListener("click", () => void this.download());
    this.markSort();
    this.draw();
  }

  /** The output has changed: list it again, but never in a way that keeps the server busy. */
  update(version: number): void {
    if (version === this.version) return;
    this.version = version;
    void this.list();
  }

  refreshAges(): void {
    this.redraw();
  }

  dispose(): void {
    this.revoke();
  }

  private async list(): Promise<void> {
    if (this.listing) {
      this.again = true;
      return;
    }
    this.listing = true;
    do {
      this.again = false;
      const start = performance.now();
      try {
        let shown = start;
        const found = await this.owner.list((known) => {
          // A long list is shown as far as it is known, unless a longer one stands there.
          if (performance.now() - shown < SHOW_MS || known.length < this.model.files.length) return;
          shown = performance.now();
          this.model.set(known);
          setText(this.problem, "listing…");
          this.redraw();
        });
        this.model.set(found);
        setText(this.problem, "");
        if (this.selected) {
          const path = this.selected.path;
          this.select(found.find((file) => file.path === path) ?? null);
        }
      } catch (error) {
        setText(this.problem, error instanceof Error ? error.message : String(error));
      }
      this.redraw();
      this.took = performance.now() - start;
      // A listing that takes long is made less often while the run goes.
      const next = performance.now() + Math.min(LONGEST_PAUSE_MS, Math.max(500, 10 * this.took));
      while (this.again && performance.now() < next && !this.owner.ended()) {
        await new Promise((done) => setTimeout(done, 250));
      }
    } while (this.again);
    this.listing = false;
  }

  private sort(key: SortKey): void {
    this.model.sortBy(key);
    this.markSort();
    this.redraw();
  }

  private markSort(): void {
    for (const cell of this.head.children) {
      const mine = (cell as HTMLElement).dataset.key === this.model.sortKey;
      setAttribute(
        cell,
        "aria-sort",
        mine ? (this.model.descending ? "descending" : "ascending") : null,
      );
    }
  }

  private draw(): void {
    const { rows, files } = this.model;
    const size = files.reduce((sum, file) => sum + file.size, 0);
    setText(
      this.summary,
      files.length
        ? `${format.count(files.length)} · ${format.bytes(size)}`
        : this.owner.ended()
          ? "none"
          : "none yet",
    );
    show(this.head.parentElement!, files.length > 0);
    show(this.filter, files.length > 8);
    const height = Math.min(rows.length, MOST_VISIBLE) * ROW_HEIGHT;
    this.body.style.height = `${height}px`;
    this.space.style.height = `${rows.length * ROW_HEIGHT}px`;
    const first = Math.floor(this.body.scrollTop / ROW_HEIGHT);
    const count = Math.min(rows.length - first, MOST_VISIBLE + 2);
    this.layer.style.transform = `translateY(${first * ROW_HEIGHT}px)`;
    const shown: HTMLElement[] = [];
    for (let index = 0; index < count; index += 1)
      shown.push(this.row(rows[first + index]!, first + index));
    const focused = this.layer.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.path
      : undefined;
    this.layer.replaceChildren(...shown);
    if (focused !== undefined) this.button(focused)?.focus({ preventScroll: true });
  }

  private button(path: string): HTMLElement | null {
    return this.layer.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
  }

  private row(row: Row, index: number): HTMLElement {
    const cell = (text: string, style = "") =>
      h("div", { role: "cell", class: style || null }, text);
    if (isFolder(row)) {
      const closed = this.model.isClosed(row.folder);
      const button = h(
        "button",
        {
          type: "button",
          class: "fj-open fj-folder",
          "data-path": row.folder,
          "aria-expanded": String(!closed),
          click: () => {
            this.model.toggle(row.folder);
            this.draw();
          },
        },
        `${closed ? "▸" : "▾"} ${row.folder.slice(this.model.common.length)}`,
      );
      return h(
        "div",
        { class: "fj-file", role: "row" },
        h("div", { role: "cell" }, button),
        cell(format.bytes(row.size), "fj-right"),
        cell(""),
        cell(`${format.count(row.files)} files`),
      );
    }
    const folder =
      this.model.sortKey === "path" && !this.model.filter ? folderOf(row.path) : this.model.common;
    const selected = this.selected?.path === row.path;
    const button = h(
      "button",
      {
        type: "button",
        class: "fj-open",
        title: row.path,
        "data-path": row.path,
        "aria-pressed": String(selected),
        click: () => this.select(selected ? null : row),
      },
      row.path.slice(Math.min(folder.length, this.shownFrom(row))),
    );
    return h(
      "div",
      { class: `fj-file${selected ? " fj-selected" : ""}${index % 2 ? "" : ""}`, role: "row" },
      h("div", { role: "cell" }, button),
      cell(format.bytes(row.size), "fj-right"),
      cell(format.ago(Math.max(0, this.owner.now() - row.modified)), "fj-right"),
      cell(row.kind),
    );
  }

  // Without folder rows a file keeps the last folder's name, so that it is clear what it belongs to.
  private shownFrom(row: FileInfo): number {
    const { common, hasFolders } = this.model;
    if (hasFolders) return folderOf(row.path).length;
    return common ? folderOf(common.slice(0, -1)).length : 0;
  }

  private select(file: FileInfo | null): void {
    const changed = file?.path !== this.selected?.path;
    this.selected = file;
    show(this.detail, file !== null);
    if (file) setText(this.code, loadLine(this.owner.id, file.path));
    if (changed && this.opened !== null) {
      if (file) void this.fillLook(file);
      else this.closeLook();
    }
    this.redraw();
  }

  private async toggleLook(): Promise<void> {
    if (this.opened !== null || !this.selected) this.closeLook();
    else await this.fillLook(this.selected);
  }

  private closeLook(): void {
    this.opened = null;
    this.revoke();
    this.look.replaceChildren();
    show(this.look, false);
    setText(this.open, "Preview");
    setAttribute(this.open, "aria-expanded", "false");
  }

  private async fillLook(file: FileInfo): Promise<void> {
    this.opened = file.path;
    show(this.look, true);
    setText(this.open, "Close preview");
    setAttribute(this.open, "aria-expanded", "true");
    this.look.replaceChildren(h("p", { class: "fj-note" }, "Reading…"));
    try {
      const made = await preview(await this.owner.files(), file);
      if (this.opened !== file.path) return made.revoke();
      this.revoke();
      this.revoke = made.revoke;
      this.look.replaceChildren(made.element);
    } catch (error) {
      this.look.replaceChildren(
        h("p", { class: "fj-problem" }, error instanceof Error ? error.message : String(error)),
      );
    }
  }

  private async download(): Promise<void> {
    const file = this.selected;
    if (!file) return;
    try {
      const files = await this.owner.files();
      const path = `output/${file.path}`;
      const address = files.url(path);
      if (address) {
        save(`${address}?download=1`, file.path);
        return;
      }
      const bytes = await readAll(files, path, file.size);
      const made = URL.createObjectURL(new Blob([bytes as BlobPart]));
      save(made, file.path);
      setTimeout(() => URL.revokeObjectURL(made), 60_000);
    } catch (error) {
      setText(this.problem, error instanceof Error ? error.message : String(error));
    }
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const files = this.model.rows.filter((row): row is FileInfo => !isFolder(row));
    const at = files.findIndex((file) => file.path === this.selected?.path);
    const next = files[Math.max(0, Math.min(files.length - 1, at < 0 ? 0 : at + step))];
    if (!next) return;
    const index = this.model.rows.indexOf(next);
    const top = index * ROW_HEIGHT;
    if (top < this.body.scrollTop) this.body.scrollTop = top;
    else if (top + ROW_HEIGHT > this.body.scrollTop + this.body.clientHeight) {
      this.body.scrollTop = top + ROW_HEIGHT - this.body.clientHeight;
    }
    this.select(next);
    this.draw();
    this.button(next.path)?.focus({ preventScroll: true });
  }
}

const save = (address: string, path: string): void => {
  const link = h("a", { href: address, download: path.split("/").at(-1) });
  document.body.append(link);
  link.click();
  link.remove();
};
