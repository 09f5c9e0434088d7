// Written by js/make_types.py from fusion_jupyter: widgets/messages.py and its neighbours, and the
// modules of constants that it names. Do not edit.

export type Status = "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | "UNKNOWN";

/** Why less than usual is known about a run. */
export type Problem = "damaged" | "newer" | "unreadable" | "gone" | "silent";

/** Kind of an output file, determined from its name. */
export type Kind = "results" | "table" | "json" | "text" | "image" | "array" | "config" | "other";

/** One Erlang load: its value, mean blocking, half width of its interval, iterations, finished. */
export type Point = [erlang: number, blocking: number | null, halfWidth: number | null, iterations: number, done: boolean];

/** Value of an option, as text unless it is a simple value. */
export type Option = string | number | boolean | null;

/** A run with which something did not work, and why. */
export type Failure = [id: string, message: string];

/** An output file: path relative to the output directory, bytes, seconds since 1970, kind. */
export type FileRow = [path: string, size: number, modified: number, kind: Kind];

/** Progress of a run; see RunProgress. */
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

/** State of a log. */
export interface LogState {
  /** Number of lines in the file; null while they are being counted. */
  count: number | null;
  tail: Tail;
}

/** Output files, as many as fit in a small message. */
export interface Listing {
  rows: FileRow[];
  /** Whether these are all; else request the rest. */
  complete: boolean;
}

/** An engine's report about a run. */
export interface EngineWords {
  /** Why it waits, or where it executes: queued, 2 ahead, 1 at a time. */
  words: string;
  /** Terminal command that shows more about it; empty if there is none. */
  inquiry: string;
}

