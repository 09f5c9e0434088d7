// A file that grows, at the boundary of the server.

import type { LogReader } from "../src/log/log_store.js";
import type { Source } from "../src/watch/tail.js";

export class GrowingFile implements LogReader, Source {
  bytes: Uint8Array = new Uint8Array(0);
  missing = false;
  reads = 0;

  append(text: string | Uint8Array): void {
    const more = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const whole = new Uint8Array(this.bytes.length + more.length);
    whole.set(this.bytes);
    whole.set(more, this.bytes.length);
    this.bytes = whole;
  }

  replace(text: string): void {
    this.bytes = new TextEncoder().encode(text);
  }

  async size(): Promise<number | null> {
    return this.missing ? null : this.bytes.length;
  }

  async read(start: number, end: number) {
    this.reads += 1;
    return { bytes: this.bytes.slice(start, end), size: this.bytes.length };
  }

  async index() {
    return null;
  }
}
