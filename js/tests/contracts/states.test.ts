import { describe, expect, test } from "vitest";
import words from "../../../tests/contracts/shown_status.json?raw";
import contract from "../../../tests/contracts/states.json?raw";
import useless from "../../../tests/contracts/useless.json?raw";
import { isUseless } from "../../src/sweep_view/wording.js";
import type { PointState, Snapshot } from "../../src/types.js";
import { statusWord } from "../../src/watch/situation.js";
import { type Reading, readState } from "../../src/watch/state_file.js";
import { stateOf } from "../sweeps.js";

interface Case extends Reading {
  name: string;
  /** Text or content of state.json; null where there is none. */
  state: unknown;
}

describe("a state.json is read as the contract says", () => {
  const cases = JSON.parse(contract) as Case[];
  test.each(cases.map((each) => [each.name, each] as const))("%s", (_, each) => {
    const { state, found, content } = each;
    const text = state === null || typeof state === "string" ? state : JSON.stringify(state);
    expect(readState(text)).toEqual({ found, content });
  });
});

test("a status has the word that the contract says", () => {
  type Word = Pick<Snapshot, "status" | "cancelling" | "problem"> & { word: string };
  for (const { word, ...run } of JSON.parse(words) as Word[]) expect(statusWord(run)).toBe(word);
});

test("the runs that a retry runs again are those that the contract says", () => {
  type Case = Pick<PointState, "status" | "problem"> & { useless: boolean };
  for (const { useless: expected, ...run } of JSON.parse(useless) as Case[]) {
    expect(isUseless({ state: stateOf(run) }), JSON.stringify(run)).toBe(expected);
  }
});
