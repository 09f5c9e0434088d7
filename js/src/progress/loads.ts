// The Erlang loads of a run, as seen in its events, and how much of each is done. Mirrors
// fusion_jupyter/progress/loads.py.

import { MOST_LOADS, type Point } from "../types.js";

/** One load; `erlang` is null for the iterations of a program without loads. */
export interface Load {
  readonly erlang: number | null;
  /** Planned iterations. */
  total: number | null;
  /** Completed iterations. */
  iterations: number;
  blocking: number | null;
  ci: number | null;
  done: boolean;
  /** Whether its first iteration has been reported. */
  reportedFirst: boolean;
  /** Whether another load has reported since. */
  left: boolean;
}

/** How much of a load is done, 0 to 1. */
export const share = (load: Load): number => {
  if (load.done) return 1;
  return load.total ? Math.min(1, load.iterations / load.total) : 0;
};

/**
 * All loads of a run. A load that stops early without an event is considered done when the next one
 * has reported twice, as long as loads come one after another. If an earlier load reports again,
 * loads are simulated concurrently; after that, or after the first event that announces the start
 * or end of a load, nothing is inferred any more.
 */
export class Loads {
  private readonly loads = new Map<number | null, Load>();
  /** Loads that are neither done nor assumed done. */
  private readonly open = new Set<Load>();
  private before: Load | null = null;
  private current: Load | null = null;
  private guessed: Load[] = [];
  private guessing = true;

  get size(): number {
    return this.loads.size;
  }

  get(erlang: number | null): Load | undefined {
    return this.loads.get(erlang);
  }

  /** A load that has not been seen before. */
  add(erlang: number | null, total: number | null): Load {
    const load: Load = {
      erlang,
      total,
      iterations: 0,
      blocking: null,
      ci: null,
      done: false,
      reportedFirst: false,
      left: false,
    };
    if (this.loads.size < MOST_LOADS) {
      this.loads.set(erlang, load);
      this.open.add(load);
    }
    return load;
  }

  /** Record that a load has reported. */
  changed(load: Load): void {
    if (load.total && load.iterations >= load.total) load.done = true;
    if (load.done) this.open.delete(load);
    if (!this.guessing) return;
    if (load !== this.current) {
      this.before = this.current;
      this.current = load;
      if (this.before) this.before.left = true;
      if (load.left) this.stopGuessing();
      return;
    }
    if (this.before && this.open.delete(this.before)) this.guessed.push(this.before);
  }

  /** Stop inferring ends: events announce them, or loads are simulated concurrently. */
  stopGuessing(): void {
    this.guessing = false;
    for (const load of this.guessed) this.open.add(load);
    this.guessed = [];
  }

  /** The only load, if it has no Erlang value. */
  get single(): Load | null {
    return (this.loads.size === 1 && this.loads.get(null)) || null;
  }

  /** The sum over all loads of the share that is done. */
  get done(): number {
    let sum = 0;
    for (const load of this.open) sum += share(load);
    return this.loads.size - this.open.size + sum;
  }

  /** One point for each load, in ascending order. */
  get points(): Point[] {
    const points: Point[] = [];
    for (const { erlang, blocking, ci, iterations, done } of this.loads.values()) {
      if (erlang !== null) points.push([erlang, blocking, ci, iterations, done]);
    }
    return points.sort((a, b) => a[0] - b[0]);
  }
}
