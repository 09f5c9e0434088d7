// Searches pieces of a log in a separate thread: a hostile pattern can take forever, and then only
// this thread is terminated.

import { LineMatcher } from "./line_matcher.js";

interface Port {
  onmessage: ((event: MessageEvent<{ pattern: RegExp } | { bytes: Uint8Array }>) => void) | null;
  postMessage(content: { found: number[]; lines: number }): void;
}

const port = globalThis as unknown as Port;
let matcher: LineMatcher;

port.onmessage = ({ data }) => {
  if ("pattern" in data) {
    matcher = new LineMatcher(data.pattern);
    return;
  }
  port.postMessage({ found: matcher.consume(data.bytes), lines: matcher.lines });
};
