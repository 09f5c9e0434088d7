// Axes of a chart of blocking over load: one rule for live charts, fallback HTML and figures.
// Mirrors fusion_jupyter/analysis/axes.py; tests/contracts/axes.json checks both for the same
// limits and ticks.
//
// Blocking spans decades, so its axis is logarithmic, and a logarithmic axis has no zero: loads
// without blocked requests are shown in a separate row below the axis.

import { superscript } from "../ui/format.js";

// No simulation observes less, and no program measures more: values beyond are drawn at the limit.
const SMALLEST = 1e-15;
const LARGEST = 1e15;
const EMPTY: [number, number] = [1e-3, 1];
// An interval that reaches below this share of its value is truncated.
const DEEPEST = 1 / 3;
// Fewer powers of ten than this between the limits: 2 and 5 times them are labelled too.
const FEWEST_POWERS = 3;
// Fewer of these: equal steps are labelled instead.
const FEWEST_TICKS = 3;
const MOST_POWERS = 8;
const NEARLY = 1e-9;

export interface LogAxis {
  low: number;
  high: number;
  /** Labelled values, ascending. */
  ticks: number[];
  labels: string[];
  /** Whether some value is 0, so that the chart has a row for zeros below the axis. */
  noneObserved: boolean;
  /** Position of a value: 0 at the lower limit, 1 at the upper one; null for the row below. */
  position(value: number): number | null;
}

// The decimal text gives the nearest number; a product could be off by a digit.
const power = (factor: number, exponent: number): number => Number(`${factor}e${exponent}`);

/** The exponent of the largest power of ten that is not above a value. */
const decade = (value: number): number => {
  let exponent = Math.floor(Math.log10(value));
  while (power(1, exponent + 1) <= value * (1 + NEARLY)) exponent += 1;
  while (power(1, exponent) > value * (1 + NEARLY)) exponent -= 1;
  return exponent;
};

const floor = (value: number): number => {
  const exponent = decade(value);
  const below = [5, 2, 1].map((factor) => power(factor, exponent));
  return below.find((step) => step <= value * (1 + NEARLY))!;
};

const ceil = (value: number): number => {
  const exponent = decade(value);
  const above = [1, 2, 5, 10].map((factor) => power(factor, exponent));
  return above.find((step) => step >= value * (1 - NEARLY))!;
};

const fitted = (least: number, most: number, capped: boolean): [number, number] => {
  let low = floor(least);
  let high = ceil(most);
  if (capped) {
    low = Math.min(low, 1);
    high = Math.min(high, 1);
  }
  if (low === high) {
    // One value that is a tick itself.
    low = floor(low * 0.9);
    if (!(capped && high === 1)) high = ceil(high * 1.1);
  }
  return [low, high];
};

/** The powers of ten between the limits, thinned out if there are many. */
const powers = (low: number, high: number): number[] => {
  const found: number[] = [];
  for (let exponent = decade(low); exponent <= decade(high); exponent += 1) {
    if (power(1, exponent) >= low) found.push(power(1, exponent));
  }
  const stride = Math.max(1, Math.ceil(found.length / MOST_POWERS));
  return found.filter((_, index) => (found.length - 1 - index) % stride === 0);
};

/** 1, 2 and 5 times the powers of ten between the limits. */
const steps = (low: number, high: number): number[] => {
  const found: number[] = [];
  for (let exponent = decade(low); exponent <= decade(high); exponent += 1) {
    for (const factor of [1, 2, 5]) found.push(power(factor, exponent));
  }
  return found.filter((step) => low <= step && step <= high);
};

const labelOf = (tick: number, wide: boolean): string => {
  const exponent = decade(tick);
  if (!wide && exponent >= -3 && exponent <= 3) return String(Number(tick.toPrecision(12)));
  const factor = Number((tick / power(1, exponent)).toPrecision(6));
  const whole = `10${superscript(exponent)}`;
  return factor === 1 ? whole : `${factor}·${whole}`;
};

/** The axis for values with the half widths of their intervals; null if unknown. */
export const logAxis = (points: Iterable<readonly [number | null, number | null]>): LogAxis => {
  let least = Infinity;
  let most = 0;
  let largest = 0;
  let noneObserved = false;
  for (const [value, half] of points) {
    if (value === null || !Number.isFinite(value) || value < 0) continue;
    if (value === 0) {
      noneObserved = true;
      continue;
    }
    const around = half !== null && Number.isFinite(half) && half > 0 ? half : 0;
    least = Math.min(least, around ? Math.max(value - around, value * DEEPEST) : value);
    most = Math.max(most, value + around);
    largest = Math.max(largest, value);
  }
  const inside = (value: number): number => Math.min(Math.max(value, SMALLEST), LARGEST);
  const [low, high] = largest > 0 ? fitted(inside(least), inside(most), largest <= 1) : EMPTY;
  const whole = powers(low, high);
  const wide = whole.length >= FEWEST_POWERS;
  let ticks = wide ? whole : steps(low, high);
  if (ticks.length < FEWEST_TICKS) ticks = linearTicks(low, high, FEWEST_TICKS + 1);
  const from = Math.log10(low);
  const span = Math.log10(high) - from;
  return {
    low,
    high,
    ticks,
    labels: ticks.map((tick) => labelOf(tick, wide)),
    noneObserved,
    position(value) {
      if (value === 0) return null;
      return (Math.log10(Math.min(Math.max(value, low), high)) - from) / span;
    },
  };
};

/** Round steps between two values: 1, 2 or 5 times a power of ten, about `most` of them. */
export const linearTicks = (low: number, high: number, most: number): number[] => {
  if (!(high > low)) return [low];
  const step = ceil((high - low) / Math.max(1, most));
  const first = Math.ceil(low / step - NEARLY);
  const last = Math.floor(high / step + NEARLY);
  const ticks: number[] = [];
  for (let number = first; number <= last; number += 1) {
    ticks.push(Number((number * step).toPrecision(12)));
  }
  return ticks;
};
