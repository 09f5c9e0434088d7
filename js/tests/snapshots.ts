// A run's state as the Python half sends it, for tests.

import type { Progress, Snapshot } from "../src/types.js";

export const progressOf = (more: Partial<Progress> = {}): Progress => ({
  fraction: null,
  eta: null,
  erlang: null,
  erlang_index: null,
  total_erlangs: null,
  iteration: null,
  total_iterations: null,
  rate: null,
  events: 0,
  bad_lines: 0,
  points: [],
  ...more,
});

export const snapshotOf = (more: Partial<Snapshot> = {}): Snapshot => ({
  rev: 1,
  id: "0123456789ab",
  name: "k-paths 3",
  status: "RUNNING",
  cancelling: false,
  problem: null,
  simulator: "embedded",
  simulator_reason: "asked for",
  engine: "local",
  report: null,
  network: "NSFNet",
  now: 1_764_000_100,
  created: 1_764_000_000,
  started: 1_764_000_001,
  completed: null,
  duration: null,
  exit_code: null,
  signal: null,
  error: null,
  erlangs: [300, 400],
  max_iters: 4,
  artifacts_version: 0,
  directory: "/srv/study/fusion_runs/0123456789ab",
  home: "/home/ann",
  private: true,
  progress: progressOf(),
  log: { count: 0, tail: { first: 0, lines: [] } },
  ...more,
});
