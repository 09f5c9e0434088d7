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
  importance: 1,
  choices: [],
  ...more,
});

const bytes = new Uint8Array(0);
let form: LaunchForm;
let asked: [string, Record<string, unknown>][];
let errors: Record<string, string>;
let answers: Record<string, Record<string, unknown>>;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  errors = {};
  answers = {};
  form = new LaunchForm(
    {
      templates: ["minimal", "sliced"],
      template: "minimal",
      simulator: "auto",
      simulators: ["auto", "embedded"],
      tags: "",
      options: [
        option("erlang_step", "100"),
        option("gamma", "0.1", { main: false, importance: 3, description: "Forgetting" }),
      ],
      key: "0123456789ab",
    },
    async (operation, details = {}) => {
      asked.push([operation, details]);
      const checked = {
        errors,
        summary: "4 loads",
        estimate: "about 12 s",
        ini: "[general_settings]\nerlang_step = 100\n",
        code: 'fj.start("minimal")',
        simulator: "embedded",
        reason: "it computes this exactly",
      };
      return { value: answers[operation] ?? checked, bytes };
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
  await type("erlang_step", "0");
  const field = control("erlang_step");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  const ids = field.getAttribute("aria-describedby")!.split(" ");
  expect(document.getElementById(ids[0]!)!.textContent).toContain("allowed: a number above 0");
  errors = {};
  await type("erlang_step", "50");
  expect(field.getAttribute("aria-invalid")).toBeNull();
});

test("only what differs from the template is sent, and once for quick typing", async () => {
  await vi.advanceTimersByTimeAsync(300);
  asked = [];
  control("erlang_step").value = "5";
  control("erlang_step").dispatchEvent(new Event("input"));
  await type("erlang_step", "50");
  expect(asked).toEqual([
    [
      "check",
      {
        template: "minimal",
        simulator: "auto",
        name: "",
        tags: "",
        overrides: { erlang_step: "50" },
      },
    ],
  ]);
});

test("an error in a hidden option opens the list that holds it", async () => {
  errors = { gamma: "gamma is 'x'" };
  await type("erlang_step", "50");
  expect(document.querySelector("details")!.open).toBe(true);
  expect(document.querySelector("details")!.textContent).toContain("gamma is 'x'");
});

test("the button starts, and an error that has no field stands beside it", async () => {
  errors = { "": "The disk is full" };
  document.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.advanceTimersByTimeAsync(10);
  expect(asked.some(([operation]) => operation === "start")).toBe(true);
  expect(document.querySelector('[role="alert"]')!.textContent).toBe("The disk is full");
});

const ini = () => document.querySelector("textarea")!;

test("what it will be, and which simulator and why, stand at the form", async () => {
  await vi.advanceTimersByTimeAsync(300);
  expect(document.querySelector(".fj-summary")!.textContent).toBe("4 loads, about 12 s");
  expect(document.querySelector(".fj-form-head")!.textContent).toContain(
    "Simulator: embedded (it computes this exactly)",
  );
  expect(document.querySelector(".fj-code")!.textContent).toContain('fj.start("minimal")');
});

test("the INI text follows the fields, and the fields follow the text", async () => {
  await vi.advanceTimersByTimeAsync(300);
  expect(ini().value).toContain("erlang_step = 100");
  answers.ini = { values: { erlang_step: "25", gamma: "0.1" }, errors: {} };
  ini().value = "[general_settings]\nerlang_step = 25\n";
  ini().dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
  expect(control("erlang_step").value).toBe("25");
  // What the user writes stays as he writes it, until a field is changed.
  expect(ini().value).toBe("[general_settings]\nerlang_step = 25\n");
  expect(asked.at(-1)![1].overrides).toEqual({ erlang_step: "25" });
  await type("erlang_step", "100");
  expect(ini().value).toContain("erlang_step = 100");
});

test("a text that is no INI is told there, and nothing starts", async () => {
  await vi.advanceTimersByTimeAsync(300);
  answers.ini = { values: {}, errors: { "": "line 1: it is nothing" } };
  ini().value = "what";
  ini().dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
  expect(ini().getAttribute("aria-invalid")).toBe("true");
  expect(document.querySelector(".fj-ini")!.textContent).toContain("line 1: it is nothing");
  document.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.advanceTimersByTimeAsync(300);
  expect(asked.some(([operation]) => operation === "start")).toBe(false);
});

test("a search finds options by name and by meaning, also those that are folded away", async () => {
  const search = document.querySelector<HTMLInputElement>(".fj-filter")!;
  search.value = "forget";
  search.dispatchEvent(new Event("input"));
  expect(document.querySelector("details")!.open).toBe(true);
  expect(control("gamma").closest<HTMLElement>(".fj-field")!.hidden).toBe(false);
  expect(control("erlang_step").closest<HTMLElement>(".fj-field")!.hidden).toBe(true);
});

test("a configuration is saved as a template, under a name that is asked for", async () => {
  const button = (words: string) =>
    [...document.querySelectorAll("button")].find((each) => each.textContent!.includes(words))!;
  button("Save as template").click();
  const name = control("template name");
  name.value = "mine";
  name.dispatchEvent(new Event("input"));
  answers.save = { name: "mine", templates: ["minimal", "mine"] };
  button("Save").click();
  await vi.advanceTimersByTimeAsync(10);
  expect(asked.at(-1)![0]).toBe("save");
  expect(asked.at(-1)![1].as).toBe("mine");
  expect(document.querySelector(".fj-foot")!.textContent).toContain("Saved as mine");
  const templates = document.querySelector("select")!;
  expect([...templates.options].map((each) => each.value)).toContain("mine");
});
