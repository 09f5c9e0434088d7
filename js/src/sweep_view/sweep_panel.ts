// Puts the parts of the sweep view together and keeps them up to date.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { InnerView } from "../channel/model.js";
import { BlockingChart } from "../charts/blocking_chart.js";
import { copyAndSay } from "../ui/copy.js";
import { h, messageOf } from "../ui/dom.js";
import { hideFallback } from "../ui/fallback.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";
import { keepKeys } from "../ui/keys.js";
import { curvesOf } from "./curves.js";
import { type Grid, gridOf } from "./grid_model.js";
import { Highlight } from "./highlight.js";
import { Looks } from "./looks.js";
import { PointGrid } from "./point_grid.js";
import { PointTable } from "./point_table.js";
import { type Pooled, type PooledPoint, pooledOf } from "./repeats.js";
import type { SweepClient } from "./sweep_client.js";
import { SweepHeader } from "./sweep_header.js";
import { message, parametersText, pointText } from "./wording.js";

const TICK_MS = 500;
/** More points than this: their curves are drawn at most so often. */
const MANY = 100;
const SELDOM_MS = 2000;
/** Pixels that the table needs for a parameter, and for its other columns. */
const COLUMN_WIDTH = 80;
const FIXED_WIDTH = 260;
const hint = (part: string): string =>
  `Point at a ${part} to see its curve; open one to see its run below.`;

/** Width of the points at which the chart fits beside them: a single row is better above it. */
const basisOf = (grid: Grid | null, names: readonly string[]): string => {
  if (grid === null) return `${COLUMN_WIDTH * names.length + FIXED_WIDTH}px`;
  return grid.down === null ? "100%" : "auto";
};