/** Everything known about a run except bulk data. */
export interface Snapshot {
  /** Increases by one with each change; an older state never replaces a newer one. */
  rev: number;
  id: string;
  name: string;
  status: Status;
  cancelling: boolean;
  /** Gone: the run's folder no longer exists, and this is its last known state. */
  problem: Problem | null;
  simulator: string;
  /** Why this one was chosen; empty for a command. */
  simulator_reason: string;
  engine: string;
  /** Null if there is none, as for a run that executes on this machine. */
  report: EngineWords | null;
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
  /** Absent if unchanged since the previous message. */
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

/** Runs as a table shows them: a list for each column, all of the same length. */
export interface RunColumns {
  id: string[];
  name: string[];
  status: Status[];
  cancelling: boolean[];
  problem: (Problem | null)[];
  simulator: string[];
  engine: string[];
  template: string[];
  network: (string | null)[];
  /** Options set by the user, except those with their own column. */
  options: (Record<string, Option>)[];
  /** Position in RunsSnapshot.defaults of the values of options that others set; -1: unread. */
  values: number[];
  tags: string[][];
  /** Id of the sweep that it belongs to; empty: to none. */
  sweep: string[];
  /** The first planned load, in Erlang. */
  first: (number | null)[];
  last: (number | null)[];
  fraction: (number | null)[];
  /** Estimated seconds until the end, at the moment of the message. */
  eta: (number | null)[];
  /** Mean blocking at the last load of which it is known. */
  blocking: (number | null)[];
  /** Half width of its interval. */
  half: (number | null)[];
  /** Seconds since 1970, as all moments. */
  created: (number | null)[];
  started: (number | null)[];
  completed: (number | null)[];
  duration: (number | null)[];
  error: (string | null)[];
  /** Why it waits, if its position in a queue does not tell; else empty. */
  reason: string[];
  /** See Snapshot; false for a run that has ended, of which a page reads nothing. */
  private: boolean[];
}

/** Many runs: all of them, or those that have changed. */
export interface RunsSnapshot {
  rev: number;
  /** What has changed after the state of this number is here; 0: all runs. */
  since: number;
  /** Seconds since 1970, by the kernel's clock. */
  now: number;
  rows: RunColumns;
  /** Ids of runs that are gone. */
  removed: string[];
  /** Ids of the first waiting runs, in the order in which they will start. */
  queue: string[];
  /** Names of the sweeps, by their ids; absent where they are the same as before. */
  sweeps?: Record<string, string>;
  /** Values of options that runs have from their templates; absent where they are as before. */
  defaults?: (Record<string, Option>)[];
  /** All runs have ended, and everything of them has been read. */
  final: boolean;
  /** The runs directory, absolute. */
  directory: string;
  /** The user's home, absolute. */
  home: string;
}

/** A run in a comparison. */
export interface Curve {
  id: string;
  name: string;
  simulator: string;
  points: Point[];
}

/** What came of something that was done to several runs. */
export interface Bulk {
  done: number;
  failed: Failure[];
  /** The file that was written. */
  path?: string;
}

/** Runs side by side. */
export interface RunsComparison {
  curves: Curve[];
  /** Statement of compare about them, or why there is none. */
  text: string;
  /** Blocking at which their loads are compared; null if there is no statement. */
  target: number | null;
}

/** The answer to a page's request. */
export interface Reply {
  id: string;
  value?: Record<string, unknown>;
  error?: string;
  /** Index of the message's buffer with its bytes. */
  buffer?: number;
}

/** A message of the channel to all widgets of a kernel. */
export interface Message {
  /** Number of the message: a gap means that one was lost. */
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
  /** 1: on the first page, 2: changes what a run does, 3: the rest. */
  importance: number;
  /** What it is where a configuration leaves it out; empty: the simulator does without it. */
  default?: string;
  choices: string[];
  unit?: string;
  /** The heading of its group. */
  group?: string;
  /** Known values of an option that also accepts others. */
  suggestions?: string[];
}

/** Initial state of the form. */
export interface FormState {
  templates: string[];
  template: string;
  simulator: string;
  simulators: string[];
  /** With commas between them. */
  tags: string;
  options: OptionInfo[];
  /** Class of its fallback HTML, see js/src/ui/fallback.ts. */
  key: string;
}

/** The form's response to the values in its fields. */
export interface Check {
  /** Option name to message, which does not say the name again. */
  errors: Record<string, string>;
  /** What would be simulated, in words. */
  summary: string;
  /** How long it would take, in words; empty where nothing tells. */
  estimate: string;
  /** The same as an INI file. */
  ini: string;
  /** The same in Python. */
  code: string;
  /** The chosen simulator; missing if there are errors. */
  simulator?: string;
  /** Why this one. */
  reason?: string;
}

/** A point of a sweep and its run. */
export interface PointIdentity {
  /** Of the parameters, in their order. */
  values: string[];
  /** The run's id. */
  run: string;
}

/** State of the run of one point. */
export interface PointState {
  /** Null: the run or its output was deleted. */
  status: Status | null;
  /** Why less than usual is known of the run. */
  problem: Problem | null;
  cancelling: boolean;
  /** Share of the run that is done, 0 to 1; 1 for a run that has ended. */
  fraction: number;
  /** When it was requested, in seconds since 1970. */
  created: number | null;
  error: string | null;
  /** The known part of the run's curve. */
  points: Point[];
}

/** State of a sweep, or its changes. */
export interface SweepSnapshot {
  /** Grows by one with each change. */
  rev: number;
  /** Number of the state that this one adds to; 0: this one is complete. */
  since: number;
  id: string;
  name: string;
  engine: string;
  /** Names of the varied options; the last one is "repeat" if points are repeated. */
  parameters: string[];
  /** The points in order; absent if unchanged. */
  points?: PointIdentity[];
  /** State by run id, of the runs that have changed. */
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
  /** Whether only the user can write to the runs: then a page may cancel them via the server. */
  private: boolean;
}

/** What came of cancelling a sweep's runs. */
export interface SweepCancelled {
  /** Sentences about those that others have asked for, too. */
  notes: string[];
}

/** Bounds of the answer after a probe, in Erlang. */
export type Bracket = [low: number, high: number];

/** State of the search for one load. */
export interface TargetState {
  /** The configuration; empty if there is only one. */
  name: string;
  /** After each probe that has ended. */
  brackets: Bracket[];
  /** In Erlang; null while it is only bracketed. */
  load: number | null;
  low: number | null;
  high: number | null;
  /** The current simulation; empty if there is none. */
  probe: string;
  /** Why the search for this load ended; empty while it is running. */
  reason: string;
  /** Whether it ended without a load, because of an error or a cancel. */
  failed: boolean;
}

/** State of a search for loads. */
export interface SearchSnapshot {
  /** Grows by one with each change. */
  rev: number;
  /** Key of the subject: each search has its own, even if it is requested again. */
  key: string;
  /** Id of the sweep whose runs are the probes. */
  id: string;
  name: string;
  template: string;
  /** The call that asks for the search. */
  code: string;
  confidence: number;
  probes: number;
  /** Estimated total number of probes. */
  expected: number;
  /** Simulated so far. */
  requests: number;
  /** Seconds since 1970, by the kernel's clock. */
  started: number;
  now: number;
  settled: boolean;
  targets: TargetState[];
}

/** A node of a map: its position (longer side from 0 to 1) and the side of its name. */
export type MapNode = [name: string, x: number, y: number, side: "e" | "w" | "n" | "s"];

/** A link of a map: the numbers of its nodes, and its length in km. */
export type MapLink = [source: number, target: number, length: number | null];

/** A network as it is drawn. */
export interface NetworkMap {
  name: string;
  nodes: MapNode[];
  links: MapLink[];
  /** Whether the positions are computed from the lengths. */
  computed: boolean;
}

/** The use of a map's links at one load. */
export interface LoadUse {
  erlang: number;
  /** The described iteration, counted from 0. */
  iteration: number;
  /** In the order of the links; null if unknown. */
  values: (number | null)[];
}

/** One of the maps shown together. */
export interface MapPanel {
  /** Which of the maps. */
  map: number;
  title: string;
  /** Id of the run; empty for a network alone. */
  run: string;
  /** Name of the run. */
  name: string;
  /** Whether the run has ended, so that unknown values stay unknown. */
  ended: boolean;
  loads: LoadUse[];
}

/** What a topology view shows. */
export interface TopologyState {
  rev: number;
  /** Key of the subject and of its fallback HTML. */
  key: string;
  maps: NetworkMap[];
  panels: MapPanel[];
  /** All that can be chosen. */
  loads: number[];
  /** Whether to show one map per load, side by side. */
  each_load: boolean;
  /** The metric; empty without runs. */
  metric: "utilization" | "usage_count" | "throughput" | "";
  /** Legend of the values. */
  words: string;
  /** Where the scale ends. */
  top: number;
  note: string;
  /** The Python call that creates this view, without the closing bracket. */
  code: string;
}

/** Kind of an output file by its extension in lower case. */
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

/** Fewer iterations justify no interval: no load ends at a precision before it has as many. */
export const MIN_ITERATIONS = 5;

/** Number of the last lines of a log that are kept. */
export const TAIL_LINES = 200;

/** Names up to this length are drawn inside the node's circle. */
export const LONGEST_INSIDE = 3;

/** Width of a letter of a name, in pixels. */
export const LETTER_WIDTH = 5.6;

/** Space in pixels that a node takes to each side of its position. */
export const NODE_RADIUS = 4;

/** Position of a name beside its node: to the right, downwards, and alignment. */
export const BESIDE = {
  e: [7, 3.5, "start"],
  w: [-7, 3.5, "end"],
  n: [0, -7, "middle"],
  s: [0, 14, "middle"],
} as const;

/** No real run has more loads than this; the limit bounds memory. */
export const MOST_LOADS = 4096;

export const RUN_FILE = "run.json";

export const STATE_FILE = "state.json";

export const CANCEL_FILE = "cancel.json";

/** Marker file: somebody asked for the same run again and shares it, so it is not only its maker's. A time budget that it was started with still ends it. */
export const SHARED_FILE = "shared.json";

export const LOCK_FILE = "supervisor.lock";

export const PROGRESS_FILE = "progress.jsonl";

export const LOG_FOLDER = "logs";

export const OUTPUT_FOLDER = "output";

/** Seconds between touches of a supervisor's lock file: its heartbeat for other machines. */
export const HEARTBEAT_SECONDS = 10;

/** Seconds without a heartbeat before it is reported: network file systems show times a minute late. */
export const SILENT_SECONDS = 180;

/** Rows and columns of a preview, also of the files that the page reads itself. */
export const PREVIEW_ROWS = 200;

export const PREVIEW_COLUMNS = 40;
