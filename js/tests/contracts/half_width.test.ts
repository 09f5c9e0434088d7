import { expect, test } from "vitest";
import contract from "../../../tests/contracts/half_width.json?raw";
import { halfWidth } from "../../src/progress/half_width.js";

interface Case {
  reported: number | null;
  iterations: number;
  simulator: string;
  half_width: number | null;
}

const { cases, relative_error } = JSON.parse(contract) as {
  cases: Case[];
  relative_error: number;
};

test.each(cases)("an interval is 95 % by Student's t, or as a command reported it: %j", (each) => {
  const shown = halfWidth(each.reported, each.iterations, each.simulator);
  const expected = each.half_width;
  if (expected === null) expect(shown).toBeNull();
  else expect(Math.abs(shown! - expected)).toBeLessThanOrEqual(relative_error * expected);
});
