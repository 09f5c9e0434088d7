import { describe, expect, test } from "vitest";
import contract from "../../../tests/contracts/log_lines.json?raw";
import { textOf } from "../../src/log/ansi.js";
import { type LineParts, partsOf } from "../../src/log/line_parts.js";

const cases = JSON.parse(contract) as ({ line: string; text: string } & LineParts)[];

describe("a line has the text and the parts that the contract says", () => {
  test.each(cases.map((each) => [JSON.stringify(each.line), each] as const))("%s", (_, each) => {
    const { line, text, ...parts } = each;
    expect(textOf(line)).toBe(text);
    expect(partsOf(text)).toEqual(parts);
  });
});
