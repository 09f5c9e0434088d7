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
  pane.show({ curves: ["embedded"].map(curve), text: "", target: null });
  pane.show({ curves: simulators.map(curve), text: "", target: null });
  expect(
    [...pane.element.querySelectorAll(".fj-caption")].map((each) => each.firstChild?.textContent),
  ).toEqual([caption]);
  pane.dispose();
});

test("sentences are broken where they end, and numbers stay in their columns", () => {
  const pane = new ComparisonPane();
  const text = "k = 3 carries more\n\nErlang  k = 1\n   300   0.01\n\n6 iterations.\nPaired.";
  pane.show({ curves: ["embedded"].map(curve), text, target: null });
  const [first, last] = pane.element.querySelectorAll("div.fj-comparison-text");
  expect([first!.textContent, last!.textContent]).toEqual([
    "k = 3 carries more",
    "6 iterations.\nPaired.",
  ]);
  expect(pane.element.querySelector("pre")!.textContent).toBe("Erlang  k = 1\n   300   0.01");
  pane.show({ curves: ["embedded"].map(curve), text: "There is one run to compare", target: null });
  expect(pane.element.querySelector("pre")).toBeNull();
  pane.dispose();
});
