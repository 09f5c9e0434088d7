// Numbers formatted for reading. Mirrors fusion_jupyter/formatting.py; tests/contracts/numbers.json
// checks both.

const NARROW = "\u202f";

/** 7 -> "07". */
export const two = (value: number): string => String(value).padStart(2, "0");

/** 75 -> "1:15", 3675 -> "1:01:15". */
export const duration = (seconds: number): string => {
  const total = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = two(total % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
};

/** How long something took, with tenths where they matter: 0.42 -> "0.4 s". */
export const took = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)}${NARROW}s` : duration(seconds);

/** 0.12 -> "0.120": three significant digits; two below a thousandth, with a power of ten. */
export const probability = (value: number): string => {
  if (value === 0) return "0";
  if (value >= 999.5) return count(value);
  if (value >= 0.001) return value.toPrecision(3);
  return value.toExponential(1).replace("e-", "·10⁻").replace(/\d+$/, superscript);
};

/**
 * Half width of an interval, to two significant digits: 0.0083 -> " ± 0.0083". Empty if there is none,
 * and if it is 0: equal iterations do not show that a value is exact.
 */
export const margin = (half: number | null): string =>
  half
    ? ` ± ${half >= 99.5 ? count(half) : half >= 0.001 ? half.toPrecision(2) : probability(half)}`
    : "";

/** The exponent of a power of ten: -3 -> "⁻³". */
export const superscript = (exponent: number | string): string =>
  [...`${exponent}`].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("");

/** 1204551 -> "1,204,551". */
export const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** 600 -> "600", 612.5 -> "612.5". */
export const load = (erlang: number): string => String(Number(erlang.toFixed(3)));

/** The fraction in whole percent; 100 only if everything is done. */
export const percent = (fraction: number): string =>
  `${fraction >= 1 ? 100 : Math.min(99, Math.floor(fraction * 100 + 1e-9))}${NARROW}%`;

/** 74210 -> "74.2 kB". */
export const bytes = (size: number): string => {
  if (size < 1000) return `${size}${NARROW}B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = size / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)}${NARROW}${units[unit]}`;
};

/** How long ago, in words: 72 -> "1 min ago". */
export const ago = (seconds: number): string => {
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds)}${NARROW}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}${NARROW}h ago`;
  return new Date(Date.now() - seconds * 1000).toISOString().slice(0, 10);
};

/** A moment in local time, with the date unless it is today: "14:03:07". */
export const moment = (seconds: number): string => {
  const at = new Date(seconds * 1000);
  const time = at.toTimeString().slice(0, 8);
  if (at.toDateString() === new Date().toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
};
