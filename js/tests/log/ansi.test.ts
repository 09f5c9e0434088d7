import { expect, test } from "vitest";
import { parse, textOf } from "../../src/log/ansi.js";

const styles = (line: string): [string, string][] =>
  parse(line).map(({ text, style }) => [text, style]);

test("colours, weights and backgrounds become classes, and end where they end", () => {
  expect(styles("\x1b[1;31mbold red\x1b[22m red\x1b[39m plain")).toEqual([
    ["bold red", "fj-bold fj-fg-red"],
    [" red", "fj-fg-red"],
    [" plain", ""],
  ]);
  expect(styles("\x1b[2;3;4;7mall\x1b[0m")).toEqual([
    ["all", "fj-faint fj-italic fj-underline fj-inverse"],
  ]);
  expect(styles("\x1b[3;4;7mx\x1b[23;24;27my")).toEqual([
    ["x", "fj-italic fj-underline fj-inverse"],
    ["y", ""],
  ]);
  expect(styles("\x1b[42mon green\x1b[49m off")[0]).toEqual(["on green", "fj-bg-green"]);
  expect(styles("\x1b[95mbright")[0]).toEqual(["bright", "fj-fg-magenta"]);
  expect(styles("\x1b[103mbright")[0]).toEqual(["bright", "fj-bg-yellow"]);
});

test("colours of the large sets are brought to those that every theme can show", () => {
  expect(styles("\x1b[38;5;196mx")[0]![1]).toBe("fj-fg-red");
  expect(styles("\x1b[38;5;244mx")[0]![1]).toBe("fj-fg-white");
  expect(styles("\x1b[38;5;3mx")[0]![1]).toBe("fj-fg-yellow");
  expect(styles("\x1b[48;2;0;0;255mx")[0]![1]).toBe("fj-bg-blue");
  expect(styles("\x1b[38;2;10;10;10mx")[0]![1]).toBe("fj-fg-black");
});

test("pieces of one style are one piece, and an empty line is none", () => {
  expect(styles("a\x1b[0mb\x1b[mc")).toEqual([["abc", ""]]);
  expect(parse("")).toEqual([]);
});

test("a sequence of five thousand parameters styles nothing and costs nothing", () => {
  const start = performance.now();
  expect(textOf(`\x1b[${"1;".repeat(5000)}m bomb`)).toBe(" bomb");
  expect(performance.now() - start).toBeLessThan(1000);
});
