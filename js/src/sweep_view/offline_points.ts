// While the kernel is silent, the page reads the runs of a sweep itself.

import type { HttpFiles } from "../files/http_files.js";
import type { Snapshot } from "../types.js";
import { type Known, type RunsOnView, readWhileSilent } from "../watch/offline_runs.js";
import { isFinal } from "../watch/verdict.js";
import { isGoing, type SweepClient, type SweepPoint } from "./sweep_client.js";

/** Read the points' runs as long as the kernel is silent; call the result at the end. */
export const readPoints = (client: SweepClient): (() => void) =>
  readWhileSilent(new PointRuns(client));

class PointRuns implements RunsOnView {
  private turn = 0;

  constructor(readonly client: SweepClient) {}

  wanted(): Known[] {
    const going = this.client.points.filter(({ state }) => state !== null && isGoing(state));
    // The queue starts runs in the order in which they were requested.
    const waiting = going
      .filter(({ state }) => state!.status === "PENDING")
      .sort((a, b) => (a.state!.created ?? 0) - (b.state!.created ?? 0));
    const running = going.filter(({ state }) => state!.status !== "PENDING");
    // Of very many running ones each is read in turn.
    this.turn = running.length > 0 ? (this.turn + 1) % running.length : 0;
    const turned = [...running.slice(this.turn), ...running.slice(0, this.turn)];
    const known = new Map([...turned, ...waiting].map((point) => [point.run, point]));
    return [...known.values()].map(knownOf);
  }

  async filesOf(id: string): Promise<HttpFiles | null> {
    const point = this.client.points.find(({ run }) => run === id);
    return point ? this.client.filesOf(point) : null;
  }

  take(read: Snapshot): void {
    const { id, status, problem, cancelling, error } = read;
    const before = this.client.snapshot.states[id];
    if (!before) return;
    const { fraction, points } = read.progress;
    const state = {
      ...before,
      status: problem === "gone" ? null : status,
      problem: problem === "gone" ? null : problem,
      cancelling,
      error,
      fraction: isFinal(status) ? 1 : (fraction ?? before.fraction),
      points,
    };
    this.client.note({ [id]: state });
  }
}

const knownOf = ({ run, state }: SweepPoint): Known => {
  const { status, problem, cancelling, error, fraction, points } = state!;
  const times = { started: null, completed: null, duration: null };
  // A sweep has no commands, and intervals of all simulators are shown alike.
  const simulator = "embedded";
  const known = { status: status!, cancelling, problem, error, fraction, points };
  return { id: run, simulator, ...known, ...times };
};
