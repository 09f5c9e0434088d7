// Written by js/make_types.py from fusion_jupyter/widgets/messages.py. Do not edit.

export type Status = "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | "UNKNOWN";

/** Why less is known of a run than usual. */
export type Problem = "damaged" | "newer" | "unreadable" | "gone" | "silent";

/** Kind of an output file, told from its name. */
export type Kind = "results" | "table" | "json" | "text" | "image" | "array" | "config" | "other";

/** One Erlang load: its value, mean blocking, half width of its interval, iterations, finished. */
export type Point = [erlang: number, blocking: number | null, halfWidth: number | null, iterations: number, done: boolean];

/** An output file: path relative to the output directory, bytes, seconds since 1970, kind. */
export type FileRow = [path: string, size: number, modified: number, kind: Kind];

/** How far a run is; see RunProgress. */
export interface Progress {
  /** Share of the whole run that is done, 0 to 1. */
  fraction: number | null;
  /** Estimated seconds until the end. */
  eta: number | null;
  erlang: number | null;
  erlang_index: number | null;
  total_erlangs: number | null;
  iteration: number | null;
  total_iterations: number | null;
  /** Requests a second. */
  rate: number | null;
  events: number;
  bad_lines: number;
  points: Point[];
}

/** The last lines of a log. */
export interface Tail {
  /** Number of the first of them, counted from 0. */
  first: number;
  lines: string[];
}

/** What is known of a log. */
export interface LogState {
  /** Lines in the file; null while they are being counted. */
  count: number | null;
  tail: Tail;
}

/** Output files, as far as a small message can tell. */
export interface Listing {
  rows: FileRow[];
  /** These are all; else ask for the rest. */
  complete: boolean;
}

/** Where a run is, as its engine knows it. */
export interface EnginePlace {
  /** Why it waits, or where it executes: queued, 2 ahead, 1 at a time. */
  words: string;
  /** Command that tells more of it in a terminal; empty where there is none. */
  inquiry: string;
}

/** Everything small that is known of a run. */
export interface Snapshot {
  /** Grows by one with each change; what is older never replaces what is newer. */
  rev: number;
  id: string;
  name: string;
  status: Status;
  cancelling: boolean;
  /** Gone: the run's folder is not there any more, what stands here is what was known of it. */
  problem: Problem | null;
  simulator: string;
  /** Why this one was taken; empty for a command. */
  simulator_reason: string;
  engine: string;
  /** Null where there is nothing to tell, as for a run that executes on this machine. */
  place: EnginePlace | null;
  network: string | null;
  /** Seconds since 1970, by the kernel's clock. */
  now: number;
  created: number | null;
  started: number | null;
  completed: number | null;
  duration: number | null;
  exit_code: number | null;
  signal: number | null;
  error: string | null;
  erlangs: number[];
  max_iters: number | null;
  artifacts_version: number;
  /** Absent where they are the same as in the message before. */
  files?: Listing;
  /** Where the run lies, absolute. */
  directory: string;
  /** The user's home, absolute. */
  home: string;
  /** Only the user can write to the run's folder, so a page may read it through the server. */
  private: boolean;
  progress: Progress;
  log: LogState;
}

/** A point of a sweep, and the run that stands for it. */
export interface SweepPlace {
  /** Of the parameters, in their order. */
  values: string[];
  /** The run's id. */
  run: string;
}

/** What is known of the run of one point. */
export interface PointState {
  /** Null: the run was deleted. */
  status: Status | null;
  cancelling: boolean;
  /** Share of the run that is done, 0 to 1; a run that has ended is wholly done. */
  fraction: number;
  /** When it was asked for, in seconds since 1970. */
  created: number | null;
  error: string | null;
  /** The run's curve as far as it is known. */
  points: Point[];
}

/** What is known of a sweep, or what is new of it. */
export interface SweepSnapshot {
  /** Grows by one with each change. */
  rev: number;
  /** Number of the state that this one adds to; 0: this one is everything. */
  since: number;
  id: string;
  name: string;
  engine: string;
  /** Names of what varies; the last of them is "repeat" where points are repeated. */
  parameters: string[];
  /** The points in their order; absent where they are the same as before. */
  places?: SweepPlace[];
  /** Id of a run to what is known of it; of those that have changed. */
  states: Record<string, PointState>;
  /** Loads of all runs, rising. */
  erlangs: number[];
  /** Estimated seconds until all runs have ended. */
  eta: number | null;
  /** Seconds since 1970, by the kernel's clock. */
  now: number;
  /** The sweep was deleted. */
  gone: boolean;
  /** Folder of the runs, absolute. */
  directory: string;
  /** The user's home, absolute. */
  home: string;
  /** Only the user can write to the runs, so a page may ask the server to cancel them. */
  private: boolean;
}

/** The answer to a question of a page. */
export interface Reply {
  id: string;
  value?: Record<string, unknown>;
  error?: string;
  /** Number of the message's buffer that holds its bytes. */
  buffer?: number;
}

/** What the channel says to all widgets of a kernel. */
export interface Message {
  /** Counts the messages: a gap means that one was lost. */
  n: number;
  /** The state of each subject that changed, by its key. The key of a run is its id. */
  subjects?: Record<string, unknown>;
  replies?: Reply[];
  /** Keys of subjects that were deleted. */
  gone?: string[];
}

/** The first rows and columns of a table. */
export interface Grid {
  /** Names of all columns that are shown. */
  columns: string[];
  rows: unknown[][];
  /** Rows in the file. */
  total_rows: number;
  total_columns: number;
}

/** One option of the form. */
export interface OptionInfo {
  name: string;
  section: string;
  value: string;
  kind: "integer" | "number" | "flag" | "choice" | "shares" | "mapping" | "path" | "text";
  allowed: string;
  description: string;
  main: boolean;
  choices: string[];
  unit?: string;
  /** The heading that it stands under. */
  group?: string;
  /** Known values of an option that takes others as well. */
  suggestions?: string[];
}

/** What the form begins with. */
export interface FormState {
  templates: string[];
  template: string;
  simulators: string[];
  options: OptionInfo[];
  /** Of its fallback HTML, see js/src/ui/fallback.ts. */
  key: string;
}

/** What the form shows for the values in its fields. */
export interface Check {
  /** Option name to message. */
  errors: Record<string, string>;
  /** What would be simulated, in words. */
  summary: string;
  /** The one that is taken; missing where something is wrong. */
  simulator?: string;
  /** Why this one. */
  reason?: string;
}

/** Kind of a file by what stands behind its last dot, in small letters. */
export const KINDS: Readonly<Record<string, Kind>> = {
  json: "json",
  csv: "table",
  tsv: "table",
  jsonl: "table",
  ndjson: "table",
  parquet: "table",
  txt: "text",
  log: "text",
  md: "text",
  png: "image",
  jpg: "image",
  jpeg: "image",
  gif: "image",
  webp: "image",
  svg: "image",
  npy: "array",
  npz: "array",
  ini: "config",
  cfg: "config",
  toml: "config",
  yaml: "config",
  yml: "config",
};
