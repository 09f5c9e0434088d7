import { expect, test } from "vitest";
import { isBanner } from "../../src/log/banner.js";
import { patternProblem } from "../../src/log/pattern_problem.js";

const PREFIX = "2026-11-23 19:06:56,692 - fusion.utils - INFO - ";

test("rules, and titles between rules, are banners; what is said is not", () => {
  expect(isBanner(PREFIX + "=".repeat(60), "x", "y")).toBe(true);
  expect(isBanner("- - - - - - - - - -", undefined, undefined)).toBe(true);
  expect(isBanner("SUMMARY", "==========", `${PREFIX}**********`)).toBe(true);
  for (const line of ["Mean of blocking: 0.1", "----", "=== epoch 3 ===", "a=========", ""]) {
    expect(isBanner(line, "==========", "text"), line).toBe(false);
  }
  expect(isBanner(undefined, undefined, undefined)).toBe(false);
});

test("what is wrong with a pattern is told in words, whichever browser says it", () => {
  const problem = (pattern: string): string => {
    try {
      return String(new RegExp(pattern, "giu"));
    } catch (error) {
      return patternProblem((error as Error).message);
    }
  };
  for (const [pattern, told] of [
    ["(", "a ( has no )"],
    [")", "a ) has no ("],
    ["[a", "a [ has no ]"],
    ["*", "nothing before *"],
    ["a{3,1}", "the first number"],
    ["{", "need a \\ before"],
    ["a\\", "a \\ at the end"],
    ["\\q", "no such \\ sequence"],
  ] as const) {
    expect(problem(pattern), pattern).toContain(told);
  }
  expect(patternProblem("unterminated parenthetical")).toContain("a ( has no )");
});
