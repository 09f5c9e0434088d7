// The bar: one segment for each Erlang load, and the line of numbers below it.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { Point, Snapshot } from "../types.js";
import { h } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { isFinal } from "../watch/verdict.js";

// More segments than this would each be thinner than the gap between them.
const MOST_SEGMENTS = 60;

/** What a snapshot means for the bar, from 0 to 1; null where nothing is known yet. */
export const shownFraction = (snapshot: Snapshot): number | null => {
  if (snapshot.status === "COMPLETED") return 1;
  return snapshot.progress.fraction;
};

/** How far each segment is filled, from 0 to 1. Loads may run side by side, so each has its own. */
export const segments = (snapshot: Snapshot): number[] => {
  const fraction = shownFraction(snapshot) ?? 0;
  const { points, total_iterations } = snapshot.progress;
  const loads = snapshot.progress.total_erlangs ?? snapshot.erlangs.length;
  if (loads < 2 || loads > MOST_SEGMENTS) return [fraction];
  const iterations = total_iterations ?? snapshot.max_iters;
  if (snapshot.erlangs.length === loads && points.length > 0 && iterations && fraction < 1) {
    const byLoad = new Map(points.map((point) => [point[0], point]));
    return snapshot.erlangs.map((erlang) => {
      const point = byLoad.get(erlang);
      if (!point) return 0;
      return point[4] ? 1 : Math.min(1, point[3] / iterations);
    });
  }
  return Array.from({ length: loads }, (_, index) =>
    Math.min(1, Math.max(0, Number((fraction * loads - index).toFixed(6)))),
  );
};

/** Fraction, load and iteration in words, for those who hear the bar. */
export const spoken = (snapshot: Snapshot): string => {
  const fraction = shownFraction(snapshot);
  const { erlang } = snapshot.progress;
  const done = fraction === null ? "not started" : format.percent(fraction);
  const load = erlang === null || isFinal(snapshot.status) ? "" : `, ${format.load(erlang)} Erlang`;
  return `${done}${load}`;
};

const waiting = (snapshot: Snapshot): string => {
  if (snapshot.status === "PENDING") return "waiting for a free slot";
  if (snapshot.status === "RUNNING") return "starting";
  return "no progress reported";
};

const currentPoint = ({ progress: { points, erlang } }: Snapshot): Point | undefined => {
  const known = points.filter((point) => point[1] !== null);
  return known.find((point) => point[0] === erlang) ?? known.at(-1);
};

const number = (...content: unknown[]): TemplateResult =>
  html`<span class="fj-number">${content}</span>`;

/** The line of numbers. */
export const numbers = (snapshot: Snapshot): TemplateResult => {
  const { progress } = snapshot;
  const fraction = shownFraction(snapshot);
  const loads = progress.total_erlangs ?? snapshot.erlangs.length;
  const iterations = progress.total_iterations ?? snapshot.max_iters;
  const point = currentPoint(snapshot);
  const done = fraction === null ? nothing : number(html`<b>${format.percent(fraction)}</b>`);
  let load: TemplateResult | typeof nothing = nothing;
  if (progress.erlang !== null) {
    const of = html`load <b>${progress.erlang_index ?? 1}</b> of ${loads} · `;
    load = number(loads > 1 ? of : "", html`<b>${format.load(progress.erlang)}</b> Erlang`);
  } else if (snapshot.status === "PENDING" || fraction === null) load = number(waiting(snapshot));
  const planned = iterations === null ? "" : ` of ${iterations}`;
  const iteration =
    progress.iteration === null
      ? nothing
      : number(html`iteration <b>${progress.iteration}</b>${planned}`);
  const half = point?.[2] == null ? "" : ` ± ${format.interval(point[2])}`;
  const blocking = point
    ? number(html`blocking <b>${format.probability(point[1]!)}</b>${half}`)
    : nothing;
  const rate =
    progress.rate === null ? nothing : number(`${format.count(progress.rate)} requests/s`);
  return html`${done}${load}${iteration}${blocking}<span class="fj-space"></span>${rate}`;
};

export class ProgressBar {
  readonly element = h("div", { class: "fj-progress" });

  update(snapshot: Snapshot): void {
    render(this.template(snapshot), this.element);
  }

  private template(snapshot: Snapshot): TemplateResult {
    const fraction = shownFraction(snapshot);
    const indeterminate = fraction === null && snapshot.status === "RUNNING";
    // Without a value a progressbar is indeterminate to those who hear it, as it is to the eye.
    const value = fraction === null ? nothing : Math.floor(fraction * 100 + 1e-9);
    const filled = segments(snapshot).map(
      (part) => html`<div class="fj-segment">
        <div class="fj-fill" style="transform: scaleX(${part})"></div></div>`,
    );
    return html`
      <div class="fj-bar${indeterminate ? " fj-indeterminate" : ""}" role="progressbar"
        aria-valuemin="0" aria-valuemax="100" aria-valuenow=${value}
        aria-label="Progress of ${snapshot.name}" aria-valuetext=${spoken(snapshot)}>${filled}</div>
      <div class="fj-numbers">${numbers(snapshot)}</div>`;
  }
}
