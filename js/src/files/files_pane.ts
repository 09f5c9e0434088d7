// The table of output files: live, sorted, filtered, with a preview and the code that loads a file.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { type Grid, OUTPUT_FOLDER } from "../types.js";
import { copyAndSay } from "../ui/copy.js";
import { h, messageOf } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";
import { type Column, Table } from "../ui/table.js";
import { FilesModel, FOLDED_ROWS, isFolder, type Row, type SortKey } from "./files_model.js";
import type { Listed } from "./listing.js";
import { PreviewPane } from "./preview_pane.js";
import { type FileInfo, type RunFiles, readAll } from "./run_files.js";

const ROW_HEIGHT = 26;
const MOST_VISIBLE = 9;
const FEW_FILES = 8;
const SHOW_MS = 1000;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

export interface FilesOwner {
  readonly id: string;
  files(): Promise<RunFiles>;
  /** All output files; `show` receives those known so far. */
  list(show: (known: FileInfo[]) => void): Promise<Listed>;
  /** The first rows of a binary file that holds a table or an array. */
  table(path: string): Promise<Grid>;
  now(): number;
  /** Whether no more files will appear. */
  ended(): boolean;
}

/** The line of Python that loads a file. */
export const loadLine = (id: string, path: string): string =>
  `fj.run("${id}").load(${JSON.stringify(path)})`;

export class FilesPane {
  readonly element: HTMLElement;
  readonly model = new FilesModel();
  private readonly tools = h("div", { class: "fj-tools fj-files-tools" });
  private readonly more = h("div", { class: "fj-more", hidden: true });
  private readonly detail = h("div", { class: "fj-detail", hidden: true });
  private readonly preview: PreviewPane;
  private readonly table: Table<Row, SortKey>;
  private selected: FileInfo | null = null;
  private problem = "";
  private copied = "";
  private listing = false;
  private again = false;
  private version = -1;
  private readonly redraw = onFrame(() => this.draw());

  constructor(private readonly owner: FilesOwner) {
    this.preview = new PreviewPane(
      () => owner.files(),
      (path) => owner.table(path),
    );
    this.table = new Table<Row, SortKey>(this.model, {
      label: "Output files",
      bodyLabel: "Files of this run",
      columns: this.columns(),
      rowHeight: ROW_HEIGHT,
      mostRows: MOST_VISIBLE,
      key: (row) => (isFolder(row) ? row.folder : row.path),
      style: (row) => (!isFolder(row) && row.path === this.selected?.path ? "fj-selected" : ""),
      step: (direction) => this.step(direction),
    });
    this.element = h(
      "div",
      { class: "fj-files" },
      this.tools,
      this.table.element,
      this.more,
      this.detail,
      this.preview.element,
    );
    this.draw();
  }

  /** The output has changed: list it again, without keeping the server busy. */
  update(version: number): void {
    if (version === this.version) return;
    this.version = version;
    void this.list();
  }

  refreshAges(): void {
    this.redraw();
  }

  dispose(): void {
    this.preview.close();
    this.table.dispose();
  }

  private columns(): Column<Row, SortKey>[] {
    const { model } = this;
    const age = (file: FileInfo) => format.ago(Math.max(0, this.owner.now() - file.modified));
    return [
      {
        key: "path",
        // The total of the rows is in the header and takes no row of its own.
        get label() {
          const size = model.items.reduce((sum, file) => sum + file.size, 0);
          const count = model.items.length;
          return `${format.count(count)} file${count === 1 ? "" : "s"} · ${format.bytes(size)}`;
        },
        cell: (row) => this.name(row),
      },
      { key: "size", label: "Size", style: "fj-right", cell: (row) => format.bytes(row.size) },
      {
        key: "modified",
        label: "Changed",
        style: "fj-right",
        cell: (row) => (isFolder(row) ? "" : age(row)),
      },
      {
        key: "kind",
        label: "Kind",
        cell: (row) => (isFolder(row) ? `${format.count(row.files)} files` : row.kind),
      },
    ];
  }

  private name(row: Row): TemplateResult {
    if (isFolder(row)) {
      const closed = this.model.isClosed(row.folder);
      const toggle = () => {
        this.model.toggle(row.folder);
        this.draw();
      };
      return html`<button type="button" class="fj-open fj-folder" data-key=${row.folder}
        aria-expanded=${String(!closed)} aria-pressed=${nothing} title=${row.folder}
        @click=${toggle}>${closed ? "▸" : "▾"} ${row.folder.slice(this.model.common.length)}</button>`;
    }
    const selected = this.selected?.path === row.path;
    return html`<button type="button" class="fj-open" data-key=${row.path} title=${row.path}
      aria-expanded=${nothing} aria-pressed=${String(selected)}
      @click=${() => this.select(selected ? null : row)}>${this.model.shownName(row)}</button>`;
  }

