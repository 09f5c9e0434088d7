// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { ComparisonPane } from "../../src/runs_table/comparison.js";

const curve = (simulator: string) => ({ id: simulator, name: simulator, simulator, points: [] });

test.each([
  [["embedded", "fusion"], "Blocking over load (Erlang), 95\u202f% confidence"],
  [["command", "command"], "Blocking over load (Erlang)"],
  [["embedded", "command"], "Blocking over load (Erlang)"],
])("a comparison of %s claims a confidence only if all curves have it", (simulators, caption) => {
  const pane = new ComparisonPane();
  pane.show({ curves: ["embedded"].map(curve), text: "" });
  pane.show({ curves: simulators.map(curve), text: "" });
  expect(
    [...pane.element.querySelectorAll(".fj-caption")].map((each) => each.firstChild?.textContent),
  ).toEqual([caption]);
  pane.dispose();
});
