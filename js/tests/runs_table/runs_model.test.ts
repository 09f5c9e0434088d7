import { expect, test } from "vitest";
import { fits, parse } from "../../src/runs_table/query.js";
import type { RunRow } from "../../src/runs_table/run_row.js";
import { isGroup, RunsModel, varying } from "../../src/runs_table/runs_model.js";
import { type Given, NOW, rows } from "./runs.js";

const model = (given: Given[], line: string[] = []): RunsModel => {
  const made = new RunsModel({
    runs: new Map<string, RunRow>(rows(given).map((run) => [run.id, run])),
    sweeps: { "5eed": "a sweep" },
    positions: new Map(line.map((id, index) => [id, index + 1])),
    now: NOW + 100,
  });
  made.arrange();
  return made;
};

test("the newest runs come first, and those that wait before them in the order of the line", () => {
  const made = model([
    { id: "old", started: NOW },
    { id: "first", status: "PENDING", started: null, created: NOW + 20 },
    { id: "second", status: "PENDING", started: null, created: NOW + 30 },
    { id: "going", status: "RUNNING", started: NOW + 50, created: NOW + 10 },
  ]);
  expect(made.shown).toEqual(["second", "first", "going", "old"]);
});

test("a column sorts both ways, and what has no value stays last", () => {
  const made = model([
    { id: "a", blocking: 0.02 },
    { id: "b", blocking: null },
    { id: "c", blocking: 0.3 },
  ]);
  made.sortBy("blocking");
  expect(made.shown).toEqual(["c", "a", "b"]);
  made.sortBy("blocking");
  expect(made.shown).toEqual(["a", "c", "b"]);
  made.sortBy("name");
  expect(made.descending).toBe(false);
});

test("options sort as numbers where they are numbers, and names by the numbers in them", () => {
  const made = model([
    { id: "a", name: "k 10", options: { k_paths: 10 } },
    { id: "b", name: "k 9", options: { k_paths: 9 } },
  ]);
  made.sortBy("option:k_paths");
  expect(made.shown).toEqual(["b", "a"]);
  made.sortBy("name");
  expect(made.shown).toEqual(["b", "a"]);
});

test("by progress the first in line is nearest to those that go", () => {
  const made = model(
    [
      { id: "second", status: "PENDING" },
      { id: "first", status: "PENDING" },
      { id: "half", status: "RUNNING", fraction: 0.5 },
      { id: "done" },
    ],
    ["first", "second"],
  );
  made.sortBy("progress");
  expect(made.shown).toEqual(["done", "half", "first", "second"]);
});

test("the options of a study keep their columns when another run is beside it", () => {
  const common = { max_iters: 8, num_requests: 6000, erlang_start: 200, erlang_step: 100 };
  const study = [1, 3, 5].flatMap((k_paths) =>
    [0, 1].map((guard_slots) => ({
      id: `${k_paths}-${guard_slots}`,
      options: { ...common, k_paths, guard_slots },
    })),
  );
  const other = { id: "other", options: { max_iters: 20, num_requests: 100 } };
  const made = model([...study, other]);
  expect(made.options.slice(0, 2)).toEqual(["k_paths", "guard_slots"]);
});

test("only the options in which the shown runs differ have a column", () => {
  const made = model([
    { id: "a", options: { k_paths: 3, seed: 1, guard_slots: 1 } },
    { id: "b", options: { k_paths: 5, seed: 1 }, network: "USNet" },
    { id: "c", options: {}, simulator: "command", template: "" },
  ]);
  expect(made.options).toEqual(["k_paths", "guard_slots"]);
  made.setFilter("network:NSFNet");
  expect(made.options, "one run alone differs from none").toEqual([]);
  expect(varying(rows([{ id: "a" }, { id: "b", template: "nsfnet", engine: "slurm" }]))).toEqual([
    "template",
    "engine",
  ]);
});

test("runs are grouped by sweep or tag, and a group can be closed", () => {
  const made = model([
    { id: "a", tags: ["x", "y"], sweep: "5eed" },
    { id: "b", tags: ["y"] },
    { id: "c" },
  ]);
  made.setGrouping("tag");
  const heads = () => made.rows.filter(isGroup).map(({ label, runs }) => `${label} ${runs.length}`);
  expect(heads().sort()).toEqual(["Without a tag 1", "x 1", "y 2"]);
  expect(new Set(made.rows.map(({ key }) => key)).size, "a run in two groups").toBe(7);
  made.toggle("group:y");
  expect(made.shown).toHaveLength(2);
  made.setGrouping("sweep");
  expect(heads().sort()).toEqual(["In no sweep 2", "a sweep 1"]);
});

test("a run that has an option from its template has its value in the column, and is found by it", () => {
  const given = rows([
    { id: "one", options: { k_paths: 1, guard_slots: 1 } },
    { id: "none", options: {} },
    { id: "same", options: { guard_slots: 1 } },
  ]);
  const [one, none, same] = given;
  none!.defaults = { k_paths: 3, guard_slots: 1 };
  same!.defaults = { k_paths: 3 };
  expect(varying(given), "all have one guard slot").toEqual(["k_paths"]);
  const found = given.filter((run) => fits(run, parse("k_paths:3"), {}));
  expect(found).toEqual([none, same]);
  expect(fits(one!, parse("guard_slots:1"), {})).toBe(true);
});
