// Follows a growing file over HTTP: whole lines, from an offset on. A simplified mirror of
// fusion_jupyter/logs/tail.py.

import type { Piece } from "../files/run_files.js";

const PIECE_BYTES = 512 * 1024;
const NEWLINE = 10;

/** The file to follow. */
export interface Source {
  /** Size in bytes; null if there is no such file. */
  size(): Promise<number | null>;
  read(start: number, end: number): Promise<Piece>;
}

export interface NewLines {
  /** The lines finished since the last call, without their ends. */
  lines: string[];
  /** Whether the file has become shorter, so that it is another one that starts with these lines.
   * */
  restarted: boolean;
}

export class Tail {
  private rest: Uint8Array = new Uint8Array(0);
  // A byte order mark is part of the first line, as it is for the Python half.
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /**
   * @param offset where to start
   * @param cut whether the offset is inside a line, which is skipped
   */
  constructor(
    private readonly source: Source,
    private offset = 0,
    private cut = false,
  ) {}

  async poll(): Promise<NewLines> {
    const found: NewLines = { lines: [], restarted: false };
    for (;;) {
      const size = await this.source.size();
      if (size === null) return found;
      if (size < this.offset) {
        this.restart();
        found.restarted = true;
        found.lines = [];
      }
      if (size === this.offset) return found;
      const end = Math.min(size, this.offset + PIECE_BYTES);
      const { bytes } = await this.source.read(this.offset, end);
      if (bytes.length === 0) return found;
      this.offset += bytes.length;
      for (const line of this.consume(bytes)) found.lines.push(line);
    }
  }

  private restart(): void {
    this.offset = 0;
    this.rest = new Uint8Array(0);
    this.cut = false;
  }

  private consume(bytes: Uint8Array): string[] {
    const joined = new Uint8Array(this.rest.length + bytes.length);
    joined.set(this.rest);
    joined.set(bytes, this.rest.length);
    const end = joined.lastIndexOf(NEWLINE) + 1;
    this.rest = joined.slice(end);
    if (end === 0) return [];
    const lines = this.decoder.decode(joined.subarray(0, end)).split("\n");
    lines.pop();
    if (this.cut) lines.shift();
    this.cut = false;
    return lines;
  }
}
