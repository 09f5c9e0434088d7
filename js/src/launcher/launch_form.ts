// Choose a template, change what should differ, start. The kernel checks while one types.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { Ask } from "../channel/rpc.js";
import type { Check, FormState, OptionInfo } from "../types.js";
import { h, messageOf } from "../ui/dom.js";
import { hideFallback } from "../ui/fallback.js";
import { keepKeys } from "../ui/keys.js";
import { Field } from "./field.js";

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

export class LaunchForm {
  readonly element = h("div", { class: "fj-root fj-launcher" });
  private readonly template: Field;
  private readonly name: Field;
  private readonly simulator: Field;
  private fields: Field[] = [];
  private filter = "";
  private moreOpen = false;
  private summary = "";
  private problem = "";
  private busy = false;
  private checks = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly ends: (() => void)[];

  constructor(
    state: FormState,
    private readonly ask: Ask,
  ) {
    const general = (more: Partial<OptionInfo>, edited = this.edited): Field =>
      new Field({ ...GENERAL, ...more }, edited);
    this.template = general(
      {
        name: "template",
        value: state.template,
        choices: state.templates,
        description: "Where the other values come from",
      },
      () => void this.load(),
    );
    this.name = general({ name: "name", description: "Human-readable name; may stay empty" });
    this.simulator = general({
      name: "simulator",
      value: state.simulators[0] ?? "",
      choices: state.simulators,
      description: "auto: FUSION where it is installed",
    });
    this.ends = [keepKeys(this.element), hideFallback(state.key)];
    this.build(state.options);
    this.checkSoon();
  }

  dispose(): void {
    for (const end of this.ends) end();
    clearTimeout(this.timer);
  }

  private draw(): void {
    render(this.form(), this.element);
  }

  private form(): TemplateResult {
    const main = this.fields.filter((field) => field.option.main);
    const general = [this.template, this.name, this.simulator];
    const group = (legend: string, fields: Field[]) => html`<fieldset class="fj-fieldset">
      <legend class="fj-legend">${legend}</legend>
      <div class="fj-fields">${fields.map((field) => field.template())}</div></fieldset>`;
    return html`<form class="fj-card" novalidate aria-label="Start a simulation" @submit=${this.onSubmit}>
      <div class="fj-form-head"><span class="fj-form-title">New run</span></div>
      <div class="fj-form">${group("Run", general)}${group("Options", main)}${this.more()}</div>
      <div class="fj-foot">
        <button type="submit" class="fj-button fj-start" ?disabled=${this.busy}>${
          this.busy ? "Starting…" : "Start"
        }</button>
        <button type="button" class="fj-button" @click=${() => void this.load()}>Reset</button>
        <span class="fj-summary" role="status">${this.summary}</span>
        <span class="fj-problem" role="alert">${this.problem}</span>
      </div></form>`;
  }

  private more(): TemplateResult | typeof nothing {
    const others = this.fields.filter((field) => !field.option.main);
    if (others.length === 0) return nothing;
    return html`<details class="fj-more" ?open=${this.moreOpen} @toggle=${this.onToggle}>
      <summary>${others.length} more options</summary>
      <input type="text" class="fj-input fj-filter" placeholder="Filter options"
        aria-label="Filter options" @input=${this.onFilter} />
      <div class="fj-fields">${others.map((field) =>
        field.template(!field.option.name.includes(this.filter)),
      )}</div></details>`;
  }

  private readonly onToggle = (event: Event): void => {
    this.moreOpen = (event.target as HTMLDetailsElement).open;
  };

  private readonly onFilter = (event: InputEvent): void => {
    this.filter = (event.target as HTMLInputElement).value.toLowerCase();
    this.draw();
  };

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.launch();
  };

  private readonly edited = (): void => {
    this.checkSoon();
    this.draw();
  };

  private build(options: OptionInfo[]): void {
    this.fields = options.map((option) => new Field(option, this.edited));
    this.draw();
  }

  /** Begin anew with the values of the chosen template. */
  private async load(): Promise<void> {
    try {
      const { value } = await this.ask("options", { template: this.template.value });
      this.template.problem = "";
      this.build(value.options as OptionInfo[]);
      this.checkSoon();
    } catch (error) {
      this.template.problem = messageOf(error);
      this.draw();
    }
  }

  private checkSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), TYPING_MS);
  }

  private request(): Record<string, unknown> {
    const changed = this.fields.filter((field) => field.changed);
    return {
      template: this.template.value,
      simulator: this.simulator.value,
      name: this.name.value,
      overrides: Object.fromEntries(changed.map((field) => [field.option.name, field.value])),
    };
  }

  private async check(): Promise<void> {
    this.checks += 1;
    const mine = this.checks;
    try {
      const { value } = await this.ask("check", this.request());
      // A later check is under way: its answer counts.
      if (mine === this.checks) this.complain(value as unknown as Check);
    } catch (error) {
      if (mine === this.checks) this.problem = messageOf(error);
    }
    this.draw();
  }

  /** Show the messages at their fields, and the others at the button. */
  private complain({ errors, summary }: Check): void {
    const left = { ...errors };
    for (const field of [this.template, this.name, this.simulator, ...this.fields]) {
      field.problem = left[field.option.name] ?? "";
      delete left[field.option.name];
      if (field.problem && !field.option.main) this.moreOpen = true;
    }
    this.problem = Object.values(left).join("\n");
    this.summary = summary;
  }

  private async launch(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.draw();
    try {
      clearTimeout(this.timer);
      this.checks += 1;
      const { value } = await this.ask("start", this.request());
      this.complain(value as unknown as Check);
      if (Object.keys((value as unknown as Check).errors).length === 0) this.name.reset();
    } catch (error) {
      this.problem = messageOf(error);
    }
    this.busy = false;
    this.draw();
    this.element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}
