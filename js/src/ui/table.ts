// A table of any length: a header that sorts, and a window on its rows.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { h } from "./dom.js";
import { ListWindow } from "./list_window.js";

export type Cell = TemplateResult | string | number | typeof nothing;

export interface Column<R, K extends string> {
  key: K;
  label: string;
  /** A class for its cells, such as fj-right. */
  style?: string;
  /** Content of the header instead of a button that sorts. */
  head?(): Cell;
  /** Content of a row's cell; what can receive the focus there has a `data-key`. */
  cell(row: R): Cell;
}

/** The table's requirements on its model, see `RowsModel`. */
export interface TableModel<R, K extends string> {
  readonly rows: readonly R[];
  readonly sortKey: K;
  readonly descending: boolean;
  sortBy(key: K): void;
}

export interface TableOptions<R, K extends string> {
  /** Name of the table, and of the part that scrolls. */
  label: string;
  bodyLabel: string;
  columns: readonly Column<R, K>[];
  rowHeight: number;
  mostRows: number;
  /** Identifies a row. */
  key(row: R): string;
  /** Classes of a row. */
  style?(row: R): string;
  /** Its data attributes. */
  data?(row: R): Record<string, string>;
  /** Called when the user moves to another row with the arrow keys. */
  step?(direction: 1 | -1): void;
}

/** A label that may break after each underscore, as names of options are long. */
const breakable = (label: string): Cell[] =>
  partsOf(label).map((part, index) => (index ? html`<wbr>${part}` : part));

/** The parts of a label that cannot be broken. */
export const partsOf = (label: string): string[] => label.match(/[^_]*_|[^_]+$/g) ?? [label];

export class Table<R, K extends string> {
  readonly element: HTMLElement;
  readonly list: ListWindow;
  private readonly head = h("div", { role: "rowgroup" });
  /** Key of the row whose button had the focus when the rows began to move. */
  private focused: string | null = null;

  constructor(
    private readonly model: TableModel<R, K>,
    private readonly options: TableOptions<R, K>,
  ) {
    this.list = new ListWindow({
      rowHeight: options.rowHeight,
      mostRows: options.mostRows,
      total: () => model.rows.length,
      fill: (row, index) => this.fill(row, model.rows[index]!),
      drawn: () => this.restoreFocus(),
      attributes: { role: "rowgroup", "aria-label": options.bodyLabel },
      styles: { window: "fj-table-body", row: "fj-table-row" },
    });
    // Before the window scrolls automatically.
    this.list.element.addEventListener("keydown", (event) => this.onKey(event), true);
    this.list.element.addEventListener("focusin", (event) => {
      this.focused = (event.target as HTMLElement).dataset.key ?? null;
    });
    this.list.element.addEventListener("focusout", () => {
      this.focused = null;
    });
    this.element = h(
      "div",
      { class: "fj-table", role: "table", "aria-label": options.label },
      this.head,
      this.list.element,
    );
    this.draw();
  }

  /** Redraw header and rows immediately. */
  draw(): void {
    render(this.headTemplate(), this.head);
    this.head.hidden = this.model.rows.length === 0;
    this.list.draw();
  }

  /** Show a row and give its button the focus. */
  focus(key: string): void {
    const index = this.model.rows.findIndex((row) => this.options.key(row) === key);
    if (index < 0) return;
    this.list.scroll.nudge(index);
    this.list.draw();
    this.button(key)?.focus({ preventScroll: true });
  }

  dispose(): void {
    this.list.dispose();
  }

  private headTemplate(): TemplateResult {
    const { sortKey, descending } = this.model;
    const cells = this.options.columns.map(({ key, label, style = "", head }) => {
      if (head) return html`<div role="columnheader" class=${style}>${head()}</div>`;
      const sorted = descending ? "descending" : "ascending";
      return html`<div role="columnheader" class=${style}
        aria-sort=${key === sortKey ? sorted : nothing}>
        <button type="button" class="fj-sort" @click=${() => this.sort(key)}>${breakable(label)}</button>
      </div>`;
    });
    return html`<div class="fj-table-row fj-table-head" role="row">${cells}</div>`;
  }

  private sort(key: K): void {
    this.model.sortBy(key);
    this.draw();
  }

  private fill(element: HTMLElement, row: R): void {
    const { columns, style, data } = this.options;
    element.className = `fj-table-row ${style?.(row) ?? ""}`;
    Object.assign(element.dataset, data?.(row));
    element.setAttribute("role", "row");
    const cells = columns.map(
      ({ cell, style: kind = "" }) => html`<div role="cell" class=${kind}>${cell(row)}</div>`,
    );
    render(html`${cells}`, element);
  }

  private button(key: string): HTMLElement | null {
    return this.list.rows.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  }

  // Rows are reused as the list scrolls: the focus moves with the item it was on.
  private restoreFocus(): void {
    const key = this.focused;
    if (key === null) return;
    const wanted = this.button(key) ?? this.list.element;
    if (wanted.ownerDocument.activeElement !== wanted) wanted.focus({ preventScroll: true });
  }

  private onKey(event: KeyboardEvent): void {
    const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key] as 1 | -1 | undefined;
    if (!direction || !this.options.step) return;
    event.preventDefault();
    this.options.step(direction);
  }
}
