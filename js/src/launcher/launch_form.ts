// Choose a template, change what should differ, start. The kernel checks while one types, and the
// INI text beside the fields says the same as they do, both ways.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Ask } from "../channel/rpc.js";
import type { Check, FormState, OptionInfo } from "../types.js";
import { copyAndSay } from "../ui/copy.js";
import { h, messageOf, uniqueId } from "../ui/dom.js";
import { hideFallback } from "../ui/fallback.js";
import { keepKeys } from "../ui/keys.js";
import { Field } from "./field.js";
import { OptionList } from "./option_list.js";
import { SaveForm } from "./save_form.js";

const TYPING_MS = 250;
const GENERAL: OptionInfo = {
  name: "",
  section: "run",
  value: "",
  kind: "text",
  allowed: "",
  description: "",
  main: true,
  importance: 1,
  choices: [],
};
const EMPTY: Check = { errors: {}, summary: "", estimate: "", ini: "", code: "" };

export class LaunchForm {
  readonly element = h("div", { class: "fj-root fj-launcher" });
  private template: Field;
  private readonly name: Field;
  private readonly tags: Field;
  private readonly simulator: Field;
  private readonly list = new OptionList(() => this.draw());
  private readonly saving = new SaveForm(
    (name) => this.save(name),
    () => this.draw(),
  );
  private readonly iniId = uniqueId("ini");
  private checked = EMPTY;
  /** What stands in the INI text while the user writes there; null: what the fields say. */
  private written: string | null = null;
  /** What is wrong in that text and has no field. */
  private iniProblem = "";
  private problem = "";
  private copied = "";
  private busy = false;
  private checks = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly ends: (() => void)[];

  constructor(
    state: FormState,
    private readonly ask: Ask,
  ) {
    this.template = this.templates(state.templates, state.template);
    this.name = this.general({ name: "name", description: "Human-readable name; may stay empty" });
    this.tags = this.general({
      name: "tags",
      value: state.tags,
      description: "Labels for filtering, separated by commas",
    });
    this.simulator = this.general({
      name: "simulator",
      value: state.simulator,
      choices: state.simulators,
      description: "",
    });
    this.ends = [keepKeys(this.element), hideFallback(state.key)];
    this.build(state.options);
    this.checkSoon();
  }

  dispose(): void {
    for (const end of this.ends) end();
    clearTimeout(this.timer);
  }

  private general(more: Partial<OptionInfo>, edited = this.edited): Field {
    return new Field({ ...GENERAL, ...more }, edited);
  }

  private templates(choices: string[], value: string): Field {
    const description = "Where the other values come from";
    return this.general({ name: "template", value, choices, description }, () => void this.load());
  }

  private draw(): void {
    render(this.form(), this.element);
  }

  private form(): TemplateResult {
    const general = [this.template, this.name, this.tags, this.simulator];
    const { summary, estimate, simulator, reason, code } = this.checked;
    return html`<form class="fj-card" novalidate aria-label="Start a simulation" @submit=${this.onSubmit}>
      <div class="fj-form-head"><span class="fj-form-title">New run</span>
        <span class="fj-number">${simulator ? `Simulator: ${simulator} (${reason})` : ""}</span></div>
      <div class="fj-form-body"><div class="fj-form">
        <fieldset class="fj-fieldset"><legend class="fj-legend">Run</legend>
          <div class="fj-fields">${general.map((field) => field.template())}</div></fieldset>
        ${this.list.template()}</div>${this.ini()}</div>
      <div class="fj-foot">
        <button type="submit" class="fj-button fj-start" ?disabled=${this.busy}>${
          this.busy ? "Starting…" : "Start"
        }</button>
        <span class="fj-summary" role="status">${[summary, estimate].filter(Boolean).join(", ")}</span>
        <span class="fj-problem" role="alert">${this.problem}</span>
        <span class="fj-space"></span>${this.saving.template()}
        <button type="button" class="fj-button" @click=${() => void this.load()}>Reset</button>
      </div>
      <div class="fj-code"><code>${code}</code><span class="fj-space"></span><button type="button" class="fj-button"
        @click=${this.copy}>${this.copied || "Copy as Python"}</button></div></form>`;
  }

