import { describe, expect, test } from "vitest";
import contract from "../../../tests/contracts/map_names.json?raw";
import { areShort, readable } from "../../src/topology/names.js";
import { BESIDE, type MapNode, type NetworkMap } from "../../src/types.js";

interface Contract {
  beside: Record<MapNode[3], [number, number, string]>;
  cases: {
    name: string;
    nodes: [string, MapNode[3]][];
    places: [number, number][];
    shown: number[];
  }[];
  longest_inside: number;
}

const { beside, cases, longest_inside } = JSON.parse(contract) as Contract;

const mapOf = (nodes: [string, MapNode[3]][]): NetworkMap => ({
  name: "made",
  nodes: nodes.map(([name, side]) => [name, 0, 0, side]),
  links: [],
  computed: false,
});

describe("the names that the contract says have room", () => {
  test.each(cases.map((each) => [each.name, each] as const))("%s", (_, each) => {
    expect([...readable(mapOf(each.nodes), each.places)]).toEqual(each.shown);
  });
});

test("a name is beside its node where the contract says", () => {
  expect(BESIDE).toEqual(beside);
});

test("names as short as the contract says are inside their nodes", () => {
  expect(areShort(mapOf([["n".repeat(longest_inside), "e"]]))).toBe(true);
  expect(areShort(mapOf([["n".repeat(longest_inside + 1), "e"]]))).toBe(false);
});
