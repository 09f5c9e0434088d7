import { expect, test } from "vitest";
import contract from "../../../tests/contracts/limits.json?raw";
import { BlockingChart } from "../../src/charts/blocking_chart.js";
import { separated } from "../../src/files/tabulate.js";
import { Loads } from "../../src/progress/loads.js";
import { mergeLog } from "../../src/watch/log_tail.js";

const limits = JSON.parse(contract) as Record<string, number>;

test("progress keeps as many loads as the contract says", () => {
  const loads = new Loads();
  for (let number = 0; number <= limits.loads!; number += 1) loads.add(number, 1);
  expect(loads.size).toBe(limits.loads);
});

test("a preview has as many rows and columns as the contract says", () => {
  const line = `${Array(limits.preview_columns! + 1)
    .fill("x")
    .join(",")}\n`;
  const grid = separated(line.repeat(limits.preview_rows! + 2), ",");
  expect([grid.rows.length, grid.columns.length]).toEqual([
    limits.preview_rows,
    limits.preview_columns,
  ]);
});

test("as many last lines of a log are kept as the contract says", () => {
  const part = (first: number, count: number) => ({
    count: first + count,
    tail: { first, lines: Array(count).fill("line") as string[] },
  });
  const most = limits.log_lines!;
  expect(mergeLog(part(0, most - 1), part(most - 1, 2)).tail.lines.length).toBe(most);
});

test("an interval is rough below the iterations that the contract says", () => {
  const enough = limits.iterations_of_an_interval!;
  const chart = new BlockingChart();
  const doubt = chart.element.querySelector<HTMLElement>(".fj-doubt")!;
  const update = (iterations: number): void =>
    chart.update([{ points: [[300, 0.1, 0.01, iterations, true]], label: "" }], []);
  update(enough - 1);
  expect(doubt.hidden).toBe(false);
  update(enough);
  expect(doubt.hidden).toBe(true);
  chart.dispose();
});
