// The line to the kernel: what the hub sends to all widgets, and questions with their answers.

import type { Ask } from "./transport.js";
import type { HubModel, Model, Snapshot } from "./types.js";

const ANSWER_SECONDS = 60;
/** The hub speaks at least every second while a run is going; after this it counts as silent. */
const SILENT_MS = 2500;

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

export interface Listener {
  /** A message has come. */
  message(message: HubMessage): void;
  /** There is a line now, or a message was lost: say what this page has. */
  catchUp(): void;
}

export class Channel {
  private readonly waiting = new Map<string, Waiting>();
  private readonly page = Math.random().toString(36).slice(2, 10);
  private asked = 0;
  private last = 0;
  private heard = performance.now();
  private hub: HubModel | null = null;

  constructor(
    private readonly model: Model,
    private readonly listener: Listener | null = null,
  ) {
    void this.connect();
  }

  /** The kernel has said nothing for a while: it restarts or is dead, or the line is cut. */
  get silent(): boolean {
    return performance.now() - this.heard > SILENT_MS;
  }

  /** Send without waiting; false where there is no kernel. */
  send(content: unknown): boolean {
    try {
      this.model.send(content);
      return true;
    } catch {
      return false;
    }
  }

  /** Ask the kernel; it answers when it is free. */
  readonly ask: Ask = (operation, details = {}) => {
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
      if (!this.send({ kind: "ask", id, operation, ...details })) {
        this.waiting.get(id)?.reject(new Error("There is no kernel"));
      }
    });
  };

  dispose(): void {
    this.hub?.off("msg:custom", this.onMessage);
    for (const { reject } of [...this.waiting.values()]) reject(new Error("The view was closed"));
  }

  private async connect(): Promise<void> {
    const reference = this.model.get("hub");
    if (typeof reference !== "string") return;
    try {
      this.hub = await this.model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      this.hub.on("msg:custom", this.onMessage);
      this.listener?.catchUp();
    } catch {
      // A saved notebook: there is no hub, and the state that was saved is all there is.
    }
  }

  private readonly onMessage = (message: HubMessage, buffers: DataView[] = []): void => {
    this.heard = performance.now();
    const lost = this.last > 0 && message.n !== this.last + 1;
    this.last = message.n;
    this.listener?.message(message);
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
    if (lost) this.listener?.catchUp();
  };
}
