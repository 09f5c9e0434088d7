// What is wrong with a regular expression, in words. Browsers say it in the words of its grammar,
// each in its own.

const PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/unterminated (group|parenthetical)|missing \)/i, "a ( has no )"],
  [/unmatched.*\)/i, "a ) has no ("],
  [/character class/i, "a [ has no ], or the range in it is the wrong way round"],
  [/nothing to repeat/i, "there is nothing before *, + or ? to repeat"],
  [/numbers out of order/i, "the first number in { } is larger than the second"],
  [/lone quantifier|raw bracket|incomplete quantifier/i, "{, } and ] need a \\ before them"],
  [/\\ at end/i, "a \\ at the end has nothing after it"],
  [/escape/i, "there is no such \\ sequence"],
  [/group/i, "after (? stands something unknown"],
];

/** What is wrong, from the browser's message. */
export const patternProblem = (message: string): string => {
  const found = PROBLEMS.find(([pattern]) => pattern.test(message));
  const words = found?.[1] ?? message.replace(/^Invalid regular expression: /i, "");
  return `Not a regular expression: ${words}`;
};
