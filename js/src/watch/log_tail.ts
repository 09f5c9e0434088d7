// The last lines of a log and their number, read without the kernel. Mirrors
// fusion_jupyter/logs/window.py.

import { type LogState, TAIL_LINES } from "../types.js";
import { type Source, Tail } from "./tail.js";

const COUNT_BYTES = 1024 * 1024;
const NEWLINE = 10;

/** Append new last lines to the known ones. */
export const mergeLog = (known: LogState | undefined, received: LogState): LogState => {
  const before = known?.tail;
  if (!before || received.tail.lines.length >= TAIL_LINES) return received;
  const end = before.first + before.lines.length;
  const overlap = end - received.tail.first;
  // A gap, or a file that starts over: only the new lines are certain.
  if (overlap < 0 || received.tail.first < before.first) return received;
  const lines = [...before.lines.slice(0, before.lines.length - overlap), ...received.tail.lines];
  const drop = Math.max(0, lines.length - TAIL_LINES);
  return { ...received, tail: { first: before.first + drop, lines: lines.slice(drop) } };
};

export class LogTail {
  private tail: Tail | null = null;
  private count = 0;

  constructor(private readonly source: Source) {}

  /** The log's state, following the known one. */
  async poll(known: LogState): Promise<LogState> {
    if (this.tail === null) {
      // Only the file itself shows which line begins at which byte.
      this.tail = new Tail(this.source, await this.countLines());
      const { first, lines } = known.tail;
      const kept = lines.slice(0, Math.max(0, this.count - first));
      return { count: this.count, tail: { first: Math.min(first, this.count), lines: kept } };
    }
    const { lines, restarted } = await this.tail.poll();
    if (restarted) this.count = 0;
    if (lines.length === 0) return restarted ? { count: 0, tail: { first: 0, lines: [] } } : known;
    const first = this.count;
    this.count += lines.length;
    const shown = lines.slice(-TAIL_LINES);
    const received = { first: this.count - shown.length, lines: shown };
    const before = restarted || known.tail.first + known.tail.lines.length !== first;
    return mergeLog(before ? undefined : known, { count: this.count, tail: received });
  }

  /** Count the complete lines; returns the offset after the last one. */
  private async countLines(): Promise<number> {
    const size = (await this.source.size()) ?? 0;
    let at = 0;
    let end = 0;
    while (at < size) {
      const { bytes } = await this.source.read(at, Math.min(size, at + COUNT_BYTES));
      if (bytes.length === 0) break;
      for (let n = bytes.indexOf(NEWLINE); n >= 0; n = bytes.indexOf(NEWLINE, n + 1)) {
        this.count += 1;
        end = at + n + 1;
      }
      at += bytes.length;
    }
    return end;
  }
}
