// The rows of the log on the screen.

import { type ListOptions, ListWindow } from "../ui/list_window.js";
import { isBanner } from "./banner.js";
import { fillRow, LINE_HEIGHT } from "./log_row.js";
import { LogSelection } from "./log_selection.js";
import type { LogStore } from "./log_store.js";

/** Content of a row. */
interface Shown {
  line: number;
  text: string | undefined;
  lit: RegExp | null;
  banner: boolean;
}

export class LogView {
  readonly list: ListWindow;
  readonly selection: LogSelection;
  private readonly shown = new WeakMap<HTMLElement, Shown>();
  private pattern: RegExp | null = null;
  private searched = 0;
  private marked = -1;
  private changed = false;

  constructor(
    private readonly store: LogStore,
    moved: () => void,
  ) {
    const options: ListOptions = {
      rowHeight: LINE_HEIGHT,
      follow: true,
      total: () => store.count,
      fill: (row, line) => this.fill(row, line),
      want: (first, last) => store.want(first, last),
      drawn: () => this.drawn(),
      moved,
      attributes: { role: "log", "aria-label": "Log", "aria-live": "off" },
      styles: { window: "fj-log-view", rows: "fj-log-rows", row: "fj-row" },
    };
    this.list = new ListWindow(options);
    const { element, rows } = this.list;
    this.selection = new LogSelection(element, rows, store, (by) => this.list.scrollBy(by));
  }

  get element(): HTMLElement {
    return this.list.element;
  }

  /** Highlight this pattern's matches, and mark one line as the current one. */
  highlight(pattern: RegExp | null, marked: number): void {
    if (pattern !== this.pattern) this.searched = 0;
    this.pattern = pattern;
    this.marked = marked;
    this.list.redraw();
  }

  /** Number of lines on which the pattern is known to be fast: only these are highlighted. */
  highlightUpTo(lines: number): void {
    this.searched = lines;
    this.list.redraw();
  }

  dispose(): void {
    this.list.dispose();
    this.selection.dispose();
  }

  private fill(row: HTMLElement, line: number): void {
    const text = this.store.line(line);
    const lit = line < this.searched ? this.pattern : null;
    const before = this.shown.get(row);
    const banner = isBanner(text, this.store.line(line - 1), this.store.line(line + 1));
    const same = before?.line === line && before.text === text && before.banner === banner;
    if (!same || before.lit !== lit) {
      fillRow(row, text ?? "", lit);
      row.classList.toggle("fj-banner", banner);
      row.dataset.line = String(line + 1);
      row.classList.toggle("fj-missing", text === undefined);
      this.shown.set(row, { line, text, lit, banner });
      this.changed = true;
    }
    row.classList.toggle("fj-current", line === this.marked);
  }

  private drawn(): void {
    const digits = Math.max(2, String(this.store.count).length);
    this.element.style.setProperty("--fj-digits", String(digits));
    if (this.changed) this.selection.restore();
    this.changed = false;
  }
}
