// Reads a run's directory without the kernel: while the kernel is silent, the view is updated from
// the same small files that the kernel reads.

import type { HttpFiles } from "../files/http_files.js";
import { shown } from "../progress/half_width.js";
import { ProgressTracker } from "../progress/tracker.js";
import {
  CANCEL_FILE,
  HEARTBEAT_SECONDS,
  LOCK_FILE,
  LOG_FOLDER,
  PROGRESS_FILE,
  type Progress,
  type Snapshot,
  STATE_FILE,
} from "../types.js";
import { LogTail } from "./log_tail.js";
import { type SmallFiles, situationOf } from "./situation.js";
import { type Source, Tail } from "./tail.js";
import { isFinal } from "./verdict.js";

const POLL_MS = 500;
/** For a run that has ended only its folder is checked, and rarely, because there may be many. */
const FINAL_MS = 30_000;
const STATE_BYTES = 512 * 1024;
// Of a longer progress file only the end is read; the earlier part is known from the kernel.
const PROGRESS_BYTES = 8 * 1024 * 1024;

/** The run as the page knows it. */
export interface Watched {
  readonly snapshot: Snapshot;
  /** Whether the kernel has been silent for a while. */
  readonly silent: boolean;
  /** Whether this page deleted the run. */
  readonly isDeleted: boolean;
  /** The run's files over HTTP; null if that is not possible. */
  readonly http: HttpFiles | null;
  /** Seconds since 1970 by the kernel's clock. */
  readonly now: number;
  replace(snapshot: Snapshot): void;
}

export class OfflineWatch {
  private readonly log: LogTail;
  private progress: Tail | null = null;
  private tracker: ProgressTracker | null = null;
  private complete = true;
  private busy = false;
  private seen: number | null = null;
  private nextSeen = 0;

  constructor(
    private readonly run: Watched,
    private readonly files: HttpFiles,
    /** Whether the run's log is of interest. */
    private readonly withLog = true,
  ) {
    this.log = new LogTail(this.source(`${LOG_FOLDER}/${run.snapshot.id}.log`));
  }

  /** Poll once for changes. */
  async poll(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const before = this.run.snapshot;
      const situation = situationOf(await this.smallFiles(), before, this.run.now);
      const here = situation.problem !== "gone";
      const progress = here ? await this.pollProgress(before) : before.progress;
      const log = here && this.withLog ? await this.log.poll(before.log) : before.log;
      // The kernel may have sent something meanwhile, which takes precedence.
      if (!this.run.silent || this.run.snapshot !== before) return;
      const changed =
        situation.status !== before.status || progress.events !== before.progress.events;
      this.run.replace({
        ...before,
        ...situation,
        now: this.run.now,
        // Why a run waits only its engine knows, and only the kernel asks it.
        report: situation.status === before.status ? before.report : null,
        progress,
        log,
        artifacts_version: before.artifacts_version + (changed ? 1 : 0),
      });
    } catch {
      // The server does not answer either; the next poll may reach it.
    } finally {
      this.busy = false;
    }
  }

  /** Check whether the folder of a run that has ended exists. */
  async pollFolder(): Promise<void> {
    const before = this.run.snapshot;
    try {
      const gone = !(await this.files.exists(""));
      const problem = gone ? "gone" : before.problem === "gone" ? null : before.problem;
      if (problem !== before.problem && this.run.snapshot === before) {
        this.run.replace({ ...before, problem });
      }
    } catch {
      // The server does not answer: nothing is known.
    }
  }

  private async smallFiles(): Promise<SmallFiles> {
    const state = await this.readState();
    const folder = state !== null || (await this.files.exists(""));
    if (!folder) return { folder, state: null, cancel: false, seen: null };
    const cancel = await this.files.exists(CANCEL_FILE);
    return { folder, state, cancel, seen: await this.lastSeen() };
  }

  private async readState(): Promise<string | null> {
    if ((await this.files.head(STATE_FILE)) === null) return null;
    const { bytes } = await this.files.read(STATE_FILE, 0, STATE_BYTES);
    return new TextDecoder().decode(bytes);
  }

  /** When the supervisor touched its lock file: its heartbeat. */
  private async lastSeen(): Promise<number | null> {
    const now = performance.now();
    if (now >= this.nextSeen) {
      this.nextSeen = now + 1000 * HEARTBEAT_SECONDS;
      this.seen = (await this.files.head(LOCK_FILE))?.modified ?? null;
    }
    return this.seen;
  }

  private async pollProgress(before: Snapshot): Promise<Progress> {
    const source = this.source(PROGRESS_FILE);
    if (this.progress === null) {
      const start = Math.max(0, ((await source.size()) ?? 0) - PROGRESS_BYTES);
      this.complete = start === 0;
      this.progress = new Tail(source, start, start > 0);
    }
    const { lines, restarted } = await this.progress.poll();
    if (restarted) {
      this.tracker = null;
      this.complete = true;
    }
    this.tracker ??= new ProgressTracker(before.erlangs, before.max_iters, this.complete);
    for (const line of lines) this.tracker.consume(line);
    const { progress } = this.tracker;
    const read = { ...progress, points: shown(progress.points, before.simulator) };
    // What was known belongs to an earlier start.
    return this.tracker.start > 1 ? read : merged(read, before.progress, this.complete);
  }

  private source(path: string): Source {
    return {
      size: async () => (await this.files.head(path))?.size ?? null,
      read: (start, end) => this.files.read(path, start, end),
    };
  }
}

/** The progress read, combined with the kernel's knowledge of the unread part. */
const merged = (read: Progress, known: Progress, complete: boolean): Progress => {
  if (read.events === 0 && read.bad_lines === 0) return { ...known, eta: null, rate: null };
  if (complete) return read;
  const points = new Map(known.points.map((point) => [point[0], point]));
  for (const point of read.points) points.set(point[0], point);
  return {
    ...read,
    fraction: Math.max(read.fraction ?? 0, known.fraction ?? 0),
    events: Math.max(read.events, known.events),
    bad_lines: Math.max(read.bad_lines, known.bad_lines),
    points: [...points.values()].sort((a, b) => a[0] - b[0]),
  };
};

/** Poll the run directory as long as the kernel is silent. */
export const watchWhileSilent = (run: Watched): (() => void) => {
  let watch: OfflineWatch | null = null;
  let nextFolder = 0;
  const timer = setInterval(() => {
    const files = run.http;
    if (run.isDeleted || !files || !run.silent) {
      watch = null;
      return;
    }
    watch ??= new OfflineWatch(run, files);
    if (!isFinal(run.snapshot.status)) {
      void watch.poll();
      return;
    }
    const now = performance.now();
    if (now < nextFolder) return;
    // Not all views of a page at once; a kernel whose runs have all ended is also silent.
    if (nextFolder > 0) void watch.pollFolder();
    nextFolder = now + FINAL_MS * (0.75 + Math.random() / 2);
  }, POLL_MS);
  return () => clearInterval(timer);
};
