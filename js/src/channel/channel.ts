// The line to a kernel: what its hub says to all widgets of this page, and what they say to it.
// One for each kernel and page, whatever number of views there is, so that a message is read once
// and a page answers for all its runs at once.

import type { Ask } from "../files/run_files.js";
import type { HubModel, Model, Snapshot } from "../types.js";

const ANSWER_SECONDS = 60;
/** The hub speaks at least every second while a run is going; after this it counts as silent. */
const SILENT_MS = 2500;
/** What is said within this time goes as one message. */
const COLLECT_MS = 250;
// Each widget's module is loaded by itself, so what they share hangs on the model that they share.
const LINE = Symbol.for("fusion_jupyter.line");

interface Reply {
  id: string;
  value?: Record<string, unknown>;
  error?: string;
  buffer?: number;
}

export interface HubMessage {
  n: number;
  runs?: Record<string, Snapshot>;
  replies?: Reply[];
  gone?: string[];
}

interface Waiting {
  resolve(answer: { value: Record<string, unknown>; bytes: Uint8Array }): void;
  reject(error: Error): void;
}

/** A part of the page that shows one run. */
export interface Listener {
  readonly id: string;
  /** The state that it has. */
  readonly rev: number;
  take(news: Snapshot): void;
  gone(): void;
}

export class Line {
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly waiting = new Map<string, Waiting>();
  private readonly page = Math.random().toString(36).slice(2, 10);
  private asked = 0;
  private last = 0;
  private heard = performance.now();
  private readonly said = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly hub: HubModel) {
    hub.on("msg:custom", this.onMessage);
  }

  /** The line of a widget's kernel; null where there is no kernel, as in a saved notebook. */
  static async of(model: Model): Promise<Line | null> {
    const reference = model.get("hub");
    if (typeof reference !== "string") return null;
    try {
      const hub = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      return (hub[LINE] as Line | undefined) ?? ((hub[LINE] = new Line(hub)) as Line);
    } catch {
      return null;
    }
  }

  /** The kernel has said nothing for a while: it restarts or is dead, or the line is cut. */
  get silent(): boolean {
    return performance.now() - this.heard > SILENT_MS;
  }

  /** Hear of this run from now on; what was said before there was a view is asked for. */
  listen(listener: Listener): () => void {
    const others = this.listeners.get(listener.id) ?? new Set();
    this.listeners.set(listener.id, others.add(listener));
    this.have(listener.id);
    return () => {
      others.delete(listener);
      if (others.size === 0) this.listeners.delete(listener.id);
    };
  }

  /** Ask a widget's Python half; it answers when the kernel is free. */
  ask(model: Model, operation: string, details: Record<string, unknown> = {}): ReturnType<Ask> {
    const id = `${this.page}:${(this.asked += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.get(id)?.reject(new Error("The kernel does not answer"));
      }, ANSWER_SECONDS * 1000);
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(id);
      };
      this.waiting.set(id, {
        resolve: (answer) => (done(), resolve(answer)),
        reject: (error) => (done(), reject(error)),
      });
      if (!send(model, { kind: "ask", id, operation, ...details })) {
        this.waiting.get(id)?.reject(new Error("There is no kernel"));
      }
    });
  }

  /** Tell the kernel which state of a run is here: it sends what is newer, or is content. */
  have(id: string): void {
    this.said.add(id);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const have: Record<string, number> = {};
      for (const known of this.said) {
        const revs = [...(this.listeners.get(known) ?? [])].map((listener) => listener.rev);
        if (revs.length > 0) have[known] = Math.min(...revs);
      }
      this.said.clear();
      if (Object.keys(have).length > 0) send(this.hub, { kind: "have", runs: have });
    }, COLLECT_MS);
  }

  private readonly onMessage = (message: HubMessage, buffers: DataView[] = []): void => {
    this.heard = performance.now();
    const lost = this.last > 0 && message.n !== this.last + 1;
    this.last = message.n;
    for (const [id, news] of Object.entries(message.runs ?? {})) {
      for (const listener of this.listeners.get(id) ?? []) listener.take(news);
    }
    for (const id of message.gone ?? []) {
      for (const listener of [...(this.listeners.get(id) ?? [])]) listener.gone();
    }
    for (const reply of message.replies ?? []) this.answer(reply, buffers);
    if (lost) for (const id of this.listeners.keys()) this.have(id);
  };

  private answer(reply: Reply, buffers: DataView[]): void {
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return;
    if (reply.error !== undefined) return waiting.reject(new Error(reply.error));
    const view = reply.buffer === undefined ? undefined : buffers[reply.buffer];
    const bytes = view
      ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      : new Uint8Array(0);
    waiting.resolve({ value: reply.value ?? {}, bytes });
  }
}

/** Send without waiting; false where there is no kernel. */
const send = (to: Pick<Model, "send">, content: unknown): boolean => {
  try {
    to.send(content);
    return true;
  } catch {
    return false;
  }
};

/** Ask a widget's Python half over whatever line there is. */
export const asker = (model: Model, line: Promise<Line | null>): Ask => {
  return async (operation, details) => {
    const found = await line;
    if (!found) throw new Error("There is no kernel");
    return found.ask(model, operation, details);
  };
};
