// One run of the table, and the conversion of a message's columns to runs.

import type { Option, RunColumns } from "../types.js";
import { statusWord } from "../watch/situation.js";

type Cells = { [K in keyof RunColumns]: RunColumns[K][number] };

/** Values by option name. */
export type Options = Readonly<Record<string, Option>>;

export interface RunRow extends Cells {
  /** Values of options that it does not set itself, as far as they are known. */
  defaults: Options;
  /** When its estimates were made, in seconds since 1970 by the kernel's clock. */
  seen: number;
}

/** Run number `at` of the columns. Written out: by name it takes ten times as long. */
export const rowOf = (
  columns: RunColumns,
  at: number,
  seen: number,
  defaults: readonly Options[] = [],
): RunRow => ({
  id: columns.id[at]!,
  name: columns.name[at]!,
  status: columns.status[at]!,
  cancelling: columns.cancelling[at]!,
  problem: columns.problem[at]!,
  simulator: columns.simulator[at]!,
  engine: columns.engine[at]!,
  template: columns.template[at]!,
  network: columns.network[at]!,
  options: columns.options[at]!,
  values: columns.values[at]!,
  defaults: defaults[columns.values[at]!] ?? {},
  tags: columns.tags[at]!,
  sweep: columns.sweep[at]!,
  first: columns.first[at]!,
  last: columns.last[at]!,
  fraction: columns.fraction[at]!,
  eta: columns.eta[at]!,
  blocking: columns.blocking[at]!,
  half: columns.half[at]!,
  created: columns.created[at]!,
  started: columns.started[at]!,
  completed: columns.completed[at]!,
  duration: columns.duration[at]!,
  error: columns.error[at]!,
  reason: columns.reason[at]!,
  private: columns.private[at]!,
  seen,
});

/** The effective options of a run by name, with its template and engine, for filters and columns. */
export const optionOf = (run: RunRow, name: string): Option | undefined => {
  const own = name in run.options ? run.options[name] : run.defaults[name];
  if (own !== undefined) return own;
  if (name === "template") return baseName(run.template) || undefined;
  return name === "engine" ? run.engine : undefined;
};

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** A value as a user writes it. */
export const optionText = (value: Option | undefined): string =>
  value === undefined ? "" : (PYTHON.get(value) ?? `${value}`);

const PYTHON = new Map<Option, string>([
  [true, "True"],
  [false, "False"],
  [null, "None"],
]);

export const isActive = ({ status }: Pick<RunRow, "status">): boolean =>
  status === "PENDING" || status === "RUNNING";

/** Seconds that a run took, or takes so far. */
export const tookOf = (run: RunRow, now: number): number | null => {
  if (run.duration !== null) return run.duration;
  if (run.started === null) return null;
  const end = run.status === "RUNNING" ? now : run.completed;
  return end === null ? null : Math.max(0, end - run.started);
};

/** Seconds left by the last estimate, counted down since it was made. */
export const leftOf = (run: RunRow, now: number): number | null =>
  run.eta === null || run.status !== "RUNNING" ? null : Math.max(0, run.eta - (now - run.seen));

const ORDER = ["cancelling", "running", "waiting", "completed", "failed", "cancelled"];

/** Number of runs by status, in words. */
export const countsOf = (runs: Iterable<RunRow>): string => {
  const counts = new Map<string, number>();
  for (const run of runs) {
    const word = statusWord(run);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const rank = (word: string): number => (ORDER.indexOf(word) + ORDER.length + 1) % 100;
  return [...counts]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([word, count]) => `${count.toLocaleString("en-US")} ${word}`)
    .join(" · ");
};

/** 1 -> "1st in line". */
export const positionText = (position: number): string => {
  const teen = Math.floor(position / 10) % 10 === 1;
  const ending = teen ? "th" : (["th", "st", "nd", "rd"][position % 10] ?? "th");
  return `${position}${ending} in line`;
};
