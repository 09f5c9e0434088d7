// The grid of points: one cell each, filled to the progress of its run.

import { html, render, type TemplateResult } from "lit-html";
import { h } from "../ui/dom.js";
import { type Grid, moved, type Spot } from "./grid_model.js";
import type { Looks } from "./looks.js";
import type { Pooled, PooledPoint } from "./repeats.js";
import { cellText, parametersText, pointText } from "./wording.js";

export interface GridOptions {
  /** Open the run of a point. */
  open(run: string): void;
}

export class PointGrid {
  readonly element = h("div", { class: "fj-grid-window" });
  /** Cell of the keyboard focus. */
  private spot: Spot = [0, 0];
  private grid: Grid | null = null;
  private points: readonly PooledPoint[] = [];
  private names: readonly string[] = [];
  private looks: Looks | null = null;
  private load: number | null = null;
  private opened: string | null = null;

  constructor(private readonly options: GridOptions) {
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("click", (event) => {
      const cell = (event.target as Element).closest<HTMLElement>("[data-point]");
      if (cell) this.options.open(cell.dataset.point!);
    });
    this.element.addEventListener("focusin", (event) => {
      const { row, column } = (event.target as HTMLElement).dataset;
      if (row === undefined || column === undefined) return;
      this.spot = [Number(row), Number(column)];
      this.draw();
    });
  }

  /**
   * @param looks of the curves: the headers are their legend
   * @param load at which blocking is shown; null: the last known one
   * @param opened the point whose run is shown below, by its run
   */
  update(
    grid: Grid,
    { names, points }: Pooled,
    looks: Looks,
    load: number | null,
    opened: string | null,
  ): void {
    this.grid = grid;
    this.names = names;
    this.points = points;
    this.looks = looks;
    this.load = load;
    this.opened = opened;
    const [row, column] = this.spot;
    this.spot = [Math.min(row, grid.rows.length - 1), Math.min(column, grid.columns.length - 1)];
    this.draw();
  }

  /** Give a point's cell the focus. */
  focus(run: string): void {
    this.element.querySelector<HTMLElement>(`.fj-cell[data-point="${run}"]`)?.focus();
  }

  private draw(): void {
    if (this.grid) render(this.template(this.grid), this.element);
  }

  private template(grid: Grid): TemplateResult {
    const label = grid.down === null ? grid.across : `${grid.down} × ${grid.across}`;
    const corner = grid.down === null ? "" : `${grid.down} \\ ${grid.across}`;
    const columns = grid.columns.map(
      (value) => html`<div role="columnheader" aria-label="${grid.across} ${value}"
        title=${value}>${this.looks?.sample(grid.across, value)}${value}</div>`,
    );
    const rows = grid.rows.map((value, row) => {
      const head =
        grid.down === null
          ? html`<div role="rowheader">blocking</div>`
          : html`<div role="rowheader" aria-label="${grid.down} ${value}" title=${value}
              >${this.looks?.sample(grid.down, value)}${value}</div>`;
      const cells = grid.cells[row]!.map((index, column) => this.cell(index, row, column));
      return html`<div class="fj-grid-row" role="row">${head}${cells}</div>`;
    });
    return html`<div class="fj-point-grid" role="grid" aria-label="Points: ${label}"
      style="--fj-count: ${grid.columns.length}">
      <div class="fj-grid-row fj-grid-head" role="row">
        <div role="columnheader">${grid.down === null ? grid.across : corner}</div>${columns}</div>
      ${rows}</div>`;
  }

  private cell(index: number | null, row: number, column: number): TemplateResult {
    const tab = row === this.spot[0] && column === this.spot[1] ? 0 : -1;
    const point = index === null ? undefined : this.points[index];
    if (!point) {
      return html`<div role="gridcell" class="fj-cell fj-empty" tabindex=${tab} data-row=${row}
        data-column=${column} aria-label="no point"></div>`;
    }
    const { state, run } = point;
    const words = pointText(point, this.load);
    const fraction = state?.status === "RUNNING" ? state.fraction : 0;
    return html`<div role="gridcell" class="fj-cell" tabindex=${tab} data-row=${row}
      data-column=${column} data-point=${run} data-status=${state?.status ?? ""}
      data-cancelling=${String(state?.cancelling ?? false)}
      aria-selected=${String(run === this.opened)}
      aria-label="${parametersText(this.names, point.values)}: ${words}" title=${words}
      style="--fj-done: ${fraction.toFixed(3)}"><span>${cellText(state, this.load)}</span></div>`;
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.grid || event.altKey || event.ctrlKey || event.metaKey) return;
    const cell = (event.target as Element).closest<HTMLElement>(".fj-cell");
    if (!cell) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (cell.dataset.point) this.options.open(cell.dataset.point);
      return;
    }
    const spot = moved(this.grid, this.spot, event.key);
    if (!spot) return;
    event.preventDefault();
    this.spot = spot;
    this.draw();
    this.element
      .querySelector<HTMLElement>(`[data-row="${spot[0]}"][data-column="${spot[1]}"]`)
      ?.focus();
  }
}