  private ini(): TemplateResult {
    const { iniId, iniProblem } = this;
    const text = this.written ?? this.checked.ini;
    return html`<div class="fj-ini"><label class="fj-legend" for=${iniId}>The same as an INI file</label>
      <textarea id=${iniId} class="fj-input" spellcheck="false" .value=${live(text)}
        aria-invalid=${iniProblem ? "true" : nothing}
        aria-describedby=${iniProblem ? `${iniId}-error` : nothing}
        @input=${this.onIni} @blur=${this.onIniLeft}></textarea>
      <div class="fj-field-error" id="${iniId}-error" ?hidden=${!iniProblem}>${iniProblem}</div></div>`;
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.launch();
  };

  private readonly edited = (): void => {
    this.written = null;
    this.iniProblem = "";
    this.checkSoon();
    this.draw();
  };

  private readonly onIni = (event: Event): void => {
    this.written = (event.target as HTMLTextAreaElement).value;
    this.soon(() => void this.readIni());
  };

  private readonly onIniLeft = (): void => {
    // What has no field stays, with its message.
    if (this.iniProblem === "" && this.written !== null) this.soon(() => void this.readIni(true));
  };

  private build(options: OptionInfo[]): void {
    this.list.fields = options.map((option) => new Field(option, this.edited));
    this.written = null;
    this.iniProblem = "";
    this.draw();
  }

  /** Restart with the values of the chosen template. */
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

  /** Bring what stands in the INI text into the fields. */
  private async readIni(left = false): Promise<void> {
    const text = this.written;
    if (text === null) return;
    try {
      const { value } = await this.ask("ini", { template: this.template.value, text });
      if (text !== this.written) return;
      const values = value.values as Record<string, string>;
      const errors = { ...(value.errors as Record<string, string>) };
      for (const field of this.list.fields) {
        field.value = values[field.option.name] ?? field.value;
      }
      this.iniProblem = Object.entries(errors)
        .map(([name, message]) => (name ? `${name}: ${message}` : message))
        .join("\n");
      if (left && !this.iniProblem) this.written = null;
      await this.check();
    } catch (error) {
      this.iniProblem = messageOf(error);
      this.draw();
    }
  }

  private soon(act: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, TYPING_MS);
  }

  private checkSoon(): void {
    this.soon(() => void this.check());
  }

  private request(): Record<string, unknown> {
    const changed = this.list.fields.filter((field) => field.changed);
    return {
      template: this.template.value,
      simulator: this.simulator.value,
      name: this.name.value,
      tags: this.tags.value,
      overrides: Object.fromEntries(changed.map((field) => [field.option.name, field.value])),
    };
  }

  private async check(): Promise<void> {
    this.checks += 1;
    const mine = this.checks;
    try {
      const { value } = await this.ask("check", this.request());
      // A later check is in progress: only its answer is used.
      if (mine === this.checks) this.complain(value as unknown as Check);
    } catch (error) {
      if (mine === this.checks) this.problem = messageOf(error);
    }
    this.draw();
  }

  /** Show the messages at their fields, and the others at the button. */
  private complain(checked: Check): void {
    const left = { ...checked.errors };
    this.checked = checked;
    for (const field of [
      this.template,
      this.name,
      this.tags,
      this.simulator,
      ...this.list.fields,
    ]) {
      field.problem = left[field.option.name] ?? "";
      delete left[field.option.name];
      if (field.problem) this.list.open(field);
    }
    this.problem = Object.values(left).join("\n");
  }

  private async launch(): Promise<void> {
    if (this.busy || this.iniProblem) {
      this.element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      return;
    }
    this.busy = true;
    this.draw();
    try {
      clearTimeout(this.timer);
      // What was written a moment ago is what is meant.
      await this.readIni();
      this.checks += 1;
      if (!this.iniProblem) {
        const { value } = await this.ask("start", this.request());
        const checked = value as unknown as Check;
        this.complain(checked);
        if (Object.keys(checked.errors).length === 0) this.name.reset();
      }
    } catch (error) {
      this.problem = messageOf(error);
    }
    this.busy = false;
    this.draw();
    this.element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  private async save(name: string): Promise<void> {
    const { value } = await this.ask("save", { ...this.request(), as: name });
    this.template = this.templates(value.templates as string[], this.template.value);
  }

  private readonly copy = (): void => {
    copyAndSay(this.checked.code, (words) => {
      this.copied = words;
      this.draw();
    });
  };
}
