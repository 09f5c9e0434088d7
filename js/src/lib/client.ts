// The run as this page knows it: small state pushed through the hub, questions answered through it.

import { HttpFiles, KernelFiles, pageServer, type Ask, type RunFiles } from "./transport.js";
import { isFinal, type HubModel, type LogState, type Model, type Snapshot } from "./types.js";

const TAIL_LINES = 200;
const ANSWER_SECONDS = 60;
/** The hub speaks at least every second while a run is going; after this it counts as silent. */
const SILENT_MS = 2500;

interface Reply {
  id: string;
  value?: Record<string, unknown>;
  error?: string;
  buffer?: number;
}

interface HubMessage {
  n: number;
  runs?: Record<string, Snapshot>;
  replies?: Reply[];
  gone?: string[];
}

interface Waiting {
  resolve(answer: { value: Record<string, unknown>; bytes: Uint8Array }): void;
  reject(error: Error): void;
}

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
  private readonly waiting = new Map<string, Waiting>();
  private readonly page = Math.random().toString(36).slice(2, 10);
  private asked = 0;
  private last = 0;
  private heard = performance.now();
  private hello = 0;
  private hub: HubModel | null = null;
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
    void this.connect();
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
    return performance.now() - this.heard > SILENT_MS;
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
    this.send({ kind: "hello", rev: this.snapshot.rev });
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

  readonly ask: Ask = (operation, details = {}) => {
    const id = `${this.page}:${(this.asked += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error("The kernel does not answer"));
      }, ANSWER_SECONDS * 1000);
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(id);
      };
      this.waiting.set(id, {
        resolve: (answer) => (done(), resolve(answer)),
        reject: (error) => (done(), reject(error)),
      });
      if (!this.send({ kind: "ask", id, operation, ...details })) {
        this.waiting.get(id)?.reject(new Error("There is no kernel"));
      }
    });
  };

  dispose(): void {
    this.model.off("change:snapshot", this.onState);
    this.hub?.off("msg:custom", this.onMessage);
    for (const { reject } of [...this.waiting.values()]) reject(new Error("The view was closed"));
    this.listeners.clear();
  }

  private async connect(): Promise<void> {
    const reference = this.model.get("hub");
    if (typeof reference !== "string") return;
    try {
      this.hub = await this.model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      this.hub.on("msg:custom", this.onMessage);
      this.sayHello();
    } catch {
      // A saved notebook: there is no hub, and the state that was saved is all there is.
    }
  }

  private send(content: unknown): boolean {
    try {
      this.model.send(content);
      return true;
    } catch {
      return false;
    }
  }

  private readonly onState = (): void => {
    const state = this.model.get("snapshot") as Snapshot;
    if (state.rev > this.snapshot.rev) this.take(state);
  };

  private readonly onMessage = (message: HubMessage, buffers: DataView[] = []): void => {
    this.heard = performance.now();
    if (this.last > 0 && message.n !== this.last + 1) this.sayHello();
    this.last = message.n;
    const news = message.runs?.[this.snapshot.id];
    if (news && news.rev >= this.snapshot.rev) this.take(news);
    for (const reply of message.replies ?? []) {
      const waiting = this.waiting.get(reply.id);
      if (!waiting) continue;
      if (reply.error !== undefined) waiting.reject(new Error(reply.error));
      else {
        const view = reply.buffer === undefined ? undefined : buffers[reply.buffer];
        const bytes = view
          ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
          : new Uint8Array(0);
        waiting.resolve({ value: reply.value ?? {}, bytes });
      }
    }
    if (message.gone?.includes(this.snapshot.id)) {
      this.gone = true;
      this.changed();
    }
  };

  private take(news: Snapshot): void {
    this.ahead = Date.now() / 1000 - news.now;
    const log = mergeLog(this.snapshot.log, news.log);
    // What this page has asked for stays visible until the run has ended.
    const cancelling = news.cancelling || (this.snapshot.cancelling && !isFinal(news.status));
    this.snapshot = { ...news, log, cancelling };
    // Only in this page: a reload and a saved widget state find the newest without another message.
    this.model.set("snapshot", this.snapshot);
    if (isFinal(news.status)) this.send({ kind: "have", rev: news.rev });
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
