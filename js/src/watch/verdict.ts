// The verdict on a run: one answer from its files, its lock and its host. Mirrors
// fusion_jupyter/manager/verdict.py; tests/contracts/verdicts.json checks both.

import { type Problem, SILENT_SECONDS, type Status } from "../types.js";

/** Result of reading one file of a run. */
export type Found = "ok" | "missing" | "damaged" | "newer" | "unreadable";

/** Everything that a run's status depends on; see the Python half. */
export interface Facts {
  folder: boolean;
  request: Found;
  state: Found;
  status: Status | null;
  cancelled: boolean;
  /** Null if that cannot be determined, as is always the case in a page. */
  locked: boolean | null;
  elsewhere: boolean;
  local: boolean;
  /** The supervisor's last heartbeat, in seconds since 1970. */
  seen_at: number | null;
  now: number;
  host: string | null;
  detail: string;
}

export interface Verdict {
  status: Status;
  problem: Problem | null;
  /** Explanation for the user; null: use the state's own message. */
  message: string | null;
  /** Whether the run has ended without a record of its end. */
  unrecorded: boolean;
}

export const FACTS: Readonly<Facts> = {
  folder: true,
  request: "ok",
  state: "missing",
  status: null,
  cancelled: false,
  locked: false,
  elsewhere: false,
  local: false,
  seen_at: null,
  now: 0,
  host: null,
  detail: "",
};

const VANISHED =
  "The run's supervisor vanished without recording an exit " +
  "(killed, or the machine went down); how the simulator ended is unknown";
const GONE = "This run's folder is gone: it was deleted or moved";
const NEWER = "Made by a newer version of fusion_jupyter: update it to see this run";

export const isFinal = (status: Status): boolean => status !== "PENDING" && status !== "RUNNING";

const said = (status: Status, more: Partial<Verdict> = {}): Verdict => ({
  status,
  problem: null,
  message: null,
  unrecorded: false,
  ...more,
});

export const verdict = (facts: Facts): Verdict => {
  if (!facts.folder) return said("UNKNOWN", { problem: "gone", message: GONE });
  const problem = problemOf(facts);
  if (problem) return withProblem(facts, problem);
  const { status, locked } = facts;
  if (status === null) {
    // A supervisor that holds the lock may be about to record the program's start.
    if (facts.cancelled && locked === false) return said("CANCELLED", { unrecorded: true });
    return said("PENDING");
  }
  return isFinal(status) || locked ? said(status) : withoutLock(facts, status);
};

const problemOf = ({ request, state }: Facts): Problem | null => {
  const found = [request, state];
  if (found.includes("newer")) return "newer";
  if (found.includes("unreadable")) return "unreadable";
  return found.includes("damaged") || request === "missing" ? "damaged" : null;
};

const withProblem = (facts: Facts, problem: Problem): Verdict => {
  const words = problem === "damaged" ? "Damaged" : "Cannot be read now";
  const cause = problem === "newer" ? NEWER : words;
  const message = facts.detail ? `${cause}: ${facts.detail}` : cause;
  if (!facts.locked) return said("UNKNOWN", { problem, message });
  const known = facts.status;
  return said(known === null || isFinal(known) ? "RUNNING" : known, { problem, message });
};

/** Verdict if the state says that the run is active, but no lock is seen. */
const withoutLock = (facts: Facts, status: Status): Verdict => {
  const { seen_at, now } = facts;
  const certain = facts.locked === false;
  // A cancel counts even if it could not be recorded.
  const end = facts.cancelled ? "CANCELLED" : "FAILED";
  const vanished = said(end, { message: VANISHED, unrecorded: true });
  if (certain && !facts.elsewhere) return vanished;
  if (seen_at === null || now - seen_at <= SILENT_SECONDS) return said(status);
  if (certain && facts.local) return vanished;
  const seen = new Date(seen_at * 1000).toISOString().slice(0, 19).replace("T", " ");
  const message = `Last seen ${seen} UTC on ${facts.host ?? "another machine"}`;
  return said(status, { problem: "silent", message });
};
