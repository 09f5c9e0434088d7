// The channel of a kernel: its messages to all widgets of this page, and theirs to it. There is one
// for each kernel and page, for any number of views, so that a message is read once and a page
// answers for all its subjects at once. A subject is anything with a state: a run, a sweep, a table
// of runs. Its Python half is fusion_jupyter/widgets/channel.py.

import type { Message, Reply } from "../types.js";
import type { ChannelModel, Model } from "./model.js";
import type { Ask } from "./rpc.js";

const ANSWER_SECONDS = 60;
/** Why a request cannot be answered, and what helps: a new kernel does not know this view. */
export const NO_KERNEL = "There is no kernel for this view: execute the cell again";
/**
 * The kernel sends at least every second while a run is active; after this time it counts as
 * silent.
 */
const SILENT_MS = 2500;
/** Reports within this time are combined into one message. */
const COLLECT_MS = 250;
// Each widget's module is loaded separately, so shared objects are attached to the shared model.
const SHARED = Symbol.for("fusion_jupyter.channel");

interface Waiting {
  resolve(answer: { value: Record<string, unknown>; bytes: Uint8Array }): void;
  reject(error: Error): void;
}

/** A part of the page that shows a subject. */
export interface Listener {
  /** Key of the subject. */
  readonly key: string;
  /** Number of its current state. */
  readonly rev: number;
  /** Receive a newer state. */
  receive(state: unknown): void;
  /** The subject was deleted. */
  deleted(): void;
}

export class Channel {
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly waiting = new Map<string, Waiting>();
  private readonly page = Math.random().toString(36).slice(2, 10);
  private asked = 0;
  private last = 0;
  private heard = performance.now();
  private readonly said = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: ChannelModel) {
    model.on("msg:custom", this.onMessage);
  }

  /** The channel of a widget's kernel; null without a kernel, as in a saved notebook. */
  static async of(model: Model): Promise<Channel | null> {
    const reference = model.get("channel");
    if (typeof reference !== "string") return null;
    try {
      const shared = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      shared[SHARED] ??= new Channel(shared);
      return shared[SHARED] as Channel;
    } catch {
      return null;
    }
  }

  /** Whether the kernel has been silent for a while: restarting, dead, or disconnected. */
  get silent(): boolean {
    return performance.now() - this.heard > SILENT_MS;
  }

  /** Subscribe to a subject; its state from before there was a view is requested. */
  listen(listener: Listener): () => void {
    const { key } = listener;
    const others = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, others.add(listener));
    this.have(key);
    return () => {
      others.delete(listener);
      if (others.size === 0) this.listeners.delete(key);
    };
  }

  /** Send a request to a widget's Python half, which answers when the kernel is free. */
  ask(model: Model, operation: string, details: Record<string, unknown> = {}): ReturnType<Ask> {
    this.asked += 1;
    const id = `${this.page}:${this.asked}`;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
      };
      const fail = (error: Error): void => {
        done();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new Error("The kernel does not answer")),
        ANSWER_SECONDS * 1000,
      );
      this.waiting.set(id, {
        resolve: (answer) => {
          done();
          resolve(answer);
        },
        reject: fail,
      });
      if (!send(model, { kind: "ask", id, operation, ...details })) {
        fail(new Error(NO_KERNEL));
      }
    });
  }

  /** Report to the kernel which state of a subject the page has; it sends anything newer. */
  have(key: string): void {
    this.said.add(key);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const have: Record<string, number> = {};
      for (const known of this.said) {
        const revs = [...(this.listeners.get(known) ?? [])].map((listener) => listener.rev);
        if (revs.length > 0) have[known] = Math.min(...revs);
      }
      this.said.clear();
      if (Object.keys(have).length > 0) send(this.model, { kind: "have", subjects: have });
    }, COLLECT_MS);
  }

  private readonly onMessage = (message: Message, buffers: DataView[] = []): void => {
    this.heard = performance.now();
    const lost = this.last > 0 && message.n !== this.last + 1;
    this.last = message.n;
    for (const [key, state] of Object.entries(message.subjects ?? {})) {
      for (const listener of [...(this.listeners.get(key) ?? [])]) listener.receive(state);
    }
    for (const key of message.gone ?? []) {
      for (const listener of [...(this.listeners.get(key) ?? [])]) listener.deleted();
    }
    for (const reply of message.replies ?? []) this.answer(reply, buffers);
    if (lost) for (const key of this.listeners.keys()) this.have(key);
  };

  private answer(reply: Reply, buffers: DataView[]): void {
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return;
    if (reply.error !== undefined) {
      waiting.reject(new Error(reply.error));
      return;
    }
    const view = reply.buffer === undefined ? undefined : buffers[reply.buffer];
    const bytes = view
      ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      : new Uint8Array(0);
    waiting.resolve({ value: reply.value ?? {}, bytes });
  }
}

/** Send without waiting; false without a kernel. */
const send = (to: Pick<Model, "send">, content: unknown): boolean => {
  try {
    to.send(content);
    return true;
  } catch {
    return false;
  }
};
