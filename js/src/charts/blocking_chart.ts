// Blocking over Erlang load: a logarithmic axis, confidence bands, any number of curves, growing
// with the run. Drawn as SVG without a library: a few dozen points do not justify a plotting
// library in every notebook.

import { nothing, render, type SVGTemplateResult, svg } from "lit-html";
import { confidence } from "../progress/half_width.js";
import { MIN_ITERATIONS, type Point } from "../types.js";
import { h } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";
import { type LogAxis, linearTicks, logAxis } from "./axes.js";

const MARGIN = { top: 8, right: 14, bottom: 22, left: 44 };
const INSET = 10;
/** Height of the row for loads without blocked requests. */
const NONE_ROW = 18;
/** Pixels that a label of the lower axis needs. */
const LABEL_WIDTH = 55;
// Circles closer than their size are only noise.
const MOST_CIRCLES = 60;
const MOST_CIRCLES_OF_ALL = 400;
/** More curves than this hide each other's bands: only that of a highlighted one is shown. */
const MOST_BANDS = 3;

const ROUGH = `Confidence intervals rest on fewer than five iterations and are rough: give \
max_iters or precision more room`;

const isRough = ([, , half, iterations, done]: Point, ended: boolean): boolean =>
  (half ?? 0) > 0 && iterations > 0 && iterations < MIN_ITERATIONS && (done || ended);

/** One curve. */
export interface Series {
  points: readonly Point[];
  /** Name of the curve for its tooltips; empty if there is only one. */
  label: string;
  /** A class of its own, as for a colour. */
  style?: string;
  /** Key of the curve, as its data-point; such a curve can be hovered and clicked. */
  key?: string;
  /** For many curves: strength of its colour, from 0 to 1. */
  shade?: number;
  /** Its dashes, as SVG has them. */
  dash?: string;
}

type Known = [
  erlang: number,
  blocking: number,
  half: number | null,
  iterations: number,
  done: boolean,
];

const isKnown = (point: Point): point is Known => point[1] !== null;

/** Positions in the picture. */
interface Frame {
  x(erlang: number): number;
  y(blocking: number): number;
  left: number;
  right: number;
  bottom: number;
  axis: LogAxis;
  loads: number[];
}

const frameOf = (
  curves: Known[][],
  planned: readonly number[],
  width: number,
  height: number,
): Frame => {
  const known = curves.flat();
  const axis = logAxis(known.map(([, blocking, half]) => [blocking, half] as const));
  const loads = [...planned, ...known.map(([erlang]) => erlang)];
  const first = loads.length ? Math.min(...loads) : 0;
  const last = loads.length ? Math.max(...loads) : 1;
  const pad = last > first ? 0 : 1;
  const left = MARGIN.left;
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom - (axis.noneObserved ? NONE_ROW : 0);
  const span = last - first + 2 * pad;
  return {
    left,
    right,
    bottom,
    axis,
    loads: linearTicks(first - pad, last + pad, (right - left) / LABEL_WIDTH),
    x: (erlang) => left + INSET + ((erlang - first + pad) / span) * (right - left - 2 * INSET),
    y(blocking) {
      const position = axis.position(blocking);
      if (position === null) return bottom + NONE_ROW / 2;
      return bottom + position * (MARGIN.top - bottom);
    },
  };
};

const pathOf = (corners: [number, number][]): string =>
  corners.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

const grid = (frame: Frame): SVGTemplateResult => {
  const { axis, left, right, bottom, x, y } = frame;
  const levels = axis.ticks.map((tick, index) => {
    const level = y(tick).toFixed(1);
    return svg`<path class="fj-grid" d="M${left} ${level}H${right}"></path>
      <text x=${left - 6} y=${y(tick) + 3.5} text-anchor="end">${axis.labels[index]}</text>`;
  });
  const foot = bottom + (axis.noneObserved ? NONE_ROW : 0);
  const loads = frame.loads.map(
    (tick) => svg`<path class="fj-grid" d="M${x(tick).toFixed(1)} ${foot}v4"></path>
      <text x=${x(tick)} y=${foot + 16} text-anchor="middle">${format.load(tick)}</text>`,
  );
  const none = axis.noneObserved
    ? svg`<path class="fj-grid fj-none-row" d="M${left} ${foot}H${right}"></path>
        <text x=${left - 6} y=${bottom + NONE_ROW / 2 + 3.5} text-anchor="end">none</text>`
    : nothing;
  return svg`${levels}${loads}${none}`;
};

/** A line at this blocking; nothing where the axis does not reach it. */
const targetLine = (
  target: number | null,
  { axis, left, right, y }: Frame,
): SVGTemplateResult | typeof nothing => {
  if (target === null || target < axis.low || target > axis.high) return nothing;
  return svg`<path class="fj-target" d="M${left} ${y(target).toFixed(1)}H${right}"></path>
    <text x=${right} y=${y(target) - 4} text-anchor="end">${Number((100 * target).toPrecision(3))}\u202f%</text>`;
};

const band = (points: Known[], { x, y }: Frame): SVGTemplateResult | typeof nothing => {
  const banded = points.filter((point) => point[2] !== null && point[1] > 0);
  if (banded.length === 0) return nothing;
  // Down to zero or below: to the end of the axis.
  const low = (blocking: number, half: number): number =>
    Math.max(blocking - half, Number.MIN_VALUE);
  const upper = banded.map(([e, b, c]): [number, number] => [x(e), y(b + c!)]);
  const lower = banded.map(([e, b, c]): [number, number] => [x(e), y(low(b, c!))]).reverse();
  if (banded.length === 1) {
    return svg`<path class="fj-whisker" d=${pathOf([upper[0]!, lower[0]!])}></path>`;
  }
  return svg`<path class="fj-band" d=${`${pathOf([...upper, ...lower])}Z`}></path>`;
};

