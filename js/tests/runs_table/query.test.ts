import { expect, test } from "vitest";
import { codeOf, fits, parse, wrongKey } from "../../src/runs_table/query.js";
import { rows } from "./runs.js";

const runs = rows([
  { id: "a1", name: "k-paths 5", status: "RUNNING", tags: ["ofc27", "first"] },
  { id: "b2", name: "two words", status: "PENDING", network: "USbackbone60", sweep: "5eed" },
  { id: "c3", name: "wrong", status: "FAILED", error: "no such link", options: { k_paths: 7 } },
]);
const found = (filter: string): string =>
  runs
    .filter((run) => fits(run, parse(filter), { "5eed": "network × k_paths" }))
    .map(({ id }) => id)
    .join(" ");

test.each([
  ["", "a1 b2 c3"],
  ["status:failed", "c3"],
  ["status:waiting", "b2"],
  ["status:PENDING", "b2"],
  ["status:active", "a1 b2"],
  ["network:nsfnet", "a1 c3"],
  ["network:NSF status:running", "a1"],
  ["name:k-paths", "a1"],
  ['name:"two words"', "b2"],
  ["tag:first", "a1"],
  ["-tag:first", "b2 c3"],
  ["k_paths:7", "c3"],
  ["k_paths:", ""],
  ["such link", "c3"],
  ['"such link"', "c3"],
  ["sweep:network", "b2"],
  ["-status:failed -status:waiting", "a1"],
  ["engine:local template:minimal", "a1 b2 c3"],
  ["id:b", "b2"],
  ["nowhere", ""],
  ["tags:first", "a1"],
  ["routing_settings.k_paths:7", "c3"],
  ["k_paths>3", "c3"],
  ["k_paths>=3 -k_paths>6", "a1 b2"],
  ["k_paths<=3", "a1 b2"],
  ["erlang:450", "a1 b2 c3"],
  ["erlang:200", ""],
  ["erlang>600", ""],
  ["blocking<0.02", "a1 b2 c3"],
  ["blocking>0.02", ""],
])("the filter %j finds %j", (filter, expected) => expect(found(filter)).toBe(expected));

test.each([
  ["", "fj.runs()"],
  ["status:waiting network:NSFNet", 'fj.runs(status="pending", network="NSFNet")'],
  ["tag:ofc27 tag:first", 'fj.runs(tags=["ofc27", "first"])'],
  ['name:"two words"', 'fj.runs(name="two words")'],
  // What `fj.runs` does not do, or not with what is written so far.
  ["network:nsf", null],
  ["tag:of", null],
  ["-status:failed", null],
  ["k_paths:7", null],
  ["link", null],
  ["tags:ofc27", 'fj.runs(tags="ofc27")'],
  ["erlang>300", null],
])("the filter %j is %j in Python", (filter, expected) =>
  expect(codeOf(parse(filter), runs)).toBe(expected),
);

test.each([
  ["tag:v1", null],
  ["tag:v10", 'fj.runs(tags="v10")'],
  ["network:NSFNet", null],
  ["network:nsfnet-own", 'fj.runs(network="nsfnet-own")'],
  ["name:a*", null],
  ["name:b?", null],
  ["network:nsfnet tag:v1 name:old", 'fj.runs(network="nsfnet", tags="v1", name="old")'],
  // One that waits and is to be cancelled is PENDING in Python, and is not shown as waiting.
  ["status:waiting", null],
])("the line of Python for %j finds the runs that are shown, or there is none", (filter, line) => {
  const similar = rows([
    { id: "a1", name: "a old", tags: ["v1"] },
    { id: "b2", name: "ab", network: "NSFNet-own", tags: ["v10"] },
    { id: "c3", name: "a*b?", network: "USNet", status: "PENDING", cancelling: true },
  ]);
  expect(codeOf(parse(filter), similar)).toBe(line);
});

test("a key that is none is named, with those that are allowed", () => {
  const wrong = (filter: string): string =>
    wrongKey(parse(filter), new Map(runs.map((run) => [run.id, run])));
  expect(wrong("foo:bar")).toBe(
    "foo is no key; allowed: status, name, network, simulator, tag, sweep, id, erlang, blocking, " +
      "template, engine, k_paths",
  );
  expect(wrong("k_paths:9 tags:x erlang>1 words")).toBe("");
});
