// Blocking over Erlang load: a logarithmic axis, a confidence band, growing with the run. Drawn as
// SVG by ourselves: a few dozen points need no plotting library in every notebook.

import type { Point } from "../types.js";
import { h, svg } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";

const MARGIN = { top: 8, right: 14, bottom: 22, left: 44 };
// Circles closer than their size are only noise.
const MOST_CIRCLES = 60;

interface Scale {
  (value: number): number;
  ticks: number[];
}

/** Round steps between two values: 1, 2 or 5 times a power of ten, at most `most` of them. */
export const roundSteps = (low: number, high: number, most: number): number[] => {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const ticks: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) {
    ticks.push(Number((n * step).toPrecision(12)));
  }
  return ticks;
};

/** The decades that hold all values above 0; [-3, 0] where there is none yet. */
export const decades = (points: Point[]): [number, number] => {
  const values = points.flatMap(([, blocking, half]) =>
    blocking !== null && blocking > 0
      ? [blocking, blocking - (half ?? 0), blocking + (half ?? 0)].filter((v) => v > blocking / 30)
      : [],
  );
  if (values.length === 0) return [-3, 0];
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.min(0, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return high > low ? [low, high] : [low, low + 1];
};

const linear = (low: number, high: number, from: number, to: number, most: number): Scale => {
  const span = high > low ? high - low : 1;
  const scale = (value: number) => from + ((value - low) / span) * (to - from);
  return Object.assign(scale, { ticks: roundSteps(low, high, most) });
};

const logarithmic = (low: number, high: number, from: number, to: number): Scale => {
  const scale = (value: number) => {
    const exponent = value > 0 ? Math.max(low, Math.log10(value)) : low;
    return from + ((Math.min(high, exponent) - low) / (high - low)) * (to - from);
  };
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  return Object.assign(scale, { ticks });
};

const pathOf = (corners: [number, number][]): string =>
  corners.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** The picture as an SVG element of this size in pixels. */
export const draw = (points: Point[], erlangs: number[], width: number, height: number) => {
  const known = points
    .filter((point): point is [number, number, number | null, number, boolean] => point[1] !== null)
    .sort((a, b) => a[0] - b[0]);
  const loads = [...erlangs, ...known.map((point) => point[0])];
  const low = loads.length ? Math.min(...loads) : 0;
  const high = loads.length ? Math.max(...loads) : 1;
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const pad = high > low ? 0 : 1;
  const inset = 10;
  const x = linear(
    low - pad,
    high + pad,
    MARGIN.left + inset,
    right - inset,
    (right - MARGIN.left) / 55,
  );
  const y = logarithmic(...decades(known), bottom, MARGIN.top);

  const picture = svg("svg", {
    class: "fj-curve-picture",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    "aria-hidden": "true",
  });
  for (const exponent of y.ticks) {
    const level = y(10 ** exponent);
    picture.append(
      svg("path", { class: "fj-grid", d: `M${MARGIN.left} ${level}H${right}` }),
      svg(
        "text",
        { x: MARGIN.left - 6, y: level + 3.5, "text-anchor": "end" },
        format.powerOfTen(exponent),
      ),
    );
  }
  for (const tick of x.ticks) {
    picture.append(
      svg("path", { class: "fj-grid", d: `M${x(tick).toFixed(1)} ${bottom}v4` }),
      svg("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, format.load(tick)),
    );
  }
  const banded = known.filter((point) => point[2] !== null && point[1] > 0);
  if (banded.length > 0) {
    const upper = banded.map(([e, b, c]): [number, number] => [x(e), y(b + c!)]);
    const lower = banded.map(([e, b, c]): [number, number] => [x(e), y(b - c!)]).reverse();
    const ribbon =
      banded.length > 1 ? `${pathOf([...upper, ...lower])}Z` : pathOf([upper[0]!, lower[0]!]);
    picture.append(svg("path", { class: banded.length > 1 ? "fj-band" : "fj-whisker", d: ribbon }));
  }
  // A blocking of 0 has no place on a logarithmic axis: it is marked at the bottom, apart from the line.
  const positive = known.filter((point) => point[1] > 0);
  picture.append(
    svg("path", { class: "fj-line", d: pathOf(positive.map(([e, b]) => [x(e), y(b)])) }),
  );
  if (known.length <= MOST_CIRCLES) {
    for (const [erlang, blocking, half, iterations, done] of known) {
      const zero = blocking === 0;
      const circle = svg("circle", {
        class: `fj-point${done ? "" : " fj-open"}${zero ? " fj-zero" : ""}`,
        cx: x(erlang).toFixed(1),
        cy: zero ? bottom : y(blocking).toFixed(1),
        r: 3.5,
      });
      const interval = half === null ? "" : ` ± ${format.interval(half)}`;
      const value = zero ? "no blocking" : `${format.probability(blocking)}${interval}`;
      circle.append(
        svg("title", {}, `${format.load(erlang)} Erlang: ${value} (${iterations} iterations)`),
      );
      picture.append(circle);
    }
  }
  return picture;
};

export class Curve {
  readonly element: HTMLElement;
  private readonly plot = h("div", { class: "fj-curve-plot", role: "img" });
  private points: Point[] = [];
  private erlangs: number[] = [];
  private drawn = "";
  private readonly observer: ResizeObserver | null;
  private readonly redraw = onFrame(() => this.draw());

  constructor() {
    const caption = h(
      "div",
      { class: "fj-caption" },
      "Blocking over load (Erlang), 90\u202f% confidence",
    );
    this.element = h("div", { class: "fj-curve" }, caption, this.plot);
    this.observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(this.redraw);
    this.observer?.observe(this.plot);
  }

  update(points: Point[], erlangs: number[]): void {
    this.points = points;
    this.erlangs = erlangs;
    this.redraw();
  }

  dispose(): void {
    this.observer?.disconnect();
  }

  private draw(): void {
    const width = Math.round(this.plot.clientWidth);
    const height = Math.round(this.plot.clientHeight);
    if (width < 60 || height < 60) return;
    const key = JSON.stringify([this.points, this.erlangs, width, height]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.plot.replaceChildren(draw(this.points, this.erlangs, width, height));
    const known = this.points.filter((point) => point[1] !== null);
    const last = known.at(-1);
    this.plot.setAttribute(
      "aria-label",
      last
        ? `Blocking at ${known.length} loads; ${format.probability(last[1]!)} at ${format.load(last[0])} Erlang`
        : "Blocking over load: no values yet",
    );
  }
}
