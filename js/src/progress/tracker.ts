// Turns lines of progress.jsonl into a run's progress. Mirrors ProgressTracker in
// fusion_jupyter/progress/state.py, except for rates and the remaining time, which a page that
// reads only occasionally cannot estimate.

import type { Progress } from "../types.js";
import { decodeEvent, RESTART } from "./events.js";
import { Position } from "./position.js";

// What Python's bytes.strip() removes.
const BLANK = /^[ \t\n\r\v\f]*$/;

export class ProgressTracker {
  /** Number of this start of the run, from 1; larger if the run was queued again. */
  start = 1;
  private badLines = 0;
  private position: Position;

  /**
   * @param erlangs planned loads in Erlang, in order
   * @param maxIters planned iterations of each load
   * @param historyComplete false if the lines begin in the middle of the file
   */
  constructor(
    private readonly erlangs: readonly number[],
    private readonly maxIters: number | null,
    private historyComplete = true,
  ) {
    this.position = new Position(erlangs, maxIters, historyComplete);
  }

  /** Consume a line without its end. */
  consume(line: string): void {
    const event = decodeEvent(line);
    if (!event) {
      if (!BLANK.test(line)) this.badLines += 1;
      return;
    }
    if (event.type === RESTART) {
      this.beginAnew();
      return;
    }
    if (this.position.beginsAgain(event)) this.beginAnew();
    this.position.consume(event);
    this.position.fraction();
  }

  /** The run was started again: discard the progress of earlier starts. */
  beginAnew(): void {
    if (this.position.events === 0) return;
    this.start += 1;
    this.historyComplete = true;
    this.position = new Position(this.erlangs, this.maxIters, this.historyComplete);
  }

  /** The current progress. */
  get progress(): Progress {
    const { position } = this;
    const { current } = position;
    return {
      fraction: position.fraction(),
      eta: null,
      erlang: current?.erlang ?? null,
      erlang_index: position.erlangIndex,
      total_erlangs: position.totalErlangs,
      iteration: current?.iterations ?? null,
      total_iterations: current ? current.total : this.maxIters,
      rate: null,
      events: position.events,
      bad_lines: this.badLines,
      points: position.loads.points,
    };
  }
}
