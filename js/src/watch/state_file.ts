// Reads state.json. Mirrors State and read in fusion_jupyter/manager/state_files.py;
// tests/contracts/states.json checks both.

import type { Status } from "../types.js";
import { isObject } from "../ui/values.js";
import type { Found } from "./verdict.js";

const FORMAT_VERSION = 1;
const MOST_LEVELS = 32;
const LONGEST_TEXT = 1000;
const LONGEST_MESSAGE = 10_000;
const LARGEST_PID = 2 ** 31;

export interface State {
  status: Status | null;
  started: number | null;
  completed: number | null;
  duration: number | null;
  exit_code: number | null;
  signal: number | null;
  error: string | null;
  host: string | null;
}

export interface Reading {
  found: Found;
  /** The valid fields, also of a damaged or newer file; null if there is no object. */
  content: State | null;
}

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const STATUSES: readonly unknown[] = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"];
const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/i;

const whole =
  (low: number, high: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
const amount: Check = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const text =
  (longest: number): Check =>
  (value) =>
    typeof value === "string" && [...value].length <= longest;
// Times of a run are after 1970; without a time zone they are ambiguous to a reader elsewhere.
const moment: Check = (value) =>
  typeof value === "string" && MOMENT.test(value) && Date.parse(value) >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const pid = whole(1, LARGEST_PID);

const identity: Check = (value) =>
  isObject(value) &&
  Object.entries({
    pid: optional(pid),
    start_time: optional(whole(-(2 ** 63), 2 ** 63)),
    boot_id: optional(text(LONGEST_TEXT)),
    process_table: optional(text(LONGEST_TEXT)),
    host: optional(text(LONGEST_TEXT)),
  }).every(([name, check]) => value[name] === undefined || check(value[name]));

const CHECKS: Readonly<Record<string, Check>> = {
  version: whole(-(2 ** 63), 2 ** 63),
  status: (value) => STATUSES.includes(value),
  supervisor: optional(identity),
  started_at: optional(moment),
  completed_at: optional(moment),
  duration_seconds: optional(amount),
  cpu_seconds: optional(amount),
  peak_memory_bytes: optional(whole(0, 2 ** 53)),
  pid: optional(pid),
  pgid: optional(pid),
  exit_code: optional(whole(-(2 ** 31), 2 ** 31)),
  signal: optional(whole(1, 255)),
  error_message: optional(text(LONGEST_MESSAGE)),
  survivors: (value) => Array.isArray(value) && value.every(pid),
};

const isDeep = (value: unknown, levels = MOST_LEVELS): boolean => {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeep(item, levels - 1));
};

/** Numbers that JSON can express but that cannot be meant. */
const isFiniteThroughout = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isFiniteThroughout);
};

const parse = (content: string): Fields | null => {
  try {
    const value = JSON.parse(content) as unknown;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

/** Read the text of a state.json; null: the file does not exist. */
export const readState = (content: string | null): Reading => {
  if (content === null) return { found: "missing", content: null };
  const fields = parse(content);
  if (!fields) return { found: "damaged", content: null };
  const sound: Fields = {};
  let damaged = !("status" in fields);
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = fields[name];
    if (value === undefined) continue;
    if (check(value)) sound[name] = value;
    else damaged = true;
  }
  const { version = 1 } = fields;
  const newer = typeof version === "number" && version > FORMAT_VERSION;
  // Of what is not as it should be, only what anybody can mean is looked at any closer.
  if ((newer || damaged) && (isDeep(fields) || !isFiniteThroughout(fields))) {
    return { found: "damaged", content: null };
  }
  return { found: newer ? "newer" : damaged ? "damaged" : "ok", content: stateOf(sound) };
};

const stateOf = (fields: Fields): State => {
  const seconds = (name: string): number | null =>
    typeof fields[name] === "string" ? Date.parse(fields[name] as string) / 1000 : null;
  const supervisor = (fields.supervisor ?? {}) as Fields;
  return {
    status: (fields.status ?? null) as Status | null,
    started: seconds("started_at"),
    completed: seconds("completed_at"),
    duration: (fields.duration_seconds ?? null) as number | null,
    exit_code: (fields.exit_code ?? null) as number | null,
    signal: (fields.signal ?? null) as number | null,
    error: (fields.error_message ?? null) as string | null,
    host: (supervisor.host ?? null) as string | null,
  };
};
