// Choose a template, change what should differ, start. The kernel checks while one types.

import type { Ask } from "../files/run_files.js";
import { h, setAttribute, setText, show } from "../ui/dom.js";
import { hideTwin } from "../ui/fallback.js";
import { keepKeys } from "../ui/keys.js";
import { Field, type OptionInfo } from "./field.js";

const TYPING_MS = 250;
const GENERAL: OptionInfo = {
  name: "",
  section: "run",
  value: "",
  kind: "text",
  allowed: "",
  description: "",
  main: true,
  choices: [],
};

export interface FormState {
  templates: string[];
  template: string;
  simulators: string[];
  options: OptionInfo[];
  /** Of its plain form, see twin.ts. */
  key: string;
}

interface Check {
  errors: Record<string, string>;
  summary: string;
}

export class LaunchForm {
  readonly element: HTMLElement;
  private readonly template: Field;
  private readonly name: Field;
  private readonly simulator: Field;
  private fields: Field[] = [];
  private readonly main = h("div", { class: "fj-fields" });
  private readonly rest = h("div", { class: "fj-fields" });
  private readonly more: HTMLDetailsElement;
  private readonly moreLabel = h("summary");
  private readonly summary = h("span", { class: "fj-summary", role: "status" });
  private readonly problem = h("span", { class: "fj-problem", role: "alert" });
  private readonly start: HTMLButtonElement;
  private readonly form: HTMLFormElement;
  private readonly releaseKeys: () => void;
  private readonly showTwin: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private checks = 0;
  private busy = false;

  constructor(
    state: FormState,
    private readonly ask: Ask,
  ) {
    const soon = () => this.checkSoon();
    this.template = new Field(
      {
        ...GENERAL,
        name: "template",
        value: state.template,
        choices: state.templates,
        description: "Where the other values come from",
      },
      () => void this.load(),
    );
    this.name = new Field(
      { ...GENERAL, name: "name", description: "For people; may stay empty" },
      soon,
    );
    this.simulator = new Field(
      {
        ...GENERAL,
        name: "simulator",
        value: state.simulators[0]!,
        choices: state.simulators,
        description: "auto: FUSION where it is installed",
      },
      soon,
    );
    const filter = h("input", {
      type: "text",
      class: "fj-input fj-filter",
      placeholder: "Filter options",
      "aria-label": "Filter options",
    });
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase();
      for (const field of this.fields) {
        if (!field.option.main) show(field.element, field.option.name.includes(wanted));
      }
    });
    this.more = h("details", { class: "fj-more" }, this.moreLabel, filter, this.rest);
    this.start = h("button", { type: "submit", class: "fj-button fj-start" }, "Start");
    const reset = h(
      "button",
      { type: "button", class: "fj-button", click: () => void this.load() },
      "Reset",
    );
    const group = (legend: string, fields: HTMLElement) =>
      h("fieldset", { class: "fj-fieldset" }, h("legend", { class: "fj-legend" }, legend), fields);
    const general = h(
      "div",
      { class: "fj-fields" },
      this.template.element,
      this.name.element,
      this.simulator.element,
    );
    this.form = h(
      "form",
      { class: "fj-card", novalidate: true, "aria-label": "Start a simulation" },
      h("div", { class: "fj-form-head" }, h("span", { class: "fj-form-title" }, "New run")),
      h("div", { class: "fj-form" }, group("Run", general), group("Options", this.main), this.more),
      h("div", { class: "fj-foot" }, this.start, reset, this.summary, this.problem),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.launch();
    });
    this.element = h("div", { class: "fj-root fj-launcher" }, this.form);
    this.releaseKeys = keepKeys(this.element);
    this.showTwin = hideTwin(state.key);
    this.build(state.options);
    this.checkSoon();
  }

  dispose(): void {
    this.releaseKeys();
    this.showTwin();
    clearTimeout(this.timer);
  }

  private build(options: OptionInfo[]): void {
    this.fields = options.map((option) => new Field(option, () => this.checkSoon()));
    this.main.replaceChildren(...this.fields.filter((f) => f.option.main).map((f) => f.element));
    const others = this.fields.filter((field) => !field.option.main);
    this.rest.replaceChildren(...others.map((field) => field.element));
    setText(this.moreLabel, `${others.length} more options`);
    show(this.more, others.length > 0);
  }

  /** Take the values of the chosen template. */
  private async load(): Promise<void> {
    try {
      const { value } = await this.ask("options", { template: this.template.value });
      this.build(value.options as OptionInfo[]);
      this.template.complain("");
      this.checkSoon();
    } catch (error) {
      this.template.complain(error instanceof Error ? error.message : String(error));
    }
  }

  private checkSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), TYPING_MS);
  }

  private request(): Record<string, unknown> {
    const overrides = Object.fromEntries(
      this.fields.filter((field) => field.changed).map((field) => [field.option.name, field.value]),
    );
    return {
      template: this.template.value,
      simulator: this.simulator.value,
      name: this.name.value,
      overrides,
    };
  }

  private async check(): Promise<void> {
    const mine = (this.checks += 1);
    try {
      const { value } = await this.ask("check", this.request());
      // A later check is under way: its answer counts.
      if (mine === this.checks) this.complain(value as unknown as Check);
    } catch (error) {
      if (mine === this.checks)
        setText(this.problem, error instanceof Error ? error.message : String(error));
    }
  }

  /** Show the messages at their fields, and the others at the button. */
  private complain({ errors, summary }: Check): void {
    const left = { ...errors };
    const all = [this.template, this.name, this.simulator, ...this.fields];
    for (const field of all) {
      field.complain(left[field.option.name] ?? "");
      delete left[field.option.name];
    }
    if (this.fields.some((field) => !field.option.main && errors[field.option.name]))
      this.more.open = true;
    setText(this.problem, Object.values(left).join("\n"));
    setText(this.summary, summary);
    this.start.disabled = this.busy;
    setAttribute(this.start, "aria-disabled", null);
  }

  private async launch(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.start.disabled = true;
    setText(this.start, "Starting…");
    try {
      clearTimeout(this.timer);
      this.checks += 1;
      const { value } = await this.ask("start", this.request());
      this.complain(value as unknown as Check);
      const first = this.form.querySelector<HTMLElement>('[aria-invalid="true"]');
      if (first) first.focus();
      else this.name.reset();
    } catch (error) {
      setText(this.problem, error instanceof Error ? error.message : String(error));
    } finally {
      this.busy = false;
      this.start.disabled = false;
      setText(this.start, "Start");
    }
  }
}
