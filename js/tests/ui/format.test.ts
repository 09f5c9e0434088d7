import { expect, test } from "vitest";
import * as format from "../../src/ui/format.js";

// What Python shows too is in tests/contracts/numbers.json.

test("an age is short", () => {
  expect([2, 30, 72, 7200].map((seconds) => format.ago(seconds).replaceAll("\u202f", " "))).toEqual(
    ["now", "30 s ago", "1 min ago", "2 h ago"],
  );
});
