// The position of one start of a run, accumulated from its events. Mirrors
// fusion_jupyter/progress/position.py.

import { type Event, LARGEST_COUNT, LOAD_TYPES, metric } from "./events.js";
import { type Load, Loads, share } from "./loads.js";

export class Position {
  readonly loads = new Loads();
  /** The load of the latest event. */
  current: Load | null = null;
  /** Its number, from 1. */
  erlangIndex: number | null = null;
  totalErlangs: number | null;
  /** Number of events consumed. */
  events = 0;
  private readonly numbers: Map<number, number>;
  private highestIndex = 0;
  private given: number | null = null;
  private shown: number | null = null;

  constructor(
    private readonly planned: readonly number[],
    private readonly maxIters: number | null,
    /** False if the first event is not the first of the run: earlier loads then count as done. */
    private readonly fromStart: boolean,
  ) {
    this.totalErlangs = planned.length || null;
    this.numbers = new Map(planned.map((erlang, index) => [erlang, index + 1]));
  }

  /** Whether an event is the first of the run's next start. */
  beginsAgain(event: Event): boolean {
    if (event.type === "start") return this.events > 0;
    const load = this.loads.get(event.erlang);
    if (!load || load.iterations === 0) return false;
    if (event.type === "erlang_start") return true;
    // No load runs its first iteration twice.
    return event.iteration === 1 && load.reportedFirst && load.iterations > 1;
  }

  /** Consume an event that does not begin a new start. */
  consume(event: Event): void {
    this.events += 1;
    if (event.type !== null) {
      this.consumeType(event);
      if (!LOAD_TYPES.has(event.type)) return;
    }
    if (event.fraction !== null) this.give(event.fraction);
    if (event.total_erlangs !== null) {
      this.totalErlangs = Math.max(this.totalErlangs ?? 0, event.total_erlangs);
    }
    let { erlang } = event;
    const index = event.erlang_index;
    if (erlang === null) {
      if (index !== null && index <= this.planned.length) erlang = this.planned[index - 1]!;
      else if (event.iteration === null) {
        if (event.step !== null && event.total) this.give(Math.min(1, event.step / event.total));
        return;
      }
    }
    const load = this.loads.get(erlang) ?? this.loads.add(erlang, this.maxIters);
    bringForward(load, event);
    if (load !== this.current) {
      this.current = load;
      this.erlangIndex = erlang === null ? null : (this.numbers.get(erlang) ?? null);
    }
    if (index !== null) this.erlangIndex = index;
    this.highestIndex = Math.max(this.highestIndex, this.erlangIndex ?? 0);
    this.loads.changed(load);
  }

  /** Share of the run that is done; never decreases; null if unknown. */
  fraction(): number | null {
    const fraction = this.given ?? this.sum();
    if (fraction !== null) this.shown = Math.max(this.shown ?? 0, Math.min(1, fraction));
    return this.shown;
  }

  private sum(): number | null {
    const { loads } = this;
    if (this.totalErlangs === null) {
      const only = loads.single;
      return only?.total ? share(only) : null;
    }
    if (loads.size === 0) return null;
    let { done } = loads;
    if (!this.fromStart) done += Math.max(0, this.highestIndex - loads.size);
    return done / Math.max(this.totalErlangs, loads.size);
  }

  private give(fraction: number): void {
    this.given = Math.max(this.given ?? 0, fraction);
  }

  private consumeType(event: Event): void {
    if (event.type === "erlang_start" || event.type === "erlang_complete") {
      this.loads.stopGuessing();
    } else if (event.type === "start") {
      this.given = event.fraction;
      this.totalErlangs = event.total_erlangs || this.totalErlangs;
    } else if (event.type === "complete") {
      this.given = 1;
    }
  }
}

const bringForward = (load: Load, event: Event): void => {
  const { metrics } = event;
  let { iteration } = event;
  if (iteration === null && event.type === "iteration") iteration = load.iterations + 1;
  else if (iteration === null && event.type === "erlang_complete") {
    const reported = Math.trunc(metric(metrics, "iterations") ?? 0);
    iteration = Math.min(LARGEST_COUNT, Math.max(0, reported));
  }
  if (iteration !== null) {
    load.iterations = Math.max(load.iterations, iteration);
    load.reportedFirst ||= iteration === 1;
  }
  if (event.total_iterations !== null) load.total = event.total_iterations;
  if (event.blocking !== null) {
    load.blocking = event.blocking;
    load.ci = event.ci;
  } else if (metrics !== null) {
    load.blocking =
      metric(metrics, "blocking_prob") ?? metric(metrics, "blocking") ?? load.blocking;
    load.ci = metric(metrics, "ci_half_width") ?? metric(metrics, "ci") ?? load.ci;
  }
  if (event.type === "erlang_complete") load.done = true;
};
