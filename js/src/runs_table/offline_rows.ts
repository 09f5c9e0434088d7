// While the kernel is silent, the page reads the runs on the screen itself, as the view of one run
// does. Of the others the last known state stays.

import type { HttpFiles } from "../files/http_files.js";
import type { Snapshot } from "../types.js";
import { OfflineWatch, type Watched } from "../watch/offline_watch.js";
import { isActive, type RunRow } from "./run_row.js";
import type { RunsClient } from "./runs_client.js";

const POLL_MS = 2000;
/** Each takes some requests. */
const MOST_READ = 12;

/** A run of the table as the offline watch knows runs. */
class ReadRun implements Watched {
  readonly isDeleted = false;
  snapshot: Snapshot;

  constructor(
    private readonly client: RunsClient,
    private readonly run: RunRow,
    readonly http: HttpFiles,
  ) {
    this.snapshot = snapshotOf(run);
  }

  get silent(): boolean {
    return this.client.silent;
  }

  get now(): number {
    return this.client.now;
  }

  replace(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    const { status, cancelling, problem, error, started, completed, duration, now } = snapshot;
    const { fraction, eta, points } = snapshot.progress;
    const known = points.filter((point) => point[1] !== null).at(-1);
    this.client.replace(this.run, {
      status,
      cancelling,
      problem,
      error,
      started,
      completed,
      duration,
      fraction: fraction ?? this.run.fraction,
      eta,
      seen: now,
      ...(known && { blocking: known[1], half: known[2] }),
    });
  }
}

/** What the offline watch needs of a snapshot; it is not asked for the rest. */
const snapshotOf = (run: RunRow): Snapshot => {
  const { id, status, cancelling, problem, error, started, completed, duration, fraction } = run;
  const progress = { fraction, eta: null, events: 0, bad_lines: 0, points: [] };
  const plan = { erlangs: [], max_iters: null, artifacts_version: 0 };
  const log = { count: null, tail: { first: 0, lines: [] } };
  const end = { started, completed, duration, exit_code: null, signal: null };
  const known = { id, status, cancelling, problem, error, progress, log, ...plan, ...end };
  return known as unknown as Snapshot;
};

/** Read runs on the screen as long as the kernel is silent; call the result at the end. */
export const readWhileSilent = (client: RunsClient): (() => void) => {
  const watches = new Map<RunRow, OfflineWatch | null>();
  const read = (run: RunRow): void => {
    const watch = watches.get(run);
    if (watch !== undefined) {
      void watch?.poll();
      return;
    }
    watches.set(run, null);
    void client.filesOf(run).then((files) => {
      if (files) watches.set(run, new OfflineWatch(new ReadRun(client, run, files), files, false));
    });
  };
  const timer = setInterval(() => {
    if (!client.silent) {
      watches.clear();
      client.read = 0;
      return;
    }
    const shown = [...client.screens].flatMap((screen) => screen()).filter(isActive);
    const some = [...new Set(shown)].slice(0, MOST_READ);
    for (const run of some) read(run);
    client.read = some.filter((run) => watches.get(run)).length;
  }, POLL_MS);
  return () => clearInterval(timer);
};