export class SweepPanel {
  readonly element: HTMLElement;
  private readonly header: SweepHeader;
  private readonly message = h("div", { class: "fj-message fj-plain", hidden: true });
  private readonly tools = h("div", { class: "fj-tools" });
  private readonly left = h("div", { class: "fj-points" });
  private readonly legend = h("div", { class: "fj-sweep-legend" });
  private readonly chart = new BlockingChart(
    "Blocking over load (Erlang), all points, 95\u202f% confidence",
    () => this.highlight.mark(),
  );
  private readonly line = h("div", { class: "fj-point-line" });
  private readonly below = h("div", { class: "fj-below", role: "region", hidden: true });
  private readonly code = h("div", { class: "fj-code" });
  private readonly grid: PointGrid;
  private readonly table: PointTable;
  private readonly highlight: Highlight;
  private readonly ends: (() => void)[];
  private readonly redraw = onFrame(() => this.draw());
  private pooled: Pooled;
  private load: number | null = null;
  private asTable = false;
  private problem = "";
  /** What the last cancel left, and why. */
  private notes = "";
  /** Python code of the hovered button. */
  private pointed = "";
  private copied = "";
  /** The requested run, and id and view of the displayed one. */
  private wanted: string | null = null;
  private shown: string | null = null;
  private view: InnerView | null = null;
  private disposed = false;
  private chartDrawn = Number.NEGATIVE_INFINITY;
  private late: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: SweepClient) {
    const open = (run: string): void => void this.open(run);
    this.header = new SweepHeader(client, {
      retry: () => void this.retry(),
      cancel: () => void this.cancel(),
    });
    this.pooled = this.pool();
    this.grid = new PointGrid({ open });
    this.table = new PointTable(this.pooled.names, { open });
    this.chart.element.prepend(this.legend);
    const body = h("div", { class: "fj-sweep-body" }, this.left, this.chart.element);
    const parts = [this.header.element, this.message, this.tools, body, this.line, this.code];
    this.element = h(
      "div",
      { class: "fj-root fj-sweep-view", role: "group" },
      h("div", { class: "fj-card" }, ...parts),
      this.below,
    );
    this.highlight = new Highlight(this.element, () => {
      this.chart.raise(this.highlight.run);
      this.drawLine();
    });
    this.chart.element.addEventListener("click", (event) => {
      const curve = (event.target as Element).closest<SVGElement>("[data-point]");
      if (curve?.dataset.point) open(curve.dataset.point);
    });
    for (const kind of ["pointerover", "focusin"]) {
      this.element.addEventListener(kind, (event) => {
        const button = (event.target as Element).closest<HTMLElement>("[data-code]");
        this.pointed = button?.dataset.code ?? "";
        this.drawCode();
      });
    }
    this.element.addEventListener("pointerleave", () => {
      this.pointed = "";
      this.drawCode();
    });
    this.element.addEventListener("keydown", (event) => {
      const taken = event.defaultPrevented || (event.target as Element).closest("input, select");
      if (event.key === "Escape" && this.wanted !== null && !taken) this.close();
    });
    const timer = setInterval(() => this.tick(), TICK_MS);
    this.ends = [
      client.listen(this.redraw),
      hideFallback(client.key),
      keepKeys(this.element),
      () => clearInterval(timer),
    ];
    this.draw();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const end of this.ends) end();
    clearTimeout(this.late);
    this.chart.dispose();
    this.table.table.dispose();
    this.view?.remove();
  }

  private draw(): void {
    if (this.disposed) return;
    const { snapshot } = this.client;
    this.pooled = this.pool();
    const { names, points } = this.pooled;
    this.element.setAttribute("aria-label", `Sweep ${snapshot.name}`);
    this.element.dataset.sweep = snapshot.id;
    this.element.dataset.settled = String(this.client.settled);
    const grid = gridOf(names, points);
    const looks = new Looks(names, points);
    this.tick();
    render(this.toolsTemplate(grid), this.tools);
    const opened = this.pointOf(this.wanted)?.run ?? null;
    const inGrid = grid !== null && !this.asTable;
    if (inGrid) this.grid.update(grid, this.pooled, looks, this.load, opened);
    const part = inGrid ? this.grid.element : this.table.table.element;
    if (this.left.firstElementChild !== part) this.left.replaceChildren(part);
    if (!inGrid) this.table.update(points, this.load, opened);
    this.left.style.setProperty("--fj-basis", basisOf(inGrid ? grid : null, names));
    render(inGrid ? nothing : looks.legend(), this.legend);
    this.drawChart(looks);
    this.highlight.mark();
    this.drawCode();
    void this.showOpened();
  }

  /** Draw the curves; many of them seldom, as each time is work for all. */
  private drawChart(looks: Looks): void {
    const { snapshot, points, settled } = this.client;
    const now = performance.now();
    if (points.length > MANY && !settled && now - this.chartDrawn < SELDOM_MS) {
      this.late ??= setTimeout(() => {
        this.late = undefined;
        this.redraw();
      }, SELDOM_MS);
      return;
    }
    this.chartDrawn = now;
    this.chart.update(curvesOf(this.pooled, looks), snapshot.erlangs);
  }

  /** Redraw what depends on the clock. */
  private tick(): void {
    this.header.draw();
    const notes = [this.notes, message(this.client)].filter(Boolean).join(" · ");
    const text = this.problem || notes;
    if (this.message.textContent !== text) this.message.textContent = text;
    this.message.hidden = text === "";
    this.message.classList.toggle("fj-failed", this.problem !== "");
  }

  private toolsTemplate(grid: Grid | null): TemplateResult {
    const { erlangs } = this.client.snapshot;
    const choose = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.load = value === "" ? null : Number(value);
      this.redraw();
    };
    const toggle = (asTable: boolean): void => {
      this.asTable = asTable;
      this.redraw();
    };
    const pressed = (asTable: boolean): string => String(this.asTable === asTable);
    return html`<label class="fj-group">Blocking at
        <select class="fj-input" @change=${choose}>
          <option value="">the last load</option>
          ${erlangs.map(
            (erlang) =>
              html`<option value=${erlang} ?selected=${erlang === this.load}>${format.load(
                erlang,
              )} Erlang</option>`,
          )}
        </select></label>
      <span class="fj-space"></span>
      <span class="fj-group" role="group" aria-label="Show the points as" ?hidden=${grid === null}>
        <button type="button" class="fj-button fj-toggle" aria-pressed=${pressed(false)}
          @click=${() => toggle(false)}>Grid</button>
        <button type="button" class="fj-button fj-toggle" aria-pressed=${pressed(true)}
          @click=${() => toggle(true)}>Table</button></span>`;
  }

  /** Description of the hovered point. */
  private drawLine(): void {
    const { names } = this.pooled;
    const point = this.pointOf(this.highlight.run);
    const content = point
      ? html`<b>${parametersText(names, point.values)}</b> ${pointText(point, this.load)}`
      : html`${hint(this.left.contains(this.grid.element) ? "cell" : "row")}`;
    render(content, this.line);
  }

  private drawCode(): void {
    const { id } = this.client.snapshot;
    const code = (run: string | null): string =>
      run === null ? `fj.sweep_by_id("${id}")` : `fj.run("${run}")`;
    // Of several repeats, none is meant before one of them is opened.
    const point = this.pointOf(this.highlight.run);
    const hovered = point?.repeats.length === 1 ? point.run : null;
    const copy = (): void =>
      copyAndSay(code(this.wanted), (words) => {
        this.copied = words;
        this.drawCode();
      });
    render(
      html`<code>${this.pointed || code(hovered ?? this.wanted)}</code><span class="fj-space"></span>
        <button type="button" class="fj-button" aria-label="Copy the code"
          @click=${copy}>${this.copied || "Copy"}</button>`,
      this.code,
    );
  }

  /** The points with their repeats together. */
  private pool(): Pooled {
    return pooledOf(this.client.snapshot.parameters, this.client.points);
  }

  /** The point of a run. */
  private pointOf(run: string | null): PooledPoint | undefined {
    return this.pooled.points.find(({ repeats }) => repeats.some((each) => each.run === run));
  }

  private say(what: string, error: unknown): void {
    this.problem = `${what}: ${messageOf(error)}`;
    this.redraw();
  }

  private async retry(): Promise<void> {
    this.problem = this.notes = "";
    this.header.setRetrying(true);
    try {
      await this.client.retry();
    } catch (error) {
      this.say("Not retried", error);
    } finally {
      this.header.setRetrying(false);
    }
  }

  private async cancel(): Promise<void> {
    this.problem = this.notes = "";
    try {
      this.notes = (await this.client.cancel()).join(" · ");
      this.redraw();
    } catch (error) {
      this.say("Not cancelled", error);
    }
  }

  private async open(run: string): Promise<void> {
    this.wanted = run;
    this.problem = "";
    this.drawBelow();
    this.redraw();
    try {
      await this.client.ask("open", { run });
    } catch (error) {
      this.wanted = this.client.opened;
      this.say("Not opened", error);
    }
  }

  private close(): void {
    const point = this.pointOf(this.wanted);
    this.wanted = null;
    this.drawBelow();
    this.redraw();
    this.client.ask("close").catch(() => undefined);
    if (!point) return;
    if (this.left.contains(this.grid.element)) this.grid.focus(point.run);
    else this.table.table.focus(point.run);
  }

  /** Show the view that the kernel has created. */
  private async showOpened(): Promise<void> {
    const { opened } = this.client;
    if (opened === this.shown) return;
    this.shown = this.wanted = opened;
    const view = opened === null ? null : await this.client.view().catch(() => null);
    if (this.shown !== opened || this.disposed) {
      view?.remove();
      return;
    }
    this.view?.remove();
    this.view = view;
    this.drawBelow();
  }

  private drawBelow(): void {
    const { wanted, view } = this;
    this.below.hidden = wanted === null;
    const point = this.pointOf(wanted);
    const where = point ? parametersText(this.pooled.names, point.values) : "";
    const there = view !== null && wanted === this.shown;
    const later = this.client.silent
      ? "there is no kernel to open its view; execute the cell again."
      : "its view opens as soon as the kernel is free.";
    const head = h(
      "div",
      { class: "fj-below-head" },
      h("span", {}, there ? where : `${where}: ${later}`),
      point && point.repeats.length > 1 && this.repeatsOf(point),
      h("span", { class: "fj-space" }),
      h("button", { type: "button", class: "fj-button", click: () => this.close() }, "Close"),
    );
    this.below.setAttribute("aria-label", `The run at ${where}`);
    const { repeat } = (document.activeElement as HTMLElement | null)?.dataset ?? {};
    this.below.replaceChildren(head, ...(there ? [view.el] : []));
    if (repeat) head.querySelector<HTMLElement>(`[data-repeat="${repeat}"]`)?.focus();
  }

  /** Buttons that choose among a point's repeats. */
  private repeatsOf({ repeats }: PooledPoint): HTMLElement {
    const buttons = repeats.map(({ run, values }) =>
      h(
        "button",
        {
          type: "button",
          class: "fj-button fj-toggle",
          "aria-pressed": String(run === this.wanted),
          "data-repeat": run,
          click: () => void this.open(run),
        },
        // Counted from 1, as in the run's name.
        String(Number(values.at(-1)) + 1),
      ),
    );
    return h(
      "span",
      { class: "fj-group", role: "group", "aria-label": "Repeat" },
      "repeat",
      ...buttons,
    );
  }
}
