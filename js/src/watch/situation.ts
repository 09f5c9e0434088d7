// What a run's small files say of it, for a page that reads them itself. The kernel knows more: it
// sees whether a supervisor holds the run's lock. tests/contracts/situations.json has what both
// must make of the same files.

import type { Snapshot, Status } from "../types.js";

/** The part of a snapshot that the small files decide. */
export type Situation = Pick<
  Snapshot,
  | "status"
  | "cancelling"
  | "gone"
  | "error"
  | "started"
  | "completed"
  | "duration"
  | "exit_code"
  | "signal"
>;

export interface SmallFiles {
  /** Text of state.json; null where there is none. */
  state: string | null;
  /** There is a cancel.json. */
  cancel: boolean;
  /** There is a folder. */
  folder: boolean;
}

const STATUSES: ReadonlySet<string> = new Set<Status>([
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
]);

export const isFinal = (status: Status): boolean => status !== "PENDING" && status !== "RUNNING";

/** The status as one word for people; fusion_jupyter/widgets/snapshot.py has the same. */
export const statusWord = (run: Pick<Snapshot, "status" | "cancelling" | "gone">): string => {
  if (run.gone) return "folder gone";
  if (run.cancelling && !isFinal(run.status)) return "cancelling";
  return {
    PENDING: "waiting",
    RUNNING: "running",
    COMPLETED: "completed",
    FAILED: "failed",
    CANCELLED: "cancelled",
  }[run.status];
};

const finite = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

const moment = (value: unknown): number | null =>
  typeof value === "string" ? finite(Date.parse(value) / 1000) : null;

const parse = (text: string): Record<string, unknown> | null => {
  try {
    const state = JSON.parse(text) as Record<string, unknown> | null;
    return STATUSES.has(String(state?.status)) ? state : null;
  } catch {
    return null; // replaced at this very moment, or damaged: the kernel will say
  }
};

/** What the files say, on top of what is known: what they do not say stays as it was. */
export const situationOf = (files: SmallFiles, known: Situation): Situation => {
  if (!files.folder) return { ...known, gone: true };
  const cancelling = files.cancel || known.cancelling;
  const state = files.state === null ? null : parse(files.state);
  if (state === null)
    return { ...known, gone: false, cancelling: !isFinal(known.status) && cancelling };
  const status = state.status as Status;
  return {
    status,
    cancelling: cancelling && !isFinal(status),
    gone: false,
    started: moment(state.started_at),
    completed: moment(state.completed_at),
    duration: finite(state.duration_seconds),
    exit_code: finite(state.exit_code),
    signal: finite(state.signal),
    error: typeof state.error_message === "string" ? state.error_message : null,
  };
};
