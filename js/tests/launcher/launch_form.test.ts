import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LaunchForm } from "../../src/launcher/launch_form.js";
import type { OptionInfo } from "../../src/types.js";

const option = (name: string, value: string, more: Partial<OptionInfo> = {}): OptionInfo => ({
  name,
  section: "general_settings",
  value,
  kind: "number",
  allowed: "a number above 0",
  description: "",
  main: true,
  choices: [],
  ...more,
});

const bytes = new Uint8Array(0);
let form: LaunchForm;
let asked: [string, Record<string, unknown>][];
let errors: Record<string, string>;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  errors = {};
  form = new LaunchForm(
    {
      templates: ["minimal", "sliced"],
      template: "minimal",
      simulators: ["auto", "embedded"],
      options: [option("erlang_step", "100"), option("gamma", "0.1", { main: false })],
      key: "0123456789ab",
    },
    async (operation, details = {}) => {
      asked.push([operation, details]);
      return { value: { errors, summary: "4 loads" }, bytes };
    },
  );
  document.body.replaceChildren(form.element);
});

afterEach(() => {
  form.dispose();
  vi.useRealTimers();
});

const control = (label: string) => {
  const found = [...document.querySelectorAll("label")].find((each) => each.textContent === label)!;
  return document.getElementById(found.getAttribute("for")!) as HTMLInputElement;
};

const type = async (label: string, text: string) => {
  control(label).value = text;
  control(label).dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
};

test("a bad value is told at its field, in words that a screen reader finds", async () => {
  errors = { erlang_step: "erlang_step is '0'; allowed: a number above 0" };
  await type("Erlang step", "0");
  const field = control("Erlang step");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  const ids = field.getAttribute("aria-describedby")!.split(" ");
  expect(document.getElementById(ids[0]!)!.textContent).toContain("allowed: a number above 0");
  errors = {};
  await type("Erlang step", "50");
  expect(field.getAttribute("aria-invalid")).toBeNull();
});

test("only what differs from the template is sent, and once for quick typing", async () => {
  await vi.advanceTimersByTimeAsync(300);
  asked = [];
  control("Erlang step").value = "5";
  control("Erlang step").dispatchEvent(new Event("input"));
  await type("Erlang step", "50");
  expect(asked).toEqual([
    [
      "check",
      { template: "minimal", simulator: "auto", name: "", overrides: { erlang_step: "50" } },
    ],
  ]);
});

test("an error in a hidden option opens the list that holds it", async () => {
  errors = { gamma: "gamma is 'x'" };
  await type("Erlang step", "50");
  expect(document.querySelector("details")!.open).toBe(true);
});

test("the button starts, and an error that has no field stands beside it", async () => {
  errors = { "": "The disk is full" };
  document.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.advanceTimersByTimeAsync(10);
  expect(asked.some(([operation]) => operation === "start")).toBe(true);
  expect(document.querySelector('[role="alert"]')!.textContent).toBe("The disk is full");
});
