import { expect, test } from "vitest";
import { parse, textOf } from "../../src/log/ansi.js";
import { partsOf } from "../../src/log/line_parts.js";
import { fillRow } from "../../src/log/log_row.js";

const row = (line: string): HTMLElement => {
  const element = document.createElement("div");
  fillRow(element, line, null);
  return element;
};

test("nothing in a log becomes markup", () => {
  const line = '<script>alert(1)</script><img src=x onerror="alert(2)">';
  const element = row(line);
  expect(element.querySelector("script, img")).toBeNull();
  expect(element.textContent).toContain(line);
});

test("colours are styles, and every other escape sequence is dropped", () => {
  expect(parse("\x1b[31mred\x1b[0m plain").map((piece) => piece.text)).toEqual(["red", " plain"]);
  expect(textOf("\x1b]0;title\x07\x1b[2J\x1b[5;5Hhello\x1b[999999m")).toBe("hello");
});

test("characters that hide or turn text are shown by name", () => {
  expect(row("safe\u202egnp.exe").textContent).toContain("⟨U+202E⟩");
});

test("warnings and errors are told from other lines", () => {
  const at = (level: string) => `2026-11-23 18:51:16,841 - fusion.core - ${level} - text`;
  expect(["INFO", "WARNING", "ERROR"].map((level) => partsOf(at(level)).severity)).toEqual([
    "",
    "warning",
    "error",
  ]);
});