const circle = (point: Known, label: string, { x, y }: Frame): SVGTemplateResult => {
  const [erlang, blocking, half, iterations, done] = point;
  const none = blocking === 0;
  const value = none
    ? "no blocking observed"
    : `${format.probability(blocking)}${format.margin(half)}`;
  const times = `${iterations} iteration${iterations === 1 ? "" : "s"}`;
  const name = label && `${label}, `;
  return svg`<circle class="fj-point${done ? "" : " fj-open"}${none ? " fj-zero" : ""}"
    cx=${x(erlang).toFixed(1)} cy=${y(blocking).toFixed(1)} r="3.5">
    <title>${name}${format.load(erlang)} Erlang: ${value} (${times})</title></circle>`;
};

/** The picture of this size in pixels. */
export const picture = (
  series: readonly Series[],
  planned: readonly number[],
  width: number,
  height: number,
  target: number | null = null,
): SVGTemplateResult => {
  const curves = series.map(({ points }) => points.filter(isKnown).sort((a, b) => a[0] - b[0]));
  const frame = frameOf(curves, planned, width, height);
  const few = curves.flat().length <= MOST_CIRCLES_OF_ALL;
  const drawn = curves.map((points, index) => {
    const { label, style = "", key, shade = 1, dash } = series[index]!;
    const line = points.filter((point) => point[1] > 0);
    const path = pathOf(line.map(([e, b]) => [frame.x(e), frame.y(b)]));
    const circles = few && points.length <= MOST_CIRCLES ? points : [];
    return svg`<g class="fj-series ${style}" data-point=${key ?? nothing}
      style="--fj-shade: ${shade.toFixed(2)}">
      ${band(points, frame)}
      <path class="fj-line" d=${path} stroke-dasharray=${dash || nothing}></path>
      ${circles.map((point) => circle(point, label, frame))}
      ${key === undefined ? nothing : svg`<path class="fj-hit" d=${path}></path>`}
    </g>`;
  });
  const many = curves.length > MOST_BANDS ? "fj-many" : "";
  return svg`<svg class="fj-chart-picture ${many}" viewBox="0 0 ${width} ${height}" width=${width}
    height=${height} aria-hidden="true">${grid(frame)}${targetLine(target, frame)}${drawn}<g class="fj-top"></g></svg>`;
};

/** Description of the picture, in words. */
export const spoken = (series: readonly Series[]): string => {
  const known = series.flatMap(({ points }) => points.filter(isKnown));
  const last = known.at(-1);
  if (!last) return "Blocking over load: no values yet";
  const value = last[1] === 0 ? "none observed" : format.probability(last[1]);
  const curves = series.length > 1 ? `${series.length} curves, ` : "";
  return `Blocking over load: ${curves}${known.length} values; ${value} at ${format.load(last[0])} Erlang`;
};

/** Caption of a chart of one simulator's runs. */
export const captionOf = (simulator: string): string =>
  ["Blocking over load (Erlang)", confidence(simulator)].filter(Boolean).join(", ");

export class BlockingChart {
  readonly element: HTMLElement;
  private readonly doubt = h(
    "span",
    { class: "fj-doubt", title: ROUGH, hidden: true },
    "; rough: fewer than five iterations",
  );
  private readonly plot = h("div", { class: "fj-chart-plot", role: "img" });
  private series: readonly Series[] = [];
  private planned: readonly number[] = [];
  private target: number | null = null;
  private drawn = "";
  private readonly observer: ResizeObserver | null;
  private readonly redraw = onFrame(() => this.draw());

  /** @param afterDraw called when the picture was redrawn */
  constructor(
    caption = captionOf("embedded"),
    private readonly afterDraw: () => void = () => undefined,
  ) {
    this.element = h(
      "div",
      { class: "fj-chart" },
      h("div", { class: "fj-caption" }, caption, this.doubt),
      this.plot,
    );
    this.observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(this.redraw);
    this.observer?.observe(this.plot);
  }

  /**
   * @param series the curves
   * @param planned loads, so that the axis does not move
   * @param ended no more iterations will follow
   * @param target blocking at which a line is drawn
   */
  update(
    series: readonly Series[],
    planned: readonly number[],
    ended = false,
    target: number | null = null,
  ): void {
    this.target = target;
    this.series = series;
    this.doubt.hidden = !series.some(({ points }) => points.some((each) => isRough(each, ended)));
    this.planned = planned;
    this.redraw();
  }

  /** Show the curve with this key above all others; null: none. */
  raise(key: string | null): void {
    const curve = this.plot.querySelector(`.fj-series[data-point="${key}"]`);
    this.plot.querySelector(".fj-top")?.replaceChildren(...(curve ? [curve.cloneNode(true)] : []));
  }

  dispose(): void {
    this.observer?.disconnect();
  }

  private draw(): void {
    const width = Math.round(this.plot.clientWidth);
    const height = Math.round(this.plot.clientHeight);
    if (width < 60 || height < 60) return;
    const key = JSON.stringify([this.series, this.planned, width, height, this.target]);
    if (key === this.drawn) return;
    this.drawn = key;
    render(picture(this.series, this.planned, width, height, this.target), this.plot);
    this.plot.setAttribute("aria-label", spoken(this.series));
    this.afterDraw();
  }
}
