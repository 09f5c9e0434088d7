// The filter's text: words that a run's text must contain, and `key:value` terms.

import type { Option } from "../types.js";
import { statusWord } from "../watch/situation.js";
import { isActive, optionOf, optionText, type RunRow } from "./run_row.js";

export interface Term {
  /** Empty: any text of the run. */
  key: string;
  /** Between key and value: a colon, or a comparison of numbers. */
  relation: string;
  /** In lower case. */
  value: string;
  /** As it was written. */
  written: string;
  /** Whether the run must not match it. */
  not: boolean;
}

const KEYS = ["status", "name", "network", "simulator", "tag", "sweep", "id"];
/** Further keys, which `fj.runs` does not have; all options are keys, too. */
const MORE_KEYS = ["erlang", "blocking", "template", "engine"];
/** So many of the options are named where a key is wrong. */
const MOST_NAMED = 12;

/** The terms of a filter: `status:failed -tag:old k_paths>1 name:"two words" text`. */
export const parse = (filter: string): Term[] => {
  const found: Term[] = [];
  for (const [, minus, named = "", relation = ":", quoted, plain] of filter.matchAll(
    /(-)?(?:([\w.]+)(:|[<>]=?))?(?:"([^"]*)"?|([^\s"]+))/g,
  )) {
    const written = quoted ?? plain ?? "";
    const key = named === "tags" ? "tag" : named;
    const not = minus !== undefined;
    found.push({ key, relation, value: written.toLowerCase(), written, not });
  }
  return found;
};

/** Whether a run matches all terms; `sweeps`: the sweeps' names by id. */
export const fits = (
  run: RunRow,
  terms: readonly Term[],
  sweeps: Readonly<Record<string, string>>,
): boolean => terms.every((term) => fitsTerm(run, term, sweeps) !== term.not);

const fitsTerm = (
  run: RunRow,
  { key, relation, value }: Term,
  sweeps: Readonly<Record<string, string>>,
): boolean => {
  const begins = (text: string | null): boolean => (text ?? "").toLowerCase().startsWith(value);
  switch (key) {
    case "":
      return textOf(run, sweeps).includes(value);
    case "status":
      return begins(statusWord(run)) || begins(run.status) || (value === "active" && isActive(run));
    case "name":
      return run.name.toLowerCase().includes(value);
    case "network":
      return begins(run.network);
    case "simulator":
      return begins(run.simulator);
    case "tag":
      return run.tags.some(begins);
    case "sweep":
      return run.sweep !== "" && (begins(run.sweep) || begins(sweeps[run.sweep] ?? ""));
    case "id":
      return begins(run.id);
    case "erlang": {
      const { first, last } = run;
      if (first === null || last === null) return false;
      const wanted = Number(value);
      if (relation === ":") return first <= wanted && wanted <= last;
      return holds(relation.startsWith("<") ? first : last, relation, value);
    }
    case "blocking":
      return run.blocking !== null && holds(run.blocking, relation, value);
    default: {
      const option = optionNamed(run, key);
      return option !== undefined && holds(option, relation, value);
    }
  }
};

/** An option by its name or `section.name`. */
const optionNamed = (run: RunRow, key: string): Option | undefined =>
  optionOf(run, key) ?? optionOf(run, key.slice(key.lastIndexOf(".") + 1));

/** Whether a value stands in a relation to a written one; only numbers are more or less. */
const holds = (option: Option, relation: string, value: string): boolean => {
  if (relation === ":") return optionText(option).toLowerCase() === value;
  const wanted = Number(value);
  if (typeof option !== "number" || Number.isNaN(wanted)) return false;
  const equal = relation.endsWith("=") && option === wanted;
  return equal || (relation.startsWith("<") ? option < wanted : option > wanted);
};

/** What is wrong with the keys of a filter; empty if nothing is. */
export const wrongKey = (terms: readonly Term[], runs: ReadonlyMap<string, RunRow>): string => {
  const all = [...runs.values()];
  for (const { key } of terms) {
    if (key === "" || KEYS.includes(key) || MORE_KEYS.includes(key)) continue;
    if (all.some((run) => optionNamed(run, key) !== undefined)) continue;
    const named = all.flatMap(({ options, defaults }) => [
      ...Object.keys(options),
      ...Object.keys(defaults),
    ]);
    const options = [...new Set(named)].slice(0, MOST_NAMED);
    return `${key} is no key; allowed: ${[...KEYS, ...MORE_KEYS, ...options].join(", ")}`;
  }
  return "";
};

const textOf = (run: RunRow, sweeps: Readonly<Record<string, string>>): string =>
  [
    run.id,
    run.name,
    statusWord(run),
    run.network,
    run.simulator,
    run.error,
    sweeps[run.sweep],
    ...run.tags,
  ]
    .join("\n")
    .toLowerCase();

const STATUSES: Record<string, string> = {
  waiting: "pending",
  running: "running",
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
  pending: "pending",
};

/** Keys whose values are names that some run has. */
const KNOWN = ["network", "simulator", "tag"];

/** A text as a Python literal. */
export const quoted = (text: string): string => JSON.stringify(text);

/** Which runs `fj.runs` finds by a value, as fusion_jupyter/manager/filter.py. */
const FOUND: Record<string, (run: RunRow, value: string) => boolean> = {
  status: (run, value) => run.status.toLowerCase() === value,
  name: (run, value) => run.name.toLowerCase().includes(value.toLowerCase()),
  network: (run, value) => run.network?.toLowerCase() === value.toLowerCase(),
  simulator: (run, value) => run.simulator === value,
  tag: (run, value) => run.tags.includes(value),
};

/**
 * The line of Python that finds the same runs; null if there is no short one.
 * @param runs all runs of the table: what is still being written fits some, but finds none of them
 */
export const codeOf = (terms: readonly Term[], runs: readonly RunRow[]): string | null => {
  const given = new Map<string, string[]>();
  for (const { key, relation, value, written, not } of terms) {
    const finds = FOUND[key];
    if (not || relation !== ":" || !finds) return null;
    const exact = key === "status" ? STATUSES[value] : written;
    if (exact === undefined) return null;
    // Such a name is a pattern in Python.
    if (key === "name" && /[*?]/.test(exact)) return null;
    if (KNOWN.includes(key) && !runs.some((run) => finds(run, exact))) return null;
    given.set(key, [...(given.get(key) ?? []), exact]);
  }
  const finds = (run: RunRow): boolean =>
    [...given].every(([key, values]) => values.every((value) => FOUND[key]!(run, value)));
  if (terms.length > 0 && runs.some((run) => fits(run, terms, {}) !== finds(run))) return null;
  const parts: string[] = [];
  for (const [key, values] of given) {
    if (values.length > 1 && key !== "tag") return null;
    const written = values.map(quoted);
    const value = written.length > 1 ? `[${written.join(", ")}]` : written[0]!;
    parts.push(`${key === "tag" ? "tags" : key}=${value}`);
  }
  return `fj.runs(${parts.join(", ")})`;
};
