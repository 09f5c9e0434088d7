// Values of links as colours, line widths and text.

import type { TopologyState } from "../types.js";
import { count } from "../ui/format.js";

const NARROW = "\u202f";

const percent = (share: number): string => `${Math.round(100 * share)}%`;

/** The colour at this share of the scale; the theme defines low, medium and high. */
export const colour = (share: number): string => {
  const part = Math.min(1, Math.max(0, share));
  return part < 0.5
    ? `color-mix(in oklab, var(--fj-some) ${percent(2 * part)}, var(--fj-little))`
    : `color-mix(in oklab, var(--fj-much) ${percent(2 * part - 1)}, var(--fj-some))`;
};

/** The width of a line in pixels, so that busy links are visible without colours too. */
export const width = (share: number): number => 1.8 + 3.6 * Math.min(1, Math.max(0, share));

/** A value as text. */
export const valueText = (value: number | null, metric: TopologyState["metric"]): string => {
  if (value === null) return "unknown";
  if (metric !== "utilization") return count(value);
  const hundredths = 100 * value;
  const digits =
    hundredths === 0 || hundredths >= 9.5 ? hundredths.toFixed(0) : hundredths.toPrecision(2);
  return `${digits}${NARROW}%`;
};

/** Numbers of the links, busiest first; unknown ones last. */
export const ranked = (values: readonly (number | null)[]): number[] =>
  values
    .map((value, number) => [value ?? Number.NEGATIVE_INFINITY, number] as const)
    .sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : b[0] - a[0]))
    .map(([, number]) => number);
