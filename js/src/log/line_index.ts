// Offsets of a log's lines, without a list of all of them. Mirrors
// fusion_jupyter/logs/line_index.py.

/** Block size in bytes; the index counts the line ends before each block. */
export const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 10;

export interface IndexPart {
  /** Number of line ends before each block. */
  before: number[];
  /** Bytes that the index covers. */
  size: number;
  /** Line ends in these bytes. */
  newlines: number;
}

/** Finds the block of the file in which a line begins, without a list of all lines. */
export class LineIndex {
  before: number[] = [];
  size = 0;
  newlines = 0;

  /** Count the line ends of the bytes that follow the covered part. */
  scan(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const inBlock = this.size % BLOCK_BYTES;
      if (inBlock === 0) this.before.push(this.newlines);
      const stop = Math.min(bytes.length, at + BLOCK_BYTES - inBlock);
      const part = bytes.subarray(at, stop);
      for (let n = part.indexOf(NEWLINE); n >= 0; n = part.indexOf(NEWLINE, n + 1))
        this.newlines += 1;
      this.size += stop - at;
      at = stop;
    }
  }

  /** Add a part that was computed elsewhere. */
  extend(from: number, part: IndexPart): void {
    if (from > this.before.length || part.size < this.size) return;
    this.before = [...this.before.slice(0, from), ...part.before];
    this.size = part.size;
    this.newlines = part.newlines;
  }

  /** Whether the start of this line is known. */
  covers(line: number): boolean {
    return line <= this.newlines && this.size > 0;
  }

  /** Number of the block in which a line begins, that is, with the line end before it. */
  block(line: number): number {
    let low = 0;
    let high = this.before.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.before[middle]! < line) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }
}
