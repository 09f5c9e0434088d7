// Lines that only frame others: a program repeats them with each step, and they say little.

import { textOf } from "./ansi.js";
import { partsOf } from "./line_parts.js";

/** Eight or more of one sign, and nothing else but blanks. */
const RULE = /^\s*([-=*#_~+─━═])(?:\s?\1){7,}\s*$/;

const isRule = (line: string | undefined): boolean =>
  line !== undefined && RULE.test(partsOf(textOf(line)).message);

/** Whether a line is a rule, or a title between two of them. */
export const isBanner = (
  line: string | undefined,
  before: string | undefined,
  after: string | undefined,
): boolean => isRule(line) || (isRule(before) && isRule(after));
