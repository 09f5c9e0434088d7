// The run as this page knows it: small state pushed through the hub, questions answered through it.

import { Channel, type HubMessage } from "./channel.js";
import { HttpFiles, KernelFiles, pageServer, type Ask, type RunFiles } from "./transport.js";
import { isFinal, type LogState, type Model, type Snapshot } from "./types.js";

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
  gone = false;
  private readonly listeners = new Set<() => void>();
  private readonly channel: Channel;
  private hello = 0;
  private found: Promise<RunFiles>;
  private http: HttpFiles | null = null;
  /** This page's clock minus the kernel's, in seconds. */
  private ahead = 0;

  constructor(private readonly model: Model) {
    this.snapshot = model.get("snapshot") as Snapshot;
    this.ahead = Date.now() / 1000 - this.snapshot.now;
    model.on("change:snapshot", this.onState);
    this.found = HttpFiles.find(this.snapshot, pageServer(document)).then((http) => {
      this.http = http;
      if (http) this.changed();
      return http ?? new KernelFiles(this.ask);
    });
    this.channel = new Channel(model, {
      message: (message) => this.receive(message),
      catchUp: () => this.sayHello(),
    });
  }

  /** How to reach the run's files; asked once, when the first view is made. */
  get files(): Promise<RunFiles> {
    return this.found;
  }

  /** The way over HTTP where there is one; null while that is not known. */
  get direct(): HttpFiles | null {
    return this.http;
  }

  /** The kernel has said nothing for a while: it restarts or is dead, or the line is cut. */
  get silent(): boolean {
    return this.channel.silent;
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

  /** Say what this page has; the kernel answers with what is newer. */
  sayHello(): void {
    const now = performance.now();
    if (now - this.hello < 500 && this.hello > 0) return;
    this.hello = now;
    this.channel.send({ kind: "hello", rev: this.snapshot.rev });
  }

  /** Cancel by the way that works now: the intent file, else the kernel. */
  async cancel(): Promise<void> {
    this.replace({ ...this.snapshot, cancelling: true });
    const files = await this.files;
    try {
      await files.cancel();
    } catch (error) {
      if (files.kind === "kernel") {
        this.replace({ ...this.snapshot, cancelling: false });
        throw error;
      }
      await this.ask("cancel");
    }
  }

  async delete(): Promise<void> {
    await this.ask("delete");
    this.gone = true;
    this.changed();
  }

  /** Take a state that was read from the run directory while the kernel was silent. */
  replace(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.changed();
  }

  /** Ask the kernel about this run; it answers when it is free. */
  readonly ask: Ask = (operation, details) => this.channel.ask(operation, details);

  dispose(): void {
    this.model.off("change:snapshot", this.onState);
    this.channel.dispose();
    this.listeners.clear();
  }

  private readonly onState = (): void => {
    const state = this.model.get("snapshot") as Snapshot;
    if (state.rev > this.snapshot.rev) this.take(state);
  };

  private receive(message: HubMessage): void {
    const news = message.runs?.[this.snapshot.id];
    if (news && news.rev >= this.snapshot.rev) this.take(news);
    if (message.gone?.includes(this.snapshot.id)) {
      this.gone = true;
      this.changed();
    }
  }

  private take(news: Snapshot): void {
    this.ahead = Date.now() / 1000 - news.now;
    const log = mergeLog(this.snapshot.log, news.log);
    // What this page has asked for stays visible until the run has ended.
    const cancelling = news.cancelling || (this.snapshot.cancelling && !isFinal(news.status));
    this.snapshot = { ...news, log, cancelling };
    // Only in this page: a reload and a saved widget state find the newest without another message.
    this.model.set("snapshot", this.snapshot);
    if (isFinal(news.status)) this.channel.send({ kind: "have", rev: news.rev });
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
