// One option of the form: its label, its control, its meaning, and its error.

import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { OptionInfo } from "../types.js";
import { uniqueId } from "../ui/dom.js";

/** A readable label: erlang_start -> "Erlang start". */
export const labelOf = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export class Field {
  value: string;
  /** Error of the value; empty: none. */
  problem = "";
  private readonly id: string;

  /**
   * @param option what it is
   * @param edited called when the user has changed the value
   */
  constructor(
    readonly option: OptionInfo,
    private readonly edited: () => void,
  ) {
    this.id = uniqueId(option.name);
    this.value = option.value;
  }

  /** The value is not the one that the form began with. */
  get changed(): boolean {
    return this.value !== this.option.value;
  }

  /** Put the value back to what it was. */
  reset(): void {
    this.value = this.option.value;
    this.problem = "";
  }

  template(hidden = false): TemplateResult {
    const { id, option, problem } = this;
    const wide = option.kind === "shares" ? " fj-wide" : "";
    return html`<div class="fj-field${wide}${this.changed ? " fj-changed" : ""}" ?hidden=${hidden}
      title="${option.section}.${option.name}: ${option.allowed}">
      <label for=${id}>${labelOf(option.name)}</label>
      ${option.choices.length > 0 ? this.select() : this.input()}
      <div class="fj-hint" id="${id}-hint">${option.description || option.allowed}</div>
      <div class="fj-field-error" id="${id}-error" ?hidden=${problem === ""}>${problem}</div>
    </div>`;
  }

  private get describedBy(): string {
    return this.problem ? `${this.id}-error ${this.id}-hint` : `${this.id}-hint`;
  }

  private select(): TemplateResult {
    const { choices, value } = this.option;
    // A value that is not among the choices must stay visible, for the message to make sense.
    const shown = choices.includes(value) ? choices : [value, ...choices];
    return html`<select id=${this.id} class="fj-input" aria-describedby=${this.describedBy}
      aria-invalid=${this.problem ? "true" : nothing} @input=${this.onInput}>${shown.map(
        (choice) =>
          html`<option value=${choice} .selected=${live(choice === this.value)}>${choice}</option>`,
      )}</select>`;
  }

  private input(): TemplateResult {
    const numeric = this.option.kind === "integer" || this.option.kind === "number";
    return html`<input id=${this.id} type="text" class="fj-input${numeric ? " fj-number-input" : ""}"
      inputmode=${numeric ? "decimal" : nothing} autocomplete="off" spellcheck="false"
      aria-describedby=${this.describedBy} aria-invalid=${this.problem ? "true" : nothing}
      .value=${live(this.value)} @input=${this.onInput} />`;
  }

  private readonly onInput = (event: Event): void => {
    this.value = (event.target as HTMLInputElement | HTMLSelectElement).value;
    this.edited();
  };
}
