// Finds the lines that match a pattern in a text that arrives in pieces.

import { textOf } from "./ansi.js";

/** A line longer than this is searched in parts. */
const LONGEST_PART = 1024 * 1024;

/** The pattern for the typed text; throws SyntaxError for an invalid regular expression. */
export const compile = (text: string, regular: boolean, matchCase: boolean): RegExp | null => {
  if (text === "") return null;
  const source = regular ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(source, matchCase ? "gu" : "giu");
};

export class LineMatcher {
  private readonly plain: RegExp;
  private readonly decoder = new TextDecoder();
  private line = 0;
  private rest: Uint8Array = new Uint8Array(0);
  private hit = false;

  constructor(pattern: RegExp) {
    this.plain = new RegExp(pattern.source, pattern.flags.replace("g", ""));
  }

  /** Number of complete lines that were searched. */
  get lines(): number {
    return this.line;
  }

  /** Search the next piece; returns the numbers of the matching lines, ascending. */
  consume(bytes: Uint8Array): number[] {
    const found: number[] = [];
    const end = bytes.lastIndexOf(10) + 1;
    const whole = join(this.rest, bytes.subarray(0, end > 0 ? end : bytes.length));
    if (end > 0) {
      this.rest = bytes.slice(end);
      const lines = this.decoder.decode(whole).split("\n");
      lines.pop();
      for (const line of lines) {
        this.test(line, found);
        this.line += 1;
        this.hit = false;
      }
      return found;
    }
    this.rest = whole;
    if (whole.length > LONGEST_PART) {
      this.test(this.decoder.decode(whole), found);
      this.rest = new Uint8Array(0);
    }
    return found;
  }

  private test(text: string, found: number[]): void {
    if (this.hit || !this.plain.test(needsCleaning(text) ? textOf(text) : text)) return;
    this.hit = true;
    found.push(this.line);
  }
}

const join = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
};

const needsCleaning = (text: string): boolean => /[\x1b\r]/.test(text);
