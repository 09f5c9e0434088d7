import { render } from "lit-html";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlockingChart, picture, type Series, spoken } from "../../src/charts/blocking_chart.js";
import type { Point } from "../../src/types.js";
import { drawn, layout, words } from "../layout.js";

let restore: () => void;
beforeEach(() => {
  restore = layout(400, 240);
});
afterEach(() => restore());

const draw = (series: Series[], planned: number[] = []): SVGSVGElement => {
  const element = document.createElement("div");
  render(picture(series, planned, 400, 240), element);
  return element.querySelector("svg")!;
};
const one = (...points: Point[]): Series[] => [{ points, label: "" }];
const numbersIn = (text: string): number[] => (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
const texts = (chart: Element): string[] =>
  [...chart.querySelectorAll("text")].map((each) => words(each));

test("a curve has its band, its points and what they mean", () => {
  const chart = draw(one([300, 0.0077, 0.0028, 15, true], [400, 0.0253, 0.0036, 7, false]));
  expect(chart.querySelectorAll(".fj-point").length).toBe(2);
  expect(chart.querySelectorAll(".fj-open").length).toBe(1);
  expect(chart.querySelector(".fj-band")!.getAttribute("d")).toMatch(/^M.*Z$/);
  expect(words(chart.querySelector("title"))).toBe("300 Erlang: 0.00770 ± 0.0028 (15 iterations)");
  expect(texts(chart)).toContain("0.02");
});

test("loads at which none was observed stand in one row below the axis, apart from the line", () => {
  const chart = draw(
    one([100, 0, 0, 3, true], [200, 0, null, 3, true], [300, 0.01, null, 3, true]),
  );
  const zeros = [...chart.querySelectorAll(".fj-zero")].map((each) => each.getAttribute("cy"));
  expect(new Set(zeros).size).toBe(1);
  const axis = [...chart.querySelectorAll(".fj-grid")].map(
    (each) => numbersIn(each.getAttribute("d")!)[1]!,
  );
  const point = Number(chart.querySelector(".fj-point:not(.fj-zero)")!.getAttribute("cy"));
  expect(Number(zeros[0])).toBeGreaterThan(point);
  expect(Math.max(...axis)).toBeGreaterThan(Number(zeros[0]));
  expect(texts(chart)).toContain("none");
  expect(chart.querySelector(".fj-line")!.getAttribute("d")).not.toContain("L");
  expect(texts(draw(one([300, 0.01, null, 3, true])))).not.toContain("none");
});

test("nothing is drawn outside, whatever the values", () => {
  const wild: Point[] = [
    [1, 5e-324, 5e-324, 1, false],
    [2, 1e-9, 1, 1, false],
    [3, 0.5, 0.9, 1, true],
    [4, 1, 5, 1, true],
  ];
  const chart = draw(one(...wild));
  for (const shape of chart.querySelectorAll(".fj-band, .fj-line")) {
    const values = numbersIn(shape.getAttribute("d")!);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(values.filter((_, index) => index % 2 === 1).every((y) => y >= 0 && y <= 240)).toBe(
      true,
    );
  }
  expect(chart.outerHTML).not.toMatch(/NaN|Infinity/);
});

test("one interval alone is a whisker, and points without a value are not drawn", () => {
  const chart = draw(one([300, 0.01, 0.002, 3, true], [400, null, null, 0, false]));
  expect(chart.querySelectorAll(".fj-whisker").length).toBe(1);
  expect(chart.querySelectorAll(".fj-point").length).toBe(1);
});

test("planned loads keep the axis still while values come", () => {
  const x = (points: Point[]) =>
    draw(one(...points), [300, 400, 500, 600])
      .querySelector(".fj-point")!
      .getAttribute("cx");
  const first: Point = [300, 0.01, null, 1, false];
  expect(x([first])).toBe(x([first, [600, 0.2, null, 1, false]]));
});

test("several curves have their own names and classes in one picture", () => {
  const chart = draw([
    { points: [[300, 0.01, null, 1, true]], label: "k = 1", style: "fj-first" },
    { points: [[300, 0.02, null, 1, true]], label: "k = 3", style: "fj-second" },
  ]);
  expect(chart.querySelectorAll("g.fj-series").length).toBe(2);
  expect(words(chart.querySelector(".fj-second title"))).toContain("k = 3, 300 Erlang");
});

test("a line shows the blocking at which loads are compared, where the axis reaches it", () => {
  const points = one([300, 0.002, null, 1, true], [600, 0.2, null, 1, true]);
  const withLine = (target: number | null): SVGSVGElement => {
    const element = document.createElement("div");
    render(picture(points, [], 400, 240, target), element);
    return element.querySelector("svg")!;
  };
  expect(withLine(0.01).querySelectorAll(".fj-target")).toHaveLength(1);
  expect(texts(withLine(0.01))).toContain("1 %");
  expect(withLine(1e-6).querySelector(".fj-target")).toBeNull();
  expect(withLine(null).querySelector(".fj-target")).toBeNull();
});

test("of very many values no circles are drawn, only the line", () => {
  const points = Array.from({ length: 500 }, (_, n): Point => [n, 0.01 + n / 1000, null, 1, true]);
  expect(draw(one(...points)).querySelectorAll("circle").length).toBe(0);
});

test("the picture is told in words, and drawn again only where something changed", async () => {
  expect(spoken(one())).toBe("Blocking over load: no values yet");
  expect(spoken(one([300, 0, null, 1, true]))).toContain("none observed at 300 Erlang");
  const chart = new BlockingChart();
  document.body.replaceChildren(chart.element);
  chart.update(one([300, 0.01, null, 1, true]), [300, 400]);
  await drawn();
  const plot = chart.element.querySelector('[role="img"]')!;
  expect(plot.getAttribute("aria-label")).toContain("0.0100 at 300 Erlang");
  const before = plot.querySelector("circle");
  chart.update(one([300, 0.01, null, 1, true]), [300, 400]);
  await drawn();
  expect(plot.querySelector("circle")).toBe(before);
  chart.dispose();
});
