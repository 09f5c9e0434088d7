// The lines of a log that stays on disk: their offsets, and the few on the screen.

import type { Piece } from "../files/run_files.js";
import type { LogState } from "../types.js";
import { messageOf } from "../ui/dom.js";
import { percent } from "../ui/format.js";
import { BLOCK_BYTES, type IndexPart, LineIndex } from "./line_index.js";

/** A longer line is truncated on the screen; search and download use all of it. */
export const LONGEST_LINE = 4000;

// Enough for the end of a line that begins in a block; longer lines are truncated.
const MORE_BYTES = 4 * LONGEST_LINE;
const SCAN_BYTES = 16 * BLOCK_BYTES;
const MOST_CHUNKS = 64;
const NEWLINE = 10;

/** Source of the log's bytes. */
export interface LogReader {
  read(start: number, end: number): Promise<Piece>;
  /** The index from block `from` on, computed elsewhere; null without an answer. */
  index(from: number): Promise<IndexPart | null>;
}

const cut = (line: string): string =>
  line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)} … (cut; the line is longer)`;

/** Lines of a text whose last line may be unfinished. */
const split = (text: string): string[] => {
  const lines = text.split("\n").map(cut);
  if (lines.at(-1) === "") lines.pop();
  return lines;
};

/** The lines that begin in one block. */
interface Chunk {
  first: number;
  lines: string[];
  /** Number of a last line that was unfinished when the chunk was read, else -1. */
  open: number;
}

export class LogStore {
  /** Number of lines known to exist. */
  count = 0;
  index = new LineIndex();
  private tail: { first: number; lines: string[] } = { first: 0, lines: [] };
  private chunks = new Map<number, Chunk>();
  private loading: Promise<void> | null = null;
  private wanted: [number, number] | null = null;
  private failed = "";
  private scanned: number | null = null;

  constructor(
    private readonly reader: LogReader,
    private readonly changed: () => void,
  ) {}

  /** Why lines are missing, in words; empty if none are. */
  get problem(): string {
    return this.failed;
  }

  /** Progress of reading a long log to find a line, in words; empty if no line is awaited. */
  get reading(): string {
    return this.scanned === null ? "" : `reading the log: ${percent(this.scanned)}`;
  }

  /** Receive the number of lines and the last lines, as sent by the kernel. */
  update(log: LogState): void {
    const { tail } = log;
    const end = tail.first + tail.lines.length;
    const count = Math.max(log.count ?? 0, end);
    if (count < this.count) this.clear();
    this.tail = { first: tail.first, lines: tail.lines.map(cut) };
    this.count = count;
  }

  /** The line's text, undefined until it is loaded; `want` loads it. */
  line(number: number): string | undefined {
    const inTail = number - this.tail.first;
    if (inTail >= 0 && inTail < this.tail.lines.length) return this.tail.lines[inTail];
    const chunk = this.chunks.get(this.index.block(number));
    // A line that was unfinished when it was read and is now followed by another.
    if (!chunk || (chunk.open === number && this.count > number + 1)) return undefined;
    return chunk.lines[number - chunk.first];
  }

  /** Request these lines; `changed` is called when some have arrived. */
  want(first: number, last: number): void {
    this.wanted = [first, last];
    this.loading ??= this.load().finally(() => {
      this.loading = null;
    });
  }

  /** These lines; missing ones are read from the file. */
  async lines(first: number, last: number): Promise<string[]> {
    const found: string[] = [];
    for (let number = first; number <= last; number += 1) {
      if (this.line(number) === undefined) await this.fetch(number);
      const text = this.line(number);
      if (text === undefined) break;
      found.push(text);
    }
    return found;
  }

  private async load(): Promise<void> {
    while (this.wanted) {
      const [first, last] = this.wanted;
      this.wanted = null;
      try {
        for (let number = first; number <= last && number < this.count; number += 1) {
          if (this.line(number) !== undefined) continue;
          await this.fetch(number);
          // Nothing arrived: the file is shorter than reported. Retry later.
          if (this.line(number) === undefined) break;
          // The user has scrolled elsewhere meanwhile.
          if (this.wanted) break;
        }
        this.failed = "";
      } catch (error) {
        this.failed = messageOf(error);
      }
      this.changed();
    }
  }

  private async fetch(number: number): Promise<void> {
    await this.reach(number);
    const block = this.index.block(number);
    const start = block * BLOCK_BYTES;
    const { bytes, size } = await this.reader.read(start, start + BLOCK_BYTES + MORE_BYTES);
    // The bytes before the first line end belong to a line that began earlier.
    const skip = block === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    const ends = this.index.before[block + 1];
    const lines = split(new TextDecoder().decode(bytes.subarray(skip)));
    const first = block === 0 ? 0 : this.index.before[block]! + 1;
    if (ends !== undefined) lines.length = Math.min(lines.length, ends - first + 1);
    const open = ends === undefined && start + bytes.length >= size && bytes.at(-1) !== NEWLINE;
    this.chunks.delete(block);
    this.chunks.set(block, { first, lines, open: open ? first + lines.length - 1 : -1 });
    for (const old of this.chunks.keys()) {
      if (this.chunks.size <= MOST_CHUNKS) break;
      this.chunks.delete(old);
    }
  }

  /** Extend the index until it covers a line. */
  private async reach(number: number): Promise<void> {
    if (this.index.covers(number)) return;
    // The last block may have been counted only in part.
    const from = Math.max(0, this.index.before.length - 1);
    const made = await this.reader.index(from);
    if (made) this.index.extend(from, made);
    try {
      while (!this.index.covers(number)) {
        const start = this.index.size;
        const { bytes, size } = await this.reader.read(start, start + SCAN_BYTES);
        if (bytes.length === 0) return;
        this.index.scan(bytes);
        if (this.index.size >= size) return;
        this.scanned = this.index.size / size;
        this.changed();
      }
    } finally {
      this.scanned = null;
    }
  }

  private clear(): void {
    this.index = new LineIndex();
    this.chunks.clear();
  }
}
