// Runs as the kernel tells them, for tests.

import { type RunRow, rowOf } from "../../src/runs_table/run_row.js";
import type { RunColumns, RunsSnapshot } from "../../src/types.js";

export const NOW = 1_764_000_000;

const PLAIN: Omit<RunRow, "seen" | "id" | "defaults"> = {
  name: "a run",
  status: "COMPLETED",
  cancelling: false,
  problem: null,
  simulator: "embedded",
  engine: "local",
  template: "minimal",
  network: "NSFNet",
  options: { k_paths: 3 },
  values: -1,
  tags: [],
  sweep: "",
  first: 300,
  last: 600,
  fraction: 1,
  eta: null,
  blocking: 0.01,
  half: 0.002,
  created: NOW,
  started: NOW + 1,
  completed: NOW + 31,
  duration: 30,
  error: null,
  reason: "",
  private: false,
};

export type Given = Partial<RunRow> & { id: string };

export const columns = (runs: Given[]): RunColumns => {
  const names = ["id", ...Object.keys(PLAIN)] as (keyof RunColumns)[];
  const whole = runs.map((run) => ({ ...PLAIN, ...run }));
  return Object.fromEntries(
    names.map((name) => [name, whole.map((run) => run[name])]),
  ) as unknown as RunColumns;
};

export const rows = (runs: Given[]): RunRow[] => {
  const made = columns(runs);
  return runs.map((_, at) => rowOf(made, at, NOW));
};

export const snapshot = (runs: Given[], more: Partial<RunsSnapshot> = {}): RunsSnapshot => ({
  rev: 1,
  since: 0,
  now: Date.now() / 1000,
  rows: columns(runs),
  removed: [],
  queue: [],
  sweeps: {},
  final: false,
  directory: "/srv/study/fusion_runs",
  home: "/home/me",
  ...more,
});

/** As the trait that the page begins with. */
export const bytes = (state: RunsSnapshot): DataView => {
  const { buffer } = new TextEncoder().encode(JSON.stringify(state));
  return new DataView(buffer);
};
