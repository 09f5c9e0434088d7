// The log of a run, read by the available access.

import type { IndexPart } from "../log/line_index.js";
import type { LogReader } from "../log/log_store.js";
import { LOG_FOLDER } from "../types.js";
import type { RunClient } from "./run_client.js";

// The kernel indexes a large log faster than the page, if it is free to answer.
const PATIENCE_MS = 400;

const later = (milliseconds: number): Promise<null> =>
  new Promise((done) => setTimeout(() => done(null), milliseconds));

export const logReader = (client: RunClient): LogReader => ({
  async read(start, end) {
    const files = await client.files;
    return files.read(`${LOG_FOLDER}/${client.snapshot.id}.log`, start, end);
  },
  async index(from): Promise<IndexPart | null> {
    const files = await client.files;
    if (files.kind === "http" && client.silent) return null;
    const answer = client.ask("index", { from }).then(({ value, bytes }) => ({
      before: [...new Float64Array(bytes.slice().buffer)],
      size: Number(value.size),
      newlines: Number(value.newlines),
    }));
    if (files.kind === "kernel") return answer;
    return Promise.race([answer.catch(() => null), later(PATIENCE_MS)]);
  },
});
