// While the kernel is silent, the page reads the runs on the screen itself.

import type { Snapshot } from "../types.js";
import { type Known, type RunsOnView, readWhileSilent } from "../watch/offline_runs.js";
import { isActive, type RunRow } from "./run_row.js";
import type { RunsClient } from "./runs_client.js";

/** Read runs on the screen as long as the kernel is silent; call the result at the end. */
export const readRows = (client: RunsClient): (() => void) =>
  readWhileSilent(new ScreenRuns(client));

class ScreenRuns implements RunsOnView {
  constructor(readonly client: RunsClient) {}

  wanted(): Known[] {
    const shown = [...this.client.screens].flatMap((screen) => screen()).filter(isActive);
    return [...new Set(shown)].map(knownOf);
  }

  async filesOf(id: string): ReturnType<RunsClient["filesOf"]> {
    const run = this.client.runs.get(id);
    return run ? this.client.filesOf(run) : null;
  }

  take(read: Snapshot): void {
    const run = this.client.runs.get(read.id);
    if (!run) return;
    const { status, cancelling, problem, error, started, completed, duration, now } = read;
    const { fraction, eta, points } = read.progress;
    const known = points.filter((point) => point[1] !== null).at(-1);
    this.client.replace(run, {
      status,
      cancelling,
      problem,
      error,
      started,
      completed,
      duration,
      fraction: fraction ?? run.fraction,
      eta,
      seen: now,
      ...(known && { blocking: known[1], half: known[2] }),
    });
  }
}

const knownOf = (run: RunRow): Known => {
  const { id, simulator, status, cancelling, problem, error, fraction } = run;
  const { started, completed, duration } = run;
  const times = { started, completed, duration };
  return { id, simulator, status, cancelling, problem, error, fraction, points: [], ...times };
};
