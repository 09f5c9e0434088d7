import { describe, expect, test } from "vitest";
import contract from "../../../tests/contracts/axes.json?raw";
import { linearTicks, logAxis } from "../../src/charts/axes.js";

interface Case {
  name: string;
  points: [number | null, number | null][];
  low: number;
  high: number;
  ticks: number[];
  labels: string[];
  none_observed: boolean;
  places: [number, number | null][];
}

interface Contract {
  logarithmic: Case[];
  linear: { low: number; high: number; most: number; ticks: number[] }[];
}

const { logarithmic, linear } = JSON.parse(contract) as Contract;

describe("a logarithmic axis is as the contract says", () => {
  test.each(logarithmic.map((each) => [each.name, each] as const))("%s", (_, each) => {
    const axis = logAxis(each.points);
    expect([axis.low, axis.high]).toEqual([each.low, each.high]);
    expect(axis.ticks).toEqual(each.ticks);
    expect(axis.labels).toEqual(each.labels);
    expect(axis.noneObserved).toBe(each.none_observed);
    for (const [value, place] of each.places) {
      if (place === null) expect(axis.position(value)).toBeNull();
      else expect(axis.position(value)).toBeCloseTo(place, 9);
    }
  });
});

test("linear ticks are as the contract says", () => {
  for (const { low, high, most, ticks } of linear)
    expect(linearTicks(low, high, most)).toEqual(ticks);
});
