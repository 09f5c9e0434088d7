import { describe, expect, test } from "vitest";
import contract from "../../../tests/contracts/numbers.json?raw";
import { valueText } from "../../src/topology/scale.js";
import * as format from "../../src/ui/format.js";

type Format = (number: number) => string;

const FORMATS: Record<string, Format> = {
  duration: format.duration,
  took: format.took,
  probability: format.probability,
  margin: format.margin,
  percent: format.percent,
  share: (number) => valueText(number, "utilization"),
  count: format.count,
  load: format.load,
  bytes: format.bytes,
};

const numbers = JSON.parse(contract) as Record<string, [number, string][]>;

describe("a number is shown as the contract says; spaces are narrow", () => {
  test.each(
    Object.entries(numbers).flatMap(([name, cases]) =>
      cases.map((each) => [name, ...each] as const),
    ),
  )("%s of %s", (name, number, text) => {
    expect(FORMATS[name]!(number).replaceAll("\u202f", " ")).toBe(text);
  });
});
