import { render } from "lit-html";
import { expect, test, vi } from "vitest";
import { Field, labelOf } from "../../src/launcher/field.js";
import type { OptionInfo } from "../../src/types.js";

const option = (more: Partial<OptionInfo> = {}): OptionInfo => ({
  name: "k_paths",
  section: "general_settings",
  value: "3",
  kind: "integer",
  allowed: "a whole number from 1",
  description: "",
  main: true,
  choices: [],
  ...more,
});

const show = (field: Field): HTMLElement => {
  const element = document.createElement("div");
  render(field.template(), element);
  return element;
};

test("an option's label is in words", () => {
  expect(labelOf("erlang_start")).toBe("Erlang start");
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
