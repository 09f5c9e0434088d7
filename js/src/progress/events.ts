// One line of progress.jsonl as an event: both documented forms, and simple ones. Mirrors
// fusion_jupyter/progress/events.py; tests/contracts/progress*.json checks both.

import { isObject } from "../ui/values.js";

/** Counts beyond this are mistakes, not progress; it is also where floats stop being exact. */
export const LARGEST_COUNT = Number.MAX_SAFE_INTEGER;

/** Written by the supervisor, not the program, before each start of the program but the first. */
export const RESTART = "fusion_jupyter.restart";

/** Event types of the typed form that concern a load. */
export const LOAD_TYPES: ReadonlySet<string> = new Set([
  "erlang_start",
  "iteration",
  "erlang_complete",
]);

/** The known keys; null if the event does not have them. */
export interface Event {
  type: string | null;
  /** Load in Erlang. */
  erlang: number | null;
  /** Number of the load, from 1. */
  erlang_index: number | null;
  total_erlangs: number | null;
  /** Completed iterations of this load. */
  iteration: number | null;
  total_iterations: number | null;
  /** Share of the whole run that is done, 0 to 1. */
  fraction: number | null;
  /** Completed and planned steps of a program without loads. */
  step: number | null;
  total: number | null;
  blocking: number | null;
  /** Half width of the confidence interval of `blocking`. */
  ci: number | null;
  /** Numbers of the typed form. */
  metrics: Record<string, unknown> | null;
}

class BadLineError extends Error {}

type Fields = Record<string, unknown>;

/** A finite number in a range; null if the key is absent; anything else makes the line invalid. */
const number = (fields: Fields, key: string, low = -Infinity, high = Infinity): number | null => {
  const value = fields[key] ?? null;
  if (value === null) return null;
  if (typeof value !== "number" || !Number.isFinite(value)) throw new BadLineError(key);
  if (value < low || value > high) throw new BadLineError(key);
  return value + 0; // no negative zero
};

const count = (fields: Fields, key: string, low: number): number | null => {
  const value = number(fields, key, low, LARGEST_COUNT);
  if (value !== null && !Number.isInteger(value)) throw new BadLineError(key);
  return value;
};

const textOrNumber = (fields: Fields, key: string): void => {
  if (typeof fields[key] !== "string") number(fields, key);
};

/** The event of a line without its end; null for an invalid line, see the Python half. */
export const decodeEvent = (line: string): Event | null => {
  try {
    const fields = JSON.parse(line) as unknown;
    if (!isObject(fields)) return null;
    const { type = null, metrics = null } = fields;
    if (type !== null && typeof type !== "string") return null;
    if (metrics !== null && !isObject(metrics)) return null;
    textOrNumber(fields, "timestamp");
    textOrNumber(fields, "ts");
    return {
      type,
      metrics,
      erlang: number(fields, "erlang"),
      erlang_index: count(fields, "erlang_index", 1),
      total_erlangs: count(fields, "total_erlangs", 0),
      iteration: count(fields, "iteration", 0),
      total_iterations: count(fields, "total_iterations", 0),
      fraction: number(fields, "fraction", 0, 1),
      step: number(fields, "step", 0),
      total: number(fields, "total", 0),
      blocking: number(fields, "blocking"),
      ci: number(fields, "ci"),
    };
  } catch {
    return null;
  }
};

/** A metric's value if it is a finite number. */
export const metric = (metrics: Fields | null, key: string): number | null => {
  const value = metrics?.[key];
  return typeof value === "number" && Number.isFinite(value) ? value + 0 : null;
};
