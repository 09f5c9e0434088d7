// The kernel's side of widgets and their channel, at the boundary that JupyterLab provides.

import type { Model } from "../src/channel/model.js";

type Handler = (message: unknown, buffers?: DataView[]) => void;

export class Kernel {
  /** What the page has said. */
  said: Record<string, unknown>[] = [];
  handlers: Handler[] = [];
  dead = false;
  readonly state: Record<string, unknown> = { channel: "IPY_MODEL_1234" };
  readonly channel = {
    on: (_: string, handler: Handler) => this.handlers.push(handler),
    off: () => undefined,
    send: (content: Record<string, unknown>) => this.send(content),
  } as Record<string | symbol, unknown>;
  readonly model = {
    get: (key: string) => this.state[key],
    set: (key: string, value: unknown) => {
      this.state[key] = value;
    },
    on: () => undefined,
    off: () => undefined,
    send: (content: Record<string, unknown>) => this.send(content),
    widget_manager: {
      get_model: async (id: string) => {
        if (id !== "1234") throw new Error("no such model");
        return this.channel;
      },
    },
  } as unknown as Model;
  private number = 0;

  /** Speak on the channel. */
  say(message: Record<string, unknown> = {}, buffers: DataView[] = []): void {
    this.number += 1;
    for (const handler of this.handlers) handler({ n: this.number, ...message }, buffers);
  }

  /** Answer the last question of this kind. */
  answer(operation: string, value: Record<string, unknown>, bytes?: Uint8Array): void {
    const asked = this.last(operation);
    const buffers = bytes ? [new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)] : [];
    const reply = { id: asked.id, value, ...(bytes && { buffer: 0 }) };
    this.say({ replies: [reply] }, buffers);
  }

  refuse(operation: string, error: string): void {
    const asked = this.last(operation);
    this.say({ replies: [{ id: asked.id, error }] });
  }

  private last(operation: string): Record<string, unknown> {
    const asked = this.said.filter((each) => each.operation === operation).at(-1);
    if (!asked) throw new Error(`Nobody has asked for ${operation}`);
    return asked;
  }

  private send(content: Record<string, unknown>): void {
    if (this.dead) throw new Error("the comm is closed");
    this.said.push(content);
  }
}
