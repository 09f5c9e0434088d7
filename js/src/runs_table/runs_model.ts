// The displayed runs, their order and groups: the filter, the order, the varied options.

import type { TableModel } from "../ui/table.js";
import { statusWord } from "../watch/situation.js";
import { fits, parse, type Term } from "./query.js";
import { countsOf, leftOf, optionOf, optionText, type RunRow, tookOf } from "./run_row.js";

export type Grouping = "none" | "sweep" | "tag";

export interface RunItem {
  key: string;
  run: RunRow;
}

export interface GroupItem {
  key: string;
  label: string;
  runs: RunRow[];
  closed: boolean;
}

export type Item = RunItem | GroupItem;

export const isGroup = (item: Item): item is GroupItem => "runs" in item;

/** The model's source of runs. */
export interface Source {
  readonly runs: ReadonlyMap<string, RunRow>;
  readonly sweeps: Readonly<Record<string, string>>;
  readonly positions: ReadonlyMap<string, number>;
  readonly now: number;
}

type Value = number | string | null | undefined;

/** Columns of options that do not fit are omitted. */
export const MOST_OPTIONS = 4;
/** So many runs tell which options divide them most. */
const ENOUGH = 500;
export const OPTION = "option:";
const FUTURE = 1e12;
const LARGEST_FIRST = new Set(["started", "progress", "blocking", "took"]);
const RANK = ["running", "cancelling", "waiting", "failed"];
// Comparing numbers inside texts takes too long for many runs.
const MOST_NATURAL = 2000;
const collator = new Intl.Collator("en", { numeric: true });

export class RunsModel implements TableModel<Item, string> {
  rows: Item[] = [];
  /** The displayed runs in order; a run in several groups occurs several times. */
  shown: string[] = [];
  sortKey = "started";
  descending = true;
  grouping: Grouping = "none";
  terms: Term[] = [];
  /** Names of the options in which the displayed runs differ. */
  options: string[] = [];
  /** Whether some of the displayed runs have tags. */
  tagged = false;
  /** Whether some of them are executing. */
  executing = false;
  /** They are of several simulators. */
  mixed = false;
  /** Number of runs that match the filter. */
  fitting = 0;
  /** How many runs there are, by status, in words. */
  counts = "";
  private found: RunRow[] = [];
  private readonly closed = new Set<string>();

  /** It is empty until it is arranged. */
  constructor(private readonly source: Source) {}

  setFilter(filter: string): void {
    this.terms = parse(filter);
    this.arrange();
  }

  setGrouping(grouping: Grouping): void {
    this.grouping = grouping;
    this.closed.clear();
    this.arrange();
  }

  sortBy(key: string): void {
    this.descending = this.sortKey === key ? !this.descending : LARGEST_FIRST.has(key);
    this.sortKey = key;
    this.order();
  }

  /** Whether these are the runs that fit the filter, all of them and no others. */
  areFitting(ids: readonly string[]): boolean {
    const chosen = new Set(ids);
    return chosen.size === this.found.length && this.found.every(({ id }) => chosen.has(id));
  }

  toggle(group: string): void {
    if (!this.closed.delete(group)) this.closed.add(group);
    this.order();
  }

  /** Make the rows anew, from runs that have changed. */
  arrange(): void {
    const { runs, sweeps } = this.source;
    const { terms } = this;
    const all = [...runs.values()];
    const found = terms.length > 0 ? all.filter((run) => fits(run, terms, sweeps)) : all;
    this.counts = countsOf(all);
    this.found = found;
    this.fitting = found.length;
    this.options = varying(found);
    this.tagged = found.some((run) => run.tags.length > 0);
    this.mixed = found.some((run) => run.simulator !== found[0]!.simulator);
    this.executing = found.some((run) => run.status === "RUNNING");
    this.order();
  }

  private order(): void {
    const found = this.sorted(this.found);
    this.rows = this.grouping === "none" ? found.map(itemOf) : this.grouped(found);
    this.shown = [];
    for (const row of this.rows) if (!isGroup(row)) this.shown.push(row.run.id);
  }

