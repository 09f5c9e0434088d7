// The run as this page knows it: small state pushed through the hub, questions answered through it.

import { asker, Line } from "../channel/channel.js";
import { type Ask, HttpFiles, KernelFiles, pageServer, type RunFiles } from "../files/run_files.js";
import { isFinal, type LogState, type Model, type Snapshot } from "../types.js";

const TAIL_LINES = 200;

/** Put the new last lines behind those that are known. */
export const mergeLog = (known: LogState | undefined, news: LogState): LogState => {
  const next = known?.tail;
  if (!next || news.tail.lines.length >= TAIL_LINES) return news;
  const end = next.first + next.lines.length;
  const overlap = end - news.tail.first;
  // A gap, or a file that begins anew: only the news are sure.
  if (overlap < 0 || news.tail.first < next.first) return news;
  const lines = [...next.lines.slice(0, next.lines.length - overlap), ...news.tail.lines];
  const drop = Math.max(0, lines.length - TAIL_LINES);
  return { ...news, tail: { first: next.first + drop, lines: lines.slice(drop) } };
};

export class RunClient {
  snapshot: Snapshot;
  /** The run was deleted. */
  deleted = false;
  /** Ask the kernel about this run; it answers when it is free. */
  readonly ask: Ask;
  private readonly listeners = new Set<() => void>();
  private readonly found: Promise<RunFiles>;
  private http: HttpFiles | null = null;
  private line: Line | null = null;
  private stop: () => void = () => undefined;
  /** This page's clock minus the kernel's, in seconds. */
  private ahead = 0;

  constructor(private readonly model: Model) {
    this.snapshot = model.get("snapshot") as Snapshot;
    this.ahead = Date.now() / 1000 - this.snapshot.now;
    model.on("change:snapshot", this.onState);
    const line = Line.of(model);
    this.ask = asker(model, line);
    this.found = HttpFiles.find(this.snapshot, pageServer(document)).then((http) => {
      this.http = http;
      if (http) this.changed();
      return http ?? new KernelFiles(this.ask);
    });
    void line.then((found) => {
      this.line = found;
      if (found) this.stop = found.listen(this);
    });
  }

  get id(): string {
    return this.snapshot.id;
  }

  get rev(): number {
    return this.snapshot.rev;
  }

  /** How to reach the run's files; asked once, when the first view is made. */
  get files(): Promise<RunFiles> {
    return this.found;
  }

  /** The way over HTTP where there is one; null while that is not known. */
  get direct(): HttpFiles | null {
    return this.http;
  }

  /** The kernel has said nothing for a while: it restarts or is dead, or there is none. */
  get silent(): boolean {
    return this.line?.silent ?? true;
  }

  /** Seconds since 1970 by the kernel's clock. */
  get now(): number {
    return Date.now() / 1000 - this.ahead;
  }

  /** Seconds left by the last estimate, counted down since it was made. */
  get left(): number | null {
    const { eta } = this.snapshot.progress;
    if (eta === null) return null;
    return Math.max(0, eta - (this.now - this.snapshot.now));
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Cancel by the way that works now: the intent file, else the kernel. */
  async cancel(): Promise<void> {
    this.replace({ ...this.snapshot, cancelling: true });
    const files = await this.files;
    try {
      await files.cancel().catch((error: unknown) => {
        if (files.kind === "kernel") throw error;
        return this.ask("cancel");
      });
    } catch (error) {
      this.replace({ ...this.snapshot, cancelling: false });
      throw error;
    }
  }

  async delete(): Promise<void> {
    await this.ask("delete");
    this.gone();
  }

  /** The run was deleted. */
  gone(): void {
    this.deleted = true;
    this.changed();
  }

  /** Take a state that was read from the run directory while the kernel was silent. */
  replace(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.changed();
  }

  /** Take what the hub says, unless something newer is known. */
  take(news: Snapshot): void {
    if (news.rev < this.snapshot.rev) return;
    this.ahead = Date.now() / 1000 - news.now;
    const log = mergeLog(this.snapshot.log, news.log);
    // What this page has asked for stays visible until the run has ended.
    const cancelling = news.cancelling || (this.snapshot.cancelling && !isFinal(news.status));
    this.snapshot = { ...news, log, cancelling };
    // Only in this page: a reload and a saved widget state find the newest without another message.
    this.model.set("snapshot", this.snapshot);
    if (isFinal(news.status)) this.line?.have(this.id);
    this.changed();
  }

  dispose(): void {
    this.model.off("change:snapshot", this.onState);
    this.stop();
    this.listeners.clear();
  }

  private readonly onState = (): void => {
    const state = this.model.get("snapshot") as Snapshot;
    if (state.rev > this.snapshot.rev) this.take(state);
  };

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
