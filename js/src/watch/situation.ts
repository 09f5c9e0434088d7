// A run's status from its small files, for a page that reads them itself. The kernel knows more: it
// sees whether a supervisor holds the run's lock.

import type { Snapshot } from "../types.js";
import { readState } from "./state_file.js";
import { FACTS, isFinal, verdict } from "./verdict.js";

/** The part of a snapshot that the small files determine. */
export type Situation = Pick<
  Snapshot,
  | "status"
  | "problem"
  | "cancelling"
  | "error"
  | "started"
  | "completed"
  | "duration"
  | "exit_code"
  | "signal"
>;

export interface SmallFiles {
  /** Whether the folder exists. */
  folder: boolean;
  /** Text of state.json; null if there is none. */
  state: string | null;
  /** Whether cancel.json exists. */
  cancel: boolean;
  /** When the supervisor touched its lock file, in seconds since 1970; null: unknown. */
  seen: number | null;
}

/** The status as one readable word, as in fusion_jupyter/widgets/snapshot.py. */
export const statusWord = (run: Pick<Snapshot, "status" | "cancelling" | "problem">): string => {
  if (run.problem === "gone") return "folder gone";
  if (run.cancelling && !isFinal(run.status)) return "cancelling";
  return run.status === "PENDING" ? "waiting" : run.status.toLowerCase();
};

/** The status from the files. A run that was known to have ended stays so if its folder is gone. */
export const situationOf = (files: SmallFiles, known: Situation, now: number): Situation => {
  const { found, content } = readState(files.state);
  const said = verdict({
    ...FACTS,
    folder: files.folder,
    state: found,
    status: found === "ok" ? (content?.status ?? null) : null,
    cancelled: files.cancel,
    locked: null,
    seen_at: files.seen,
    now,
    host: content?.host ?? null,
  });
  if (said.problem === "gone") {
    const status = isFinal(known.status) ? known.status : said.status;
    return { ...known, status, cancelling: false, problem: "gone" };
  }
  return {
    status: said.status,
    problem: said.problem,
    cancelling: (files.cancel || known.cancelling) && !isFinal(said.status),
    error: said.message ?? content?.error ?? null,
    started: content?.started ?? null,
    completed: content?.completed ?? null,
    duration: content?.duration ?? null,
    exit_code: content?.exit_code ?? null,
    signal: content?.signal ?? null,
  };
};
