// What passes between the Python half and this one. Mirrors fusion_jupyter/widgets/snapshot.py.

/** The part of an anywidget model that we use. */
export interface Model {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback?: (...args: never[]) => void): void;
  widget_manager: { get_model(id: string): Promise<HubModel> };
}

/** The raw model of the hub, which all widgets of a kernel share. */
export interface HubModel {
  send(content: unknown): void;
  [shared: symbol]: unknown;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback: (...args: never[]) => void): void;
}

export type Status = "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";

/** One Erlang load: value, mean blocking, half width of its 90 % interval, iterations, finished. */
export type Point = [
  erlang: number,
  blocking: number | null,
  halfWidth: number | null,
  iterations: number,
  done: boolean,
];

export interface Progress {
  fraction: number | null;
  eta: number | null;
  erlang: number | null;
  erlang_index: number | null;
  total_erlangs: number | null;
  iteration: number | null;
  total_iterations: number | null;
  rate: number | null;
  events: number;
  bad_lines: number;
  points: Point[];
}

/** The last lines of a log: the number of the first one, counted from 0, and the lines. */
export interface Tail {
  first: number;
  lines: string[];
}

export interface LogState {
  /** Lines in the file, null while they are being counted. */
  count: number | null;
  tail: Tail;
}

/** Everything small that is known of a run. */
export interface Snapshot {
  /** Grows by one with each change; what is older never replaces what is newer. */
  rev: number;
  id: string;
  name: string;
  status: Status;
  cancelling: boolean;
  simulator: string;
  engine: string;
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
  /** Where the run lies, and the user's home, both absolute. */
  directory: string;
  home: string;
  progress: Progress;
  log: LogState;
}

export interface FileInfo {
  path: string;
  size: number;
  /** Seconds since 1970. */
  modified: number;
  kind: string;
}

export const isFinal = (status: Status): boolean => status !== "PENDING" && status !== "RUNNING";