  private sorted(runs: RunRow[]): RunRow[] {
    const values = runs.map((run) => this.value(run));
    const natural = runs.length <= MOST_NATURAL;
    const sign = this.descending ? -1 : 1;
    const order = runs.map((_, index) => index);
    order.sort((a, b) => {
      const x = values[a];
      const y = values[b];
      // Runs without a value come last, in either order.
      const emptyX = x === null || x === undefined;
      const emptyY = y === null || y === undefined;
      if (emptyX || emptyY) return emptyX === emptyY ? newest(runs[a]!, runs[b]!) : emptyX ? 1 : -1;
      return sign * compare(x!, y!, natural) || newest(runs[a]!, runs[b]!);
    });
    return order.map((index) => runs[index]!);
  }

  private value(run: RunRow): Value {
    const { sortKey: key, source } = this;
    if (key.startsWith(OPTION)) {
      const value = optionOf(run, key.slice(OPTION.length));
      return typeof value === "boolean" ? Number(value) : value;
    }
    switch (key) {
      case "status": {
        const rank = RANK.indexOf(statusWord(run));
        return rank < 0 ? RANK.length : rank;
      }
      case "network":
        return run.network;
      case "simulator":
        return run.simulator;
      case "loads":
        return run.first;
      case "progress":
        return progress(run, source.positions.get(run.id));
      case "left":
        return leftOf(run, source.now);
      case "blocking":
        return run.blocking;
      case "took":
        return tookOf(run, source.now);
      case "tags":
        return run.tags[0];
      case "started":
        // Waiting runs start after all that have started.
        return run.started ?? (run.status === "PENDING" ? FUTURE : 0) + (run.created ?? 0);
      default:
        return run.name;
    }
  }

  private grouped(runs: RunRow[]): Item[] {
    const groups = new Map<string, RunRow[]>();
    const add = (group: string, run: RunRow): void => {
      const members = groups.get(group);
      if (members) members.push(run);
      else groups.set(group, [run]);
    };
    for (const run of runs) {
      if (this.grouping === "sweep") add(run.sweep, run);
      else if (run.tags.length === 0) add("", run);
      else for (const tag of run.tags) add(tag, run);
    }
    const rows: Item[] = [];
    for (const [group, members] of groups) {
      const key = `group:${group}`;
      const closed = this.closed.has(key);
      rows.push({ key, label: this.label(group), runs: members, closed });
      if (!closed) for (const run of members) rows.push({ key: `${group}/${run.id}`, run });
    }
    return rows;
  }

  private label(group: string): string {
    if (group === "") return this.grouping === "sweep" ? "In no sweep" : "Without a tag";
    return this.grouping === "sweep" ? (this.source.sweeps[group] ?? group) : group;
  }
}

const itemOf = (run: RunRow): RunItem => ({ key: run.id, run });

const newest = (a: RunRow, b: RunRow): number => (b.created ?? 0) - (a.created ?? 0);

const compare = (a: number | string, b: number | string, natural: boolean): number => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const x = `${a}`;
  const y = `${b}`;
  if (natural) return collator.compare(x, y);
  return x < y ? -1 : x > y ? 1 : 0;
};

/** Progress of a run as a number; of the waiting runs, the first in the queue has the most. */
const progress = (run: RunRow, position: number | undefined): number => {
  if (run.status === "COMPLETED") return 1;
  if (run.status === "PENDING") return position === undefined ? -1 : -position / 1e6;
  return run.fraction ?? 0;
};

/** Names of the options, the template and the engine, in which these runs differ. */
export const varying = (runs: readonly RunRow[]): string[] => {
  const simulated = runs.filter((run) => run.simulator !== "command");
  if (simulated.length < 2) return [];
  const names = new Map<string, number>();
  for (const { options } of simulated) {
    for (const name in options) names.set(name, (names.get(name) ?? 0) + 1);
  }
  const differing = (name: string): boolean => {
    const first = optionText(optionOf(simulated[0]!, name));
    return simulated.some((run) => optionText(optionOf(run, name)) !== first);
  };
  const found = [...names.keys()].filter(differing);
  // Those that divide the runs most come first, as the options of a study; then those set by most.
  const some = simulated.slice(0, ENOUGH);
  const variety = new Map(
    found.map((name) => [name, new Set(some.map((run) => optionOf(run, name))).size]),
  );
  found.sort((a, b) => variety.get(b)! - variety.get(a)! || names.get(b)! - names.get(a)!);
  const more = ["template", "engine"].filter((name) => !names.has(name) && differing(name));
  return [...found.slice(0, MOST_OPTIONS - more.length), ...more];
};
