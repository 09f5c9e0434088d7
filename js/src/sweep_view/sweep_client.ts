// The page's state of a sweep: its points and what is known about each.

import { Channel, type Listener } from "../channel/channel.js";
import { innerView } from "../channel/inner_view.js";
import type { InnerView, Model } from "../channel/model.js";
import { type Ask, asker } from "../channel/rpc.js";
import { HttpFiles } from "../files/http_files.js";
import { KernelFiles } from "../files/kernel_files.js";
import { pageServer } from "../files/server.js";
import {
  type PointIdentity,
  type PointState,
  SHARED_FILE,
  type SweepCancelled,
  type SweepSnapshot,
} from "../types.js";
import { isFinal } from "../watch/verdict.js";

/** So long a kernel that may be busy is waited for, and so much longer for each run it cancels. */
const PATIENCE_MS = 500;
const PATIENCE_PER_RUN_MS = 2;
/** Runs whose markers are written at once, each with a few requests. */
const AT_ONCE = 16;

/** One point of the sweep. */
export interface SweepPoint extends PointIdentity {
  /** State of its run; null if unknown. */
  state: PointState | null;
}

/** The state after a message; null if the message adds to a state that the page does not have. */
export const merged = (before: SweepSnapshot, received: SweepSnapshot): SweepSnapshot | null => {
  if (received.rev < before.rev) return before;
  if (received.since === 0) return received;
  if (received.since > before.rev || !before.points) return null;
  return {
    ...received,
    since: 0,
    points: before.points,
    states: { ...before.states, ...received.states },
  };
};

export class SweepClient implements Listener {
  snapshot: SweepSnapshot;
  points: SweepPoint[] = [];
  /** How many runs this page reads itself, while the kernel is silent. */
  read = 0;
  readonly ask: Ask;
  private readonly listeners = new Set<() => void>();
  private channel: Channel | null = null;
  private stop: () => void = () => undefined;
  /** This page's clock minus the kernel's, in seconds. */
  private ahead = 0;

  constructor(private readonly model: Model) {
    this.snapshot = model.get("snapshot") as SweepSnapshot;
    this.ahead = Date.now() / 1000 - this.snapshot.now;
    this.arrange();
    model.on("change:opened_id", this.changed);
    const channel = Channel.of(model);
    this.ask = asker(model, channel);
    void channel.then((found) => {
      this.channel = found;
      if (found) this.stop = found.listen(this);
      this.changed();
    });
  }

  get key(): string {
    return `sweep-${this.snapshot.id}`;
  }

  get rev(): number {
    return this.snapshot.rev;
  }

  /** Whether the kernel has been silent for a while: restarting, dead, or absent. */
  get silent(): boolean {
    return this.channel?.silent ?? true;
  }

  /** Seconds since 1970 by the kernel's clock. */
  get now(): number {
    return Date.now() / 1000 - this.ahead;
  }

  /** Whether all runs have ended. */
  get settled(): boolean {
    return this.points.every(({ state }) => state !== null && !isGoing(state));
  }

  /** Seconds left by the last estimate, counted down since it was made; only the kernel makes one. */
  get left(): number | null {
    const { eta, now } = this.snapshot;
    if (eta === null || this.silent) return null;
    return Math.max(0, eta - (this.now - now));
  }

  /** Id of the run whose view is shown below; null if none is. */
  get opened(): string | null {
    return (this.model.get("opened_id") as string | undefined) || null;
  }

