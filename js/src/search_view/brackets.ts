// Brackets that narrow around a load: one bar per probe, from the widest to the answer.

import { html, type TemplateResult } from "lit-html";
import { linearTicks } from "../charts/axes.js";
import type { Bracket, TargetState } from "../types.js";
import * as format from "../ui/format.js";

/** Number of brackets shown: the last ones, because the first say least. */
const MOST_BARS = 12;
const MOST_TICKS = 8;
const MARGIN = 0.02;

/** The range of loads of all bars. */
export interface Range {
  low: number;
  high: number;
}

/** The loads between which all brackets lie; null if there are none. */
export const rangeOf = (targets: readonly TargetState[]): Range | null => {
  const ends = targets.flatMap(({ brackets }) => brackets.flat());
  if (ends.length === 0) return null;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const margin = MARGIN * (high - low || high);
  return { low: low - margin, high: high + margin };
};

/** Position of a load, in percent from the left. */
export const positionOf = (load: number, { low, high }: Range): number =>
  (100 * (load - low)) / (high - low);

/** The estimated load: "300.1 ± 2.5 Erlang". */
export const estimateText = ({ load, low, high }: TargetState): string => {
  if (load === null || low === null || high === null) return "";
  const half = (high - low) / 2;
  // As many digits as the interval justifies: up to its second one.
  const digits = half > 0 ? Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(half)))) : 3;
  return `${load.toFixed(digits)} ± ${half.toFixed(digits)} Erlang`;
};

/** Description of a load, in words. */
export const targetText = (target: TargetState): string => {
  const estimate = estimateText(target);
  if (estimate) return estimate;
  if (target.failed) return "";
  const last = target.brackets.at(-1);
  if (!last) return "the first probe has not ended";
  return `between ${format.load(last[0])} and ${format.load(last[1])} Erlang so far`;
};

const bar = ([low, high]: Bracket, index: number, count: number, range: Range): TemplateResult => {
  const left = positionOf(low, range);
  const strength = count > 1 ? index / (count - 1) : 1;
  return html`<div class="fj-bracket" style="left: ${left.toFixed(2)}%; width: ${(
    positionOf(high, range) - left
  ).toFixed(2)}%; top: ${index * 8}px; --fj-shade: ${strength.toFixed(2)}"></div>`;
};

/** The bars of one load, and the estimate below them. */
export const bracketsTemplate = (target: TargetState, range: Range): TemplateResult => {
  const shown = target.brackets.slice(-MOST_BARS);
  const words = targetText(target);
  const last = target.brackets.at(-1);
  const middle = target.load ?? (last ? (last[0] + last[1]) / 2 : (range.low + range.high) / 2);
  const left = Math.min(85, Math.max(15, positionOf(middle, range)));
  return html`<div class="fj-brackets" style="height: ${shown.length * 8}px" aria-hidden="true"
      >${shown.map((each, index) => bar(each, index, shown.length, range))}</div>
    <div class="fj-estimate" ?hidden=${words === ""} style="left: ${left.toFixed(2)}%"
      >${target.load === null ? words : html`<b>${words}</b>`}</div>`;
};

/** The loads below all bars. */
export const axisTemplate = (range: Range): TemplateResult =>
  html`<div class="fj-load-axis" aria-hidden="true">${linearTicks(
    range.low,
    range.high,
    MOST_TICKS,
  ).map(
    (tick) =>
      html`<span style="left: ${positionOf(tick, range).toFixed(2)}%">${format.load(tick)}</span>`,
  )}</div>`;
