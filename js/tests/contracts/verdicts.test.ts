import { describe, expect, test } from "vitest";
import contract from "../../../tests/contracts/verdicts.json?raw";
import { FACTS, type Facts, type Verdict, verdict } from "../../src/watch/verdict.js";

interface Case {
  name: string;
  facts: Partial<Facts>;
  expected: Partial<Verdict> & { status: string };
}

describe("what is said of a run is what the contract says", () => {
  const cases = JSON.parse(contract) as Case[];
  test.each(cases.map((each) => [each.name, each] as const))("%s", (_, { facts, expected }) => {
    const found = verdict({ ...FACTS, ...facts });
    expect(found.status).toBe(expected.status);
    expect(found.problem).toBe(expected.problem ?? null);
    expect(found.unrecorded).toBe(expected.unrecorded ?? false);
    if (expected.message) expect(found.message).toContain(expected.message);
  });
});