  /** Make a view of the opened run. */
  view(): Promise<InnerView> {
    return innerView(this.model, this.model.get("opened") as string);
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Run points again whose run failed or was cancelled. */
  async retry(): Promise<void> {
    await this.ask("retry");
  }

  /**
   * Cancel every run that has not ended, but none that somebody has asked for by itself; gives
   * sentences about those. A kernel that is free does it at once, else the page writes the markers.
   */
  async cancel(): Promise<string[]> {
    const going = this.points.filter(({ state }) => state !== null && isGoing(state));
    const runs = going.map(({ run }) => run);
    const ask = async (): Promise<string[]> => {
      const { value } = await this.ask("cancel", { runs });
      return (value as unknown as SweepCancelled).notes;
    };
    const asked = this.silent ? null : ask();
    let notes: string[] | null = null;
    const answered = asked?.then(
      (found) => {
        notes = found;
      },
      () => undefined, // as long as the server does it
    );
    const patience = PATIENCE_MS + PATIENCE_PER_RUN_MS * runs.length;
    if (answered) await Promise.race([answered, later(patience)]);
    const theirs: string[] = [];
    let left = 0;
    // Last first, so that waiting runs are withdrawn before a slot becomes free for them.
    for (let end = going.length; end > 0 && notes === null; end -= AT_ONCE) {
      const some = going.slice(Math.max(0, end - AT_ONCE), end).reverse();
      const outcomes = await Promise.all(some.map((point) => this.cancelOverHttp(point)));
      const states: Record<string, PointState> = {};
      for (const [index, { run, state }] of some.entries()) {
        if (outcomes[index] === "done") states[run] = { ...state!, cancelling: true };
        else if (outcomes[index] === "shared") theirs.unshift(run);
        else left += 1;
      }
      this.note(states);
    }
    if (notes === null && left > 0) notes = await (asked ?? ask());
    return notes ?? notCancelled(theirs);
  }

  /** The sweep was deleted. */
  deleted(): void {
    this.snapshot = { ...this.snapshot, gone: true };
    this.changed();
  }

  /** Receive a message of the channel. */
  receive(state: unknown): void {
    const received = state as SweepSnapshot;
    const found = merged(this.snapshot, received);
    if (found === null) {
      this.channel?.have(this.key);
      return;
    }
    if (found === this.snapshot) return;
    this.ahead = Date.now() / 1000 - received.now;
    this.snapshot = found;
    this.arrange();
    // Only in this page: a reload and a saved widget state use the newest state anyway.
    this.model.set("snapshot", found);
    if (this.settled) this.channel?.have(this.key);
    this.changed();
  }

  /** The files of a point's run over HTTP; null where the server does not show them. */
  filesOf({ run, state }: SweepPoint): Promise<HttpFiles | null> {
    const { directory, home, private: own } = this.snapshot;
    const located = {
      directory: `${directory}/${run}`,
      home,
      private: own,
      created: state?.created ?? null,
    };
    return HttpFiles.find(located, pageServer(document), new KernelFiles(this.ask));
  }

  /** Take over the states of runs that this page has changed or read. */
  note(states: Readonly<Record<string, PointState>>): void {
    this.snapshot = { ...this.snapshot, states: { ...this.snapshot.states, ...states } };
    this.arrange();
    this.changed();
  }

  dispose(): void {
    this.model.off("change:opened_id", this.changed);
    this.stop();
    this.listeners.clear();
  }

  private async cancelOverHttp(point: SweepPoint): Promise<"done" | "shared" | "failed"> {
    const files = await this.filesOf(point);
    if (files === null) return "failed";
    try {
      if (await files.exists(SHARED_FILE)) return "shared";
      await files.cancel();
      return "done";
    } catch {
      return "failed";
    }
  }

  private arrange(): void {
    const { points = [], states } = this.snapshot;
    this.points = points.map((each) => ({ ...each, state: states[each.run] ?? null }));
  }

  private readonly changed = (): void => {
    for (const listener of [...this.listeners]) listener();
  };
}

/** Sentences about runs that go on, as in fusion_jupyter/studies/ending.py. */
const notCancelled = (runs: readonly string[]): string[] => {
  if (runs.length === 0) return [];
  const listed = `${runs.slice(0, 3).join(", ")}${runs.length > 3 ? ", …" : ""}`;
  return [
    `${runs.length} run${runs.length > 1 ? "s" : ""} not cancelled, because somebody has asked ` +
      `for the same with reuse=True: ${listed}; run.cancel() ends one`,
  ];
};

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Whether the run is pending or running. */
export const isGoing = ({ status }: PointState): boolean => status !== null && !isFinal(status);
