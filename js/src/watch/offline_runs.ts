// While the kernel is silent, a view of many runs reads some of them itself, as the view of one run
// does. Of the others the last known state stays.

import type { HttpFiles } from "../files/http_files.js";
import type { Snapshot } from "../types.js";
import { OfflineWatch, type Watched } from "./offline_watch.js";

const POLL_MS = 2000;
/** A run whose files were not found is looked for again after this time. */
const RETRY_MS = 10_000;
/** Each takes some requests. */
const MOST_READ = 12;

/** What a view of many runs knows of one. */
export type Known = Pick<
  Snapshot,
  | "id"
  | "simulator"
  | "status"
  | "cancelling"
  | "problem"
  | "error"
  | "started"
  | "completed"
  | "duration"
> & { fraction: number | null; points: Snapshot["progress"]["points"] };

/** The state of a view of many runs. */
interface Client {
  /** Whether the kernel has been silent for a while. */
  readonly silent: boolean;
  /** Seconds since 1970 by the kernel's clock. */
  readonly now: number;
  /** How many runs the page reads itself. */
  read: number;
}

/** The runs of a view. */
export interface RunsOnView {
  readonly client: Client;
  /** The active runs that may be read, the most important one first. */
  wanted(): Known[];
  /** The files of a run over HTTP; null where the server does not show them. */
  filesOf(id: string): Promise<HttpFiles | null>;
  /** Take over what the page has read of a run. */
  take(read: Snapshot): void;
}

/** A run of the view as the offline watch knows runs. */
class ReadRun implements Watched {
  readonly isDeleted = false;
  snapshot: Snapshot;

  constructor(
    private readonly runs: RunsOnView,
    known: Known,
    readonly http: HttpFiles,
  ) {
    this.snapshot = snapshotOf(known);
  }

  get silent(): boolean {
    return this.runs.client.silent;
  }

  get now(): number {
    return this.runs.client.now;
  }

  replace(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.runs.take(snapshot);
  }
}

/** What the offline watch needs of a snapshot; it is not asked for the rest. */
const snapshotOf = ({ fraction, points, ...known }: Known): Snapshot => {
  const progress = { fraction, eta: null, events: 0, bad_lines: 0, points };
  const plan = { erlangs: [], max_iters: null, artifacts_version: 0 };
  const log = { count: null, tail: { first: 0, lines: [] } };
  const end = { exit_code: null, signal: null };
  return { ...known, progress, log, ...plan, ...end } as unknown as Snapshot;
};

/** Read a view's runs as long as the kernel is silent; call the result at the end. */
export const readWhileSilent = (runs: RunsOnView): (() => void) => {
  const { client } = runs;
  const watches = new Map<string, OfflineWatch | null>();
  const read = (known: Known): void => {
    const watch = watches.get(known.id);
    if (watch !== undefined) {
      void watch?.poll();
      return;
    }
    watches.set(known.id, null);
    const found = (files: HttpFiles | null): void => {
      // The kernel was back meanwhile.
      if (watches.get(known.id) !== null) return;
      if (files && client.silent) {
        watches.set(known.id, new OfflineWatch(new ReadRun(runs, known, files), files, false));
        return;
      }
      setTimeout(() => {
        if (watches.get(known.id) === null) watches.delete(known.id);
      }, RETRY_MS);
    };
    void runs.filesOf(known.id).then(found, () => found(null));
  };
  const timer = setInterval(() => {
    if (!client.silent) {
      watches.clear();
      client.read = 0;
      return;
    }
    const some = runs.wanted().slice(0, MOST_READ);
    for (const known of some) read(known);
    client.read = some.filter(({ id }) => watches.get(id)).length;
  }, POLL_MS);
  return () => clearInterval(timer);
};
