// Search through a whole log, piece by piece, without keeping it.

import type { LogReader } from "./log_store.js";
import { textOf } from "./ansi.js";

const PIECE_BYTES = 512 * 1024;
/** Longer than this without an end, a line is searched in parts. */
const LONGEST_PART = 1024 * 1024;
/** More matching lines than this are counted but not visited. */
export const MOST_MATCHES = 200_000;

/** The pattern for what was typed; throws SyntaxError for a wrong regular expression. */
export const compile = (text: string, regular: boolean, matchCase: boolean): RegExp | null => {
  if (text === "") return null;
  const source = regular ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(source, matchCase ? "gu" : "giu");
};

export class LogSearch {
  /** Numbers of the lines that match, rising. */
  readonly found: number[] = [];
  /** How many lines match, also those that are not kept. */
  total = 0;
  /** Bytes searched so far, of so many. */
  searched = 0;
  size = 0;
  private line = 0;
  private rest: Uint8Array = new Uint8Array(0);
  private hit = false;
  private stopped = false;
  private running = false;
  private again = false;
  private readonly plain: RegExp;

  constructor(
    private readonly reader: LogReader,
    pattern: RegExp,
    private readonly changed: () => void,
  ) {
    this.plain = new RegExp(pattern.source, pattern.flags.replace("g", ""));
  }

  stop(): void {
    this.stopped = true;
  }

  get busy(): boolean {
    return this.running;
  }

  /** Search what has been written since; call it when the log has grown. */
  async run(): Promise<void> {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        for (;;) {
          const { bytes, size } = await this.reader.read(this.searched, this.searched + PIECE_BYTES);
          if (this.stopped) return;
          this.size = size;
          if (bytes.length === 0) break;
          this.searched += bytes.length;
          this.take(bytes);
          this.changed();
          if (this.searched >= size) break;
        }
      } while (this.again);
    } finally {
      this.running = false;
      if (!this.stopped) this.changed();
    }
  }

  private take(bytes: Uint8Array): void {
    const end = bytes.lastIndexOf(10) + 1;
    const whole = new Uint8Array(this.rest.length + end);
    whole.set(this.rest);
    whole.set(bytes.subarray(0, end), this.rest.length);
    if (end > 0) {
      const lines = new TextDecoder().decode(whole).split("\n");
      lines.pop();
      for (const line of lines) this.test(line, true);
      this.rest = bytes.slice(end);
      return;
    }
    const rest = new Uint8Array(this.rest.length + bytes.length);
    rest.set(this.rest);
    rest.set(bytes, this.rest.length);
    this.rest = rest;
    if (rest.length > LONGEST_PART) {
      this.test(new TextDecoder().decode(rest), false);
      this.rest = new Uint8Array(0);
    }
  }

  private test(text: string, ended: boolean): void {
    if (!this.hit && this.plain.test(needsCleaning(text) ? textOf(text) : text)) {
      this.hit = true;
      this.total += 1;
      if (this.found.length < MOST_MATCHES) this.found.push(this.line);
    }
    if (ended) {
      this.line += 1;
      this.hit = false;
    }
  }
}

// eslint-disable-next-line no-control-regex
const needsCleaning = (text: string): boolean => /[\x1b\r]/.test(text);
