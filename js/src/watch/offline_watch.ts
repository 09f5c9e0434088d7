// Reading a run's directory without the kernel: while it is silent, the view goes on living from
// the same small files that the kernel reads.

import type { HttpFiles } from "../files/run_files.js";
import type { RunClient } from "../run_view/run_client.js";
import {
  isFinal,
  type Point,
  type Progress,
  type Snapshot,
  type Status,
  type Tail,
} from "../types.js";

const PIECE = 512 * 1024;
// Of a longer progress file only the end is read; what came before is known from the kernel.
const PROGRESS_BYTES = 8 * 1024 * 1024;
const TAIL_LINES = 200;
const STATUSES = new Set(["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]);

interface Load {
  point: Point;
  total: number | null;
}

const finite = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** What the lines of progress.jsonl say; lines that are no JSON objects are counted and passed over. */
export class ProgressReader {
  private readonly loads = new Map<number, Load>();
  private reported: number | null = null;
  private latest: Partial<Progress> = {};
  private events = 0;
  private bad = 0;

  constructor(
    private readonly erlangs: number[],
    private readonly iterations: number | null,
  ) {}

  take(lines: string[]): void {
    for (const line of lines) {
      if (line.trim() === "") continue;
      try {
        const value = JSON.parse(line) as unknown;
        if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
        this.event(value as Record<string, unknown>);
        this.events += 1;
      } catch {
        this.bad += 1;
      }
    }
  }

  /** The progress so far, on top of what was known before: that never goes back. */
  progress(known: Progress): Progress {
    if (this.events === 0) return { ...known, eta: null };
    const points = new Map(known.points.map((point) => [point[0], point]));
    for (const { point } of this.loads.values()) points.set(point[0], point);
    const sorted = [...points.values()].sort((a, b) => a[0] - b[0]);
    const fraction = this.reported ?? this.computed(sorted);
    return {
      ...known,
      ...this.latest,
      eta: null,
      rate: null,
      fraction: fraction === null ? known.fraction : Math.max(fraction, known.fraction ?? 0),
      points: sorted,
      events: Math.max(this.events, known.events),
      bad_lines: Math.max(this.bad, known.bad_lines),
    };
  }

  private computed(points: Point[]): number | null {
    const count = this.latest.total_erlangs ?? this.erlangs.length;
    if (!count) return null;
    let done = 0;
    for (const [erlang, , , iterations, ended] of points) {
      const planned = this.loads.get(erlang)?.total ?? this.iterations;
      done += ended ? 1 : planned ? Math.min(1, iterations / planned) : 0;
    }
    return Math.min(1, done / count);
  }

  private report(fraction: number | null): void {
    if (fraction === null) return;
    this.reported = Math.max(this.reported ?? 0, Math.min(1, Math.max(0, fraction)));
  }

  private event(event: Record<string, unknown>): void {
    this.report(finite(event.fraction));
    if (event.type === "complete") this.report(1);
    const steps = finite(event.total);
    if (steps) this.report(finite(event.step) === null ? null : finite(event.step)! / steps);
    const erlang = finite(event.erlang);
    if (erlang === null) return;
    const metrics = (event.metrics ?? {}) as Record<string, unknown>;
    const load = this.loads.get(erlang) ?? {
      point: [erlang, null, null, 0, false] as Point,
      total: null,
    };
    const blocking =
      finite(event.blocking) ?? finite(metrics.blocking_prob) ?? finite(metrics.blocking);
    const half = finite(event.ci) ?? finite(metrics.ci_half_width);
    const iteration = finite(event.iteration) ?? finite(metrics.iterations);
    const total = finite(event.total_iterations) ?? load.total;
    const done =
      load.point[4] ||
      event.type === "erlang_complete" ||
      (iteration !== null && total !== null && iteration >= total);
    this.loads.set(erlang, {
      total,
      point: [
        erlang,
        blocking ?? load.point[1],
        half ?? load.point[2],
        iteration ?? load.point[3],
        done,
      ],
    });
    const index = this.erlangs.indexOf(erlang);
    this.latest = {
      erlang,
      erlang_index: finite(event.erlang_index) ?? (index >= 0 ? index + 1 : null),
      total_erlangs: finite(event.total_erlangs) ?? (this.erlangs.length || null),
      iteration: iteration ?? load.point[3],
      total_iterations: total ?? this.iterations,
    };
  }
}

/** Follows a file that grows: whole lines, from a byte on. */
class Follower {
  private rest: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly files: HttpFiles,
    private readonly path: string,
    private offset: number,
    /** The offset lies somewhere in a line, which is passed over. */
    private cut = false,
  ) {}

  /** The lines that were finished since the last call. */
  async lines(): Promise<string[]> {
    const found: string[] = [];
    for (;;) {
      const size = await this.files.size(this.path);
      if (size <= this.offset) return found;
      const { bytes } = await this.files.read(
        this.path,
        this.offset,
        Math.min(size, this.offset + PIECE),
      );
      if (bytes.length === 0) return found;
      this.offset += bytes.length;
      const joined = new Uint8Array(this.rest.length + bytes.length);
      joined.set(this.rest);
      joined.set(bytes, this.rest.length);
      const end = joined.lastIndexOf(10) + 1;
      this.rest = joined.slice(end);
      if (end === 0) continue;
      const lines = new TextDecoder().decode(joined.subarray(0, end)).split("\n");
      lines.pop();
      if (this.cut) lines.shift();
      this.cut = false;
      for (const line of lines) found.push(line);
    }
  }
}

export class DirectWatch {
  private progress: Follower | null = null;
  private reader: ProgressReader | null = null;
  private log: Follower | null = null;
  private complete = 0;
  private busy = false;
  private version = 0;

  constructor(
    private readonly client: RunClient,
    private readonly files: HttpFiles,
  ) {}

  /** Forget what was read: the kernel speaks again. */
  reset(): void {
    this.progress = null;
    this.reader = null;
    this.log = null;
  }

  /** Look once at what has changed. */
  async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const before = this.client.snapshot;
      const state = await this.state();
      const progress = await this.readProgress(before);
      const log = await this.readLog(before);
      const now = this.client.now;
      if (!this.client.silent) return;
      const changed = state.status !== before.status || progress.events !== before.progress.events;
      if (changed) this.version += 1;
      this.client.replace({
        ...before,
        ...state,
        now,
        progress,
        log,
        artifacts_version: before.artifacts_version + (changed ? 1 : 0),
      });
    } catch {
      // The server does not answer either; the next look may find it again.
    } finally {
      this.busy = false;
    }
  }

  private async state(): Promise<Partial<Snapshot>> {
    if ((await this.files.size("state.json")) === 0) return {};
    const { bytes } = await this.files.read("state.json", 0, PIECE);
    const state = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (!STATUSES.has(String(state.status))) return {};
    const moment = (value: unknown): number | null =>
      typeof value === "string" ? Date.parse(value) / 1000 : null;
    return {
      status: state.status as Status,
      started: moment(state.started_at),
      completed: moment(state.completed_at),
      duration: finite(state.duration_seconds),
      exit_code: finite(state.exit_code),
      signal: finite(state.signal),
      error: typeof state.error_message === "string" ? state.error_message : null,
    };
  }

  private async readProgress(before: Snapshot): Promise<Progress> {
    if (this.progress === null) {
      const size = await this.files.size("progress.jsonl");
      const start = Math.max(0, size - PROGRESS_BYTES);
      this.progress = new Follower(this.files, "progress.jsonl", start, start > 0);
    }
    this.reader ??= new ProgressReader(before.erlangs, before.max_iters);
    this.reader.take(await this.progress.lines());
    return this.reader.progress(before.progress);
  }

  private async readLog(before: Snapshot): Promise<Snapshot["log"]> {
    const path = `logs/${before.id}.log`;
    if (this.log === null) {
      // Only the file itself tells which line begins at which byte.
      const offset = await this.countLines(path);
      this.log = new Follower(this.files, path, offset);
      const count = this.complete;
      const { tail } = before.log;
      const lines = tail.lines.slice(0, Math.max(0, count - tail.first));
      return { count, tail: { first: Math.min(tail.first, count), lines } };
    }
    const lines = await this.log.lines();
    if (lines.length === 0) return before.log;
    const { tail } = before.log;
    const joins = tail.first + tail.lines.length === this.complete;
    const all = joins ? [...tail.lines, ...lines] : lines;
    this.complete += lines.length;
    const shown = all.slice(-TAIL_LINES);
    const next: Tail = { first: this.complete - shown.length, lines: shown };
    return { count: this.complete, tail: next };
  }

  /** Count the complete lines of a file; gives the byte behind the last one. */
  private async countLines(path: string): Promise<number> {
    const size = await this.files.size(path);
    let at = 0;
    let end = 0;
    this.complete = 0;
    while (at < size) {
      const { bytes } = await this.files.read(path, at, Math.min(size, at + 2 * PIECE));
      if (bytes.length === 0) break;
      for (let n = bytes.indexOf(10); n >= 0; n = bytes.indexOf(10, n + 1)) {
        this.complete += 1;
        end = at + n + 1;
      }
      at += bytes.length;
    }
    return end;
  }
}

/** Look at the run directory as long as the kernel is silent and the run goes on. */
export const watchWhileSilent = (client: RunClient): (() => void) => {
  let watch: DirectWatch | null = null;
  const timer = setInterval(() => {
    if (client.deleted || isFinal(client.snapshot.status)) return;
    const files = client.direct;
    if (!files || !client.silent) {
      watch = null;
      return;
    }
    watch ??= new DirectWatch(client, files);
    void watch.look();
  }, 500);
  return () => clearInterval(timer);
};