  private draw(): void {
    const { model } = this;
    const { items } = model;
    const none = this.owner.ended() ? "No files" : "No files yet";
    const few = model.folded || items.length <= FEW_FILES;
    render(
      html`<span ?hidden=${items.length > 0}>${none}</span>
        <span class="fj-problem" role="status">${this.problem}</span><span class="fj-space"></span>
        <input type="text" class="fj-input fj-filter" placeholder="Filter files"
          aria-label="Filter files" ?hidden=${few} @input=${this.onFilter} />`,
      this.tools,
    );
    this.tools.hidden = items.length > 0 && few && this.problem === "";
    const hidden = model.hiddenFiles;
    const unfold = () => {
      model.fold(!model.folded);
      this.draw();
    };
    render(
      html`<button type="button" class="fj-unfold" aria-expanded=${String(!model.folded)}
        @click=${unfold}>${model.folded ? `${format.count(hidden)} more` : "Show fewer"}</button>`,
      this.more,
    );
    this.more.hidden = model.folded ? hidden === 0 : items.length <= FOLDED_ROWS + 1;
    render(this.detailTemplate(), this.detail);
    this.detail.hidden = this.selected === null;
    this.table.draw();
  }

  private detailTemplate(): TemplateResult | typeof nothing {
    const file = this.selected;
    if (!file) return nothing;
    const line = loadLine(this.owner.id, file.path);
    const open = this.preview.isOpen;
    return html`<code class="fj-code">${line}</code><span class="fj-space"></span>
      <button type="button" class="fj-button" aria-label="Copy the line that loads this file"
        @click=${() => this.copy(line)}>${this.copied || "Copy"}</button>
      <button type="button" class="fj-button" aria-expanded=${String(open)}
        @click=${() => this.togglePreview()}>${open ? "Close preview" : "Preview"}</button>
      <button type="button" class="fj-button" 
        @click=${() => void this.download(file)}>Download</button>`;
  }

  private readonly onFilter = (event: InputEvent): void => {
    this.model.setFilter((event.target as HTMLInputElement).value);
    this.redraw();
  };

  private async list(): Promise<void> {
    if (this.listing) {
      this.again = true;
      return;
    }
    this.listing = true;
    do {
      this.again = false;
      const start = performance.now();
      await this.listOnce(start);
      // A slow listing is repeated less often while the run is executing.
      const took = performance.now() - start;
      const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, 10 * took));
      const next = performance.now() + pause;
      while (this.again && performance.now() < next && !this.owner.ended()) {
        await new Promise((done) => setTimeout(done, 250));
      }
    } while (this.again);
    this.listing = false;
  }

  private async listOnce(start: number): Promise<void> {
    let shown = start;
    try {
      const { files, note } = await this.owner.list((known) => {
        // A long list is shown as far as it is known, unless a longer one is already displayed.
        const soon = performance.now() - shown < SHOW_MS && this.model.items.length > 0;
        if (soon || known.length < this.model.items.length) return;
        shown = performance.now();
        this.model.set([...known]);
        this.problem = "listing…";
        this.redraw();
      });
      this.model.set(files);
      this.problem = note;
      const path = this.selected?.path;
      if (path) this.select(files.find((file) => file.path === path) ?? null);
    } catch (error) {
      this.problem = messageOf(error);
    }
    this.redraw();
  }

  private select(file: FileInfo | null): void {
    const changed = file?.path !== this.selected?.path;
    this.selected = file;
    if (changed && this.preview.isOpen) {
      if (file) void this.preview.open(file);
      else this.preview.close();
    }
    this.redraw();
  }

  private copy(line: string): void {
    copyAndSay(line, (words) => {
      this.copied = words;
      this.redraw();
    });
  }

  private togglePreview(): void {
    if (this.preview.isOpen || !this.selected) this.preview.close();
    else void this.preview.open(this.selected);
    this.draw();
  }

  private step(direction: 1 | -1): void {
    const next = this.model.neighbour(this.selected?.path, direction);
    if (!next) return;
    this.select(next);
    this.table.focus(next.path);
  }

  private async download(file: FileInfo): Promise<void> {
    try {
      const files = await this.owner.files();
      const path = `${OUTPUT_FOLDER}/${file.path}`;
      const address = await files.url(path);
      if (address) {
        save(`${address}?download=1`, file.path);
        return;
      }
      const bytes = await readAll(files, path);
      const made = URL.createObjectURL(new Blob([bytes as BlobPart]));
      save(made, file.path);
      setTimeout(() => URL.revokeObjectURL(made), 60_000);
    } catch (error) {
      this.problem = messageOf(error);
      this.redraw();
    }
  }
}

const save = (address: string, path: string): void => {
  const link = h("a", { href: address, download: path.split("/").at(-1) });
  document.body.append(link);
  link.click();
  link.remove();
};
