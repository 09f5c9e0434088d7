// A sweep's state as the Python half sends it, for tests.

import type { PointState, SweepSnapshot } from "../src/types.js";
import { Jupyter } from "./jupyter.js";

/** The runs of `sweepOf`, by id, and where they are on the server of `serverOfRuns`. */
export const RUNS = ["aa", "ab", "ba", "bb"];
export const folder = (id: string): string => `/srv/study/fusion_runs/${id}`;

/** A server that has the runs' requests, and the page's words about it. */
export const serverOfRuns = (): Jupyter => {
  const jupyter = new Jupyter();
  jupyter.install();
  for (const id of RUNS) {
    const request = { created_at: new Date(1_764_000_000_000) };
    jupyter.file(`${folder(id)}/run.json`, JSON.stringify(request));
  }
  const page = document.createElement("script");
  page.id = "jupyter-config-data";
  page.textContent = JSON.stringify({ baseUrl: "http://jupyter.test/", serverRoot: "/srv" });
  document.body.append(page);
  return jupyter;
};

export const stateOf = (more: Partial<PointState> = {}): PointState => ({
  status: "PENDING",
  problem: null,
  cancelling: false,
  fraction: 0,
  created: 1_764_000_000,
  error: null,
  points: [],
  ...more,
});

/** A completed run with this blocking at 300 and 400 Erlang. */
export const completed = (first: number, second: number): PointState =>
  stateOf({
    status: "COMPLETED",
    fraction: 1,
    points: [
      [300, first, 0.001, 5, true],
      [400, second, 0.002, 5, true],
    ],
  });

/** Two networks and two numbers of paths, whose runs are "aa", "ab", "ba", "bb". */
export const sweepOf = (more: Partial<SweepSnapshot> = {}): SweepSnapshot => ({
  rev: 1,
  since: 0,
  id: "feedfeedfeed",
  name: "paths",
  engine: "local",
  parameters: ["network", "k_paths"],
  points: [
    { values: ["NSFNet", "1"], run: "aa" },
    { values: ["NSFNet", "3"], run: "ab" },
    { values: ["USNet", "1"], run: "ba" },
    { values: ["USNet", "3"], run: "bb" },
  ],
  states: { aa: stateOf(), ab: stateOf(), ba: stateOf(), bb: stateOf() },
  erlangs: [300, 400],
  eta: null,
  now: 1_764_000_100,
  gone: false,
  directory: "/srv/study/fusion_runs",
  home: "/home/ann",
  private: true,
  ...more,
});
