import { describe, expect, test } from "vitest";
import written from "../../../tests/contracts/progress.json?raw";
import drawn from "../../../tests/contracts/progress_random.json?raw";
import { ProgressTracker } from "../../src/progress/tracker.js";
import { lineText, rounded } from "./contract.js";

interface Sequence {
  name: string;
  erlangs: number[];
  max_iters: number | null;
  history_complete?: boolean;
  lines: unknown[];
  expected: Record<string, unknown>;
}

/** What the browser makes of a sequence: its progress at the end, and the fraction on the way. */
const progressOf = (sequence: Sequence): Record<string, unknown> => {
  const { erlangs, max_iters, history_complete = true, lines } = sequence;
  const tracker = new ProgressTracker(erlangs, max_iters, history_complete);
  const fractions = lines.map((line) => {
    tracker.consume(lineText(line));
    return tracker.progress.fraction;
  });
  const { eta: _eta, rate: _rate, ...shared } = tracker.progress;
  return { fractions, ...shared, start: tracker.start };
};

const check = (sequence: Sequence): void => {
  const found = progressOf(sequence);
  expect(Object.keys(found).sort()).toEqual(Object.keys(sequence.expected).sort());
  for (const [key, value] of Object.entries(sequence.expected)) {
    expect(rounded(found[key]), `${sequence.name}: ${key}`).toEqual(rounded(value));
  }
};

describe("a written sequence has the progress that the contract says", () => {
  const sequences = JSON.parse(written) as Sequence[];
  test.each(sequences.map((each) => [each.name, each] as const))("%s", (_, each) => check(each));
});

test("drawn sequences have the progress that the contract says", () => {
  const sequences = JSON.parse(drawn) as Sequence[];
  expect(sequences.length).toBeGreaterThan(100);
  for (const sequence of sequences) check(sequence);
});
