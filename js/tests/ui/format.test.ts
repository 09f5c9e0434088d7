import { expect, test } from "vitest";
import * as format from "../../src/ui/format.js";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test("durations read like a clock", () => {
  expect([0, 75, 3675].map(format.duration)).toEqual(["0:00", "1:15", "1:01:15"]);
});

test("probabilities have three significant digits, also very small ones", () => {
  expect([0, 0.09917, 0.5, 0.12, 1, 0.00021, 12345].map(format.probability)).toEqual([
    "0",
    "0.0992",
    "0.500",
    "0.120",
    "1.00",
    "2.1·10⁻⁴",
    "12,345",
  ]);
});

test("an interval is shown only if it tells something", () => {
  expect([null, 0, 0.0083, 0.00021, 0.25].map(format.margin)).toEqual([
    "",
    "",
    " ± 0.0083",
    " ± 2.1·10⁻⁴",
    " ± 0.25",
  ]);
});

test("percent is 100 only when all is done", () => {
  expect([0, 0.5, 0.999, 1].map((f) => plain(format.percent(f)))).toEqual([
    "0 %",
    "50 %",
    "99 %",
    "100 %",
  ]);
});

test("sizes, counts and ages are short", () => {
  expect([5, 74210, 1.22e6].map((n) => plain(format.bytes(n)))).toEqual([
    "5 B",
    "74.2 kB",
    "1.22 MB",
  ]);
  expect(format.count(1204551)).toBe("1,204,551");
  expect([2, 30, 72, 7200].map((n) => plain(format.ago(n)))).toEqual([
    "now",
    "30 s ago",
    "1 min ago",
    "2 h ago",
  ]);
});
