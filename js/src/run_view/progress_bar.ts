// The bar: one segment for each Erlang load, and the line of numbers below it.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { confidence } from "../progress/half_width.js";
import type { Point, Snapshot } from "../types.js";
import { copyAndSay } from "../ui/copy.js";
import { h } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { isFinal } from "../watch/verdict.js";

// More segments than this would each be thinner than the gap between them.
const MOST_SEGMENTS = 60;

/** The fraction for the bar, from 0 to 1; null if unknown. */
export const shownFraction = (snapshot: Snapshot): number | null => {
  if (snapshot.status === "COMPLETED") return 1;
  return snapshot.progress.fraction;
};

/** Fill of each segment, from 0 to 1. Loads may run concurrently, so each has its own. */
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

/** Fraction, load and iteration in words, for screen readers. */
export const spoken = (snapshot: Snapshot): string => {
  const fraction = shownFraction(snapshot);
  const { erlang } = snapshot.progress;
  const done = fraction === null ? "not started" : format.percent(fraction);
  const load = erlang === null || isFinal(snapshot.status) ? "" : `, ${format.load(erlang)} Erlang`;
  return `${done}${load}`;
};

/** What stands instead of progress while there is none; empty for a run that has ended. */
const waiting = ({ status, simulator, report }: Snapshot): string => {
  if (status === "PENDING") return report?.words ?? "waiting for a free slot";
  // A program may never report any progress.
  if (status === "RUNNING") return simulator === "command" ? "running" : "starting";
  return "";
};

const currentPoint = ({ progress: { points, erlang } }: Snapshot): Point | undefined => {
  const known = points.filter((point) => point[1] !== null);
  return known.find((point) => point[0] === erlang) ?? known.at(-1);
};

type Part = TemplateResult | typeof nothing;

const number = (...content: unknown[]): TemplateResult =>
  html`<span class="fj-number">${content}</span>`;

/** One that the view folded into a line shows as well. */
const key = (...content: unknown[]): TemplateResult =>
  html`<span class="fj-number fj-key">${content}</span>`;

const iterations = (snapshot: Snapshot, point: Point | undefined): Part => {
  const { iteration, total_iterations, erlang } = snapshot.progress;
  if (iteration === null) return nothing;
  const planned = total_iterations ?? snapshot.max_iters;
  if (planned !== null && iteration < planned && point?.[0] === erlang && point[4]) {
    // A program of the user's own may end a load for a reason that nobody here knows.
    const why = snapshot.simulator === "command" ? "" : ": interval small enough";
    const times = `iteration${iteration === 1 ? "" : "s"}`;
    return number(html`stopped early after <b>${iteration}</b> ${times}${why}`);
  }
  return number(html`iteration <b>${iteration}</b>${planned === null ? "" : ` of ${planned}`}`);
};

const blocking = (point: Point | undefined, simulator: string): Part => {
  if (!point) return nothing;
  if (point[1] === 0) return key("no blocking observed");
  const half = format.margin(point[2]);
  return key(
    html`blocking <b>${format.probability(point[1]!)}</b><span title=${confidence(simulator)}>${half}</span>`,
  );
};

/** The line of numbers. */
export const numbers = (snapshot: Snapshot): TemplateResult => {
  const { progress } = snapshot;
  const fraction = shownFraction(snapshot);
  const loads = progress.total_erlangs ?? snapshot.erlangs.length;
  const point = currentPoint(snapshot);
  const done = fraction === null ? nothing : key(html`<b>${format.percent(fraction)}</b>`);
  let load: Part = nothing;
  if (progress.erlang !== null) {
    const of = html`load <b>${progress.erlang_index ?? 1}</b> of ${loads} · `;
    load = number(loads > 1 ? of : "", html`<b>${format.load(progress.erlang)}</b> Erlang`);
  } else if (snapshot.status === "PENDING" || fraction === null) load = key(waiting(snapshot));
  const rate =
    progress.rate === null || isFinal(snapshot.status)
      ? nothing
      : number(`${format.count(progress.rate)} requests/s`);
  return html`${done}${load}${iterations(snapshot, point)}${blocking(point, snapshot.simulator)}
    <span class="fj-space"></span>${rate}`;
};

export class ProgressBar {
  readonly element = h("div", { class: "fj-progress" });
  private copied = "";

  update(snapshot: Snapshot): void {
    // A run that ended without reporting progress needs no empty bar.
    const empty = isFinal(snapshot.status) && shownFraction(snapshot) === null;
    this.element.hidden = empty;
    render(empty ? nothing : this.template(snapshot), this.element);
  }

  /** Where a batch system executes the run, and the command that shows more about it. */
  private report(snapshot: Snapshot): Part {
    const { report, status } = snapshot;
    if (!report || isFinal(status)) return nothing;
    const copy = () =>
      copyAndSay(report.inquiry, (words) => {
        this.copied = words;
        this.update(snapshot);
      });
    const inquiry = html`<button type="button" class="fj-id fj-inquiry"
      title="Copy the command that tells more" aria-label="Copy ${report.inquiry}"
      @click=${copy}>${this.copied || report.inquiry}</button>`;
    return html`${status === "RUNNING" ? number(report.words) : nothing}
      ${report.inquiry ? inquiry : nothing}`;
  }

  private template(snapshot: Snapshot): TemplateResult {
    const fraction = shownFraction(snapshot);
    const indeterminate = fraction === null && snapshot.status === "RUNNING";
    // Without a value a progressbar is indeterminate for screen readers, as it is visually.
    const value = fraction === null ? nothing : Math.floor(fraction * 100 + 1e-9);
    const filled = segments(snapshot).map(
      (part) => html`<div class="fj-segment">
        <div class="fj-fill" style="transform: scaleX(${part})"></div></div>`,
    );
    return html`
      <div class="fj-bar${indeterminate ? " fj-indeterminate" : ""}" role="progressbar"
        aria-valuemin="0" aria-valuemax="100" aria-valuenow=${value}
        aria-label="Progress of ${snapshot.name}" aria-valuetext=${spoken(snapshot)}>${filled}</div>
      <div class="fj-numbers">${numbers(snapshot)}${this.report(snapshot)}</div>`;
  }
}
