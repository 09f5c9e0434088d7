import { render } from "lit-html";
import { expect, test, vi } from "vitest";
import { Field } from "../../src/launcher/field.js";
import { readShares, sharesText, sumOf } from "../../src/launcher/shares.js";
import { stepped } from "../../src/launcher/stepping.js";
import type { OptionInfo } from "../../src/types.js";

const option = (more: Partial<OptionInfo> = {}): OptionInfo => ({
  name: "k_paths",
  section: "general_settings",
  value: "3",
  kind: "integer",
  allowed: "a whole number from 1",
  description: "",
  main: true,
  importance: 1,
  choices: [],
  ...more,
});

const show = (field: Field): HTMLElement => {
  const element = document.createElement("div");
  render(field.template(), element);
  return element;
};

test("an option has its name as it is in code, with its unit and what it means", () => {
  const shown = show(
    new Field(
      option({ name: "c_band", unit: "slots", description: "Width.", default: "0" }),
      vi.fn(),
    ),
  );
  expect(shown.querySelector("label")!.textContent).toBe("c_band");
  expect(shown.textContent).toContain("slots");
  expect(shown.textContent).toContain("Width. Default: 0");
});

test("a field knows whether it was changed, and can be put back", () => {
  const edited = vi.fn();
  const field = new Field(option(), edited);
  const input = show(field).querySelector("input")!;
  expect([input.value, input.getAttribute("inputmode"), field.changed]).toEqual([
    "3",
    "decimal",
    false,
  ]);
  input.value = "5";
  input.dispatchEvent(new Event("input"));
  expect([field.value, field.changed, edited.mock.calls.length]).toEqual(["5", true, 1]);
  field.problem = "k_paths is '5'";
  field.reset();
  expect([field.value, field.changed, field.problem]).toEqual(["3", false, ""]);
});

test("a message is bound to its control, and what is allowed stands there without one", () => {
  const field = new Field(option(), vi.fn());
  const plain = show(field);
  expect(plain.textContent).toContain("a whole number from 1");
  expect(plain.querySelector("input")!.hasAttribute("aria-invalid")).toBe(false);
  field.problem = "k_paths is 'x'";
  const wrong = show(field);
  const ids = wrong.querySelector("input")!.getAttribute("aria-describedby")!.split(" ");
  expect(wrong.querySelector(`#${ids[0]}`)!.textContent).toBe("k_paths is 'x'");
});

test("a value that is no choice stays visible among the choices", () => {
  const field = new Field(option({ value: "ring", choices: ["NSFNet", "USNet"] }), vi.fn());
  const select = show(field).querySelector("select")!;
  expect([...select.options].map((each) => each.value)).toEqual(["ring", "NSFNet", "USNet"]);
  expect(select.value).toBe("ring");
  select.value = "USNet";
  select.dispatchEvent(new Event("input"));
  expect(field.value).toBe("USNet");
});

test("a changed field can be put back with a button that says what it was", () => {
  const field = new Field(option(), vi.fn());
  expect(show(field).querySelector(".fj-back")).toBeNull();
  field.value = "7";
  const back = show(field).querySelector<HTMLElement>(".fj-back")!;
  expect(back.getAttribute("aria-label")).toBe("Put k_paths back to 3");
  back.click();
  expect(field.value).toBe("3");
});

test("arrow keys and buttons step a number, in steps that fit its size", () => {
  const field = new Field(option({ kind: "number", value: "300" }), vi.fn());
  const input = show(field).querySelector("input")!;
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp" }));
  expect(field.value).toBe("400");
  show(field).querySelectorAll<HTMLElement>(".fj-step")[0]!.click();
  expect(field.value).toBe("300");
  expect(stepped("100", 1, false)).toBe("200");
  expect(stepped("100", -1, false)).toBe("90");
  expect(stepped("3", 1, true)).toBe("4");
  expect(stepped("1", -1, true)).toBe("0");
  expect(stepped("0.2", 1, false)).toBe("0.3");
  expect(stepped("1000", 1, true)).toBe("2000");
  expect(stepped("many", 1, true)).toBeNull();
});

test("shares stand in a control each, with their sum", () => {
  const value = '{"50": 0.5, "100": 0.4}';
  const field = new Field(option({ kind: "shares", value }), vi.fn());
  const shown = show(field);
  expect([...shown.querySelectorAll("input")].map((each) => each.value)).toEqual(["0.5", "0.4"]);
  expect(shown.querySelector(".fj-sum")!.textContent).toBe("sum 0.9, should be 1");
  const second = shown.querySelectorAll("input")[1]!;
  second.value = "0.5";
  second.dispatchEvent(new Event("input"));
  expect(field.value).toBe('{"50": 0.5, "100": 0.5}');
  expect(show(field).querySelector(".fj-sum")!.textContent).toBe("sum 1");
});

test("what is no table of shares stays a text that can be mended", () => {
  expect(readShares("many")).toBeNull();
  expect(readShares('{"50": {"a": 1}}')).toBeNull();
  expect(sharesText(readShares("{'50': 0.1, '100': x}")!)).toBe('{"50": 0.1, "100": x}');
  expect(sumOf(new Map([["50", "x"]]))).toBeNull();
  expect(sumOf(new Map([["50", " "]]))).toBeNull();
  const field = new Field(option({ kind: "shares", value: "many" }), vi.fn());
  expect(show(field).querySelector("input")!.value).toBe("many");
});
