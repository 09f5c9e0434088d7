// Search a whole log piece by piece, without keeping it in memory.

import type { Piece } from "../files/run_files.js";
import { LineMatcher } from "./line_matcher.js";
import type { LogReader } from "./log_store.js";
import SearchWorker from "./search_worker.js?worker&inline";

const PIECE_BYTES = 1024 * 1024;
// Number of pieces read ahead, because the kernel's answers have latency.
const AHEAD = 4;
/** More matching lines than this are counted but not visited. */
export const MOST_MATCHES = 200_000;
// A piece takes about 10 ms; a pattern with catastrophic backtracking takes forever.
const PATIENCE_MS = 3000;

interface Matched {
  found: number[];
  /** Complete lines searched so far. */
  lines: number;
}

interface Matcher {
  consume(bytes: Uint8Array): Promise<Matched>;
  stop(): void;
}

const inWorker = (worker: Worker, pattern: RegExp): Matcher => {
  worker.postMessage({ pattern });
  return {
    consume: (bytes) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          worker.terminate();
          reject(new Error("This pattern takes too long"));
        }, PATIENCE_MS);
        worker.onmessage = ({ data }: MessageEvent<Matched>) => {
          clearTimeout(timer);
          resolve(data);
        };
        worker.postMessage({ bytes });
      }),
    stop: () => worker.terminate(),
  };
};

const inPage = (pattern: RegExp): Matcher => {
  const matcher = new LineMatcher(pattern);
  return {
    consume: (bytes) => Promise.resolve({ found: matcher.consume(bytes), lines: matcher.lines }),
    stop: () => undefined,
  };
};

const matcherFor = (pattern: RegExp): Matcher => {
  try {
    return inWorker(new SearchWorker(), pattern);
  } catch {
    // A page may forbid workers; then a hostile pattern blocks the page of the user who typed it.
    return inPage(pattern);
  }
};

export class LogSearch {
  /** Numbers of the matching lines, ascending. */
  readonly found: number[] = [];
  /** Number of matching lines, including those that are not kept. */
  total = 0;
  /** Bytes searched so far, and total bytes. */
  searched = 0;
  size = 0;
  /** Complete lines searched so far. */
  lines = 0;
  private asked = 0;
  private stopped = false;
  private running = false;
  private again = false;
  private readonly matcher: Matcher;

  constructor(
    private readonly reader: LogReader,
    pattern: RegExp,
    private readonly changed: () => void,
  ) {
    this.matcher = matcherFor(pattern);
  }

  stop(): void {
    this.stopped = true;
    this.matcher.stop();
  }

  get busy(): boolean {
    return this.running;
  }

  /** Search the new part of the log; to be called when it has grown. */
  async run(): Promise<void> {
    if (this.stopped) return;
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        const ahead: Promise<Piece>[] = [];
        for (;;) {
          while (ahead.length < AHEAD && (ahead.length === 0 || this.asked < this.size))
            ahead.push(this.next());
          const { bytes, size } = await ahead.shift()!;
          if (this.stopped) return;
          this.size = size;
          if (bytes.length === 0) break;
          this.searched += bytes.length;
          await this.consume(bytes);
          if (this.stopped) return;
          this.changed();
          if (this.searched >= size) break;
          // Fewer bytes than requested: the file ended there, so the pieces read ahead are invalid.
          if (this.searched < this.asked && bytes.length < PIECE_BYTES) {
            ahead.length = 0;
            this.asked = this.searched;
          }
        }
        this.asked = this.searched;
      } while (this.again);
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      this.running = false;
      this.changed();
    }
  }

  private next(): Promise<Piece> {
    const start = this.asked;
    this.asked += PIECE_BYTES;
    const piece = this.reader.read(start, this.asked);
    piece.catch(() => undefined); // reported where it is awaited
    return piece;
  }

  private async consume(bytes: Uint8Array): Promise<void> {
    const { found, lines } = await this.matcher.consume(bytes);
    this.total += found.length;
    this.lines = lines;
    for (const line of found) {
      if (this.found.length < MOST_MATCHES) this.found.push(line);
    }
  }
}
