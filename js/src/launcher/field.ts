// One option of the form: its name as it is in code, its control, what it means, and what is wrong
// with it.

import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { OptionInfo } from "../types.js";
import { uniqueId } from "../ui/dom.js";
import { readShares, sharesText, sumOf } from "./shares.js";
import { stepped } from "./stepping.js";

/** Sums of decimal fractions are not exact. */
const ONE = 1e-9;

export class Field {
  value: string;
  /** What is wrong with the value; empty: nothing. */
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
    this.id = uniqueId(option.name.replaceAll(".", "-"));
    this.value = option.value;
  }

  /** Whether the value differs from the initial one. */
  get changed(): boolean {
    return this.value !== this.option.value;
  }

  /** Whether one of these words is found in its name or its meaning. */
  matches(words: string): boolean {
    const { name, description } = this.option;
    return `${name} ${description}`.toLowerCase().includes(words.toLowerCase());
  }

  /** Restore the initial value. */
  reset(): void {
    this.value = this.option.value;
    this.problem = "";
  }

  template(hidden = false): TemplateResult {
    const { id, option, problem } = this;
    const shares = option.kind === "shares" ? readShares(this.value) : null;
    const wide = option.kind === "shares" || option.kind === "mapping" ? " fj-wide" : "";
    const control = shares
      ? this.shares(shares)
      : option.choices.length > 0
        ? this.select()
        : this.input();
    return html`<div class="fj-field${wide}${this.changed ? " fj-changed" : ""}" ?hidden=${hidden}
      title="${option.section}.${option.name}: ${option.allowed}">
      <span class="fj-field-head">${
        shares
          ? html`<span class="fj-field-name" id="${id}-name">${option.name}</span>`
          : html`<label class="fj-field-name" for=${id}>${option.name}</label>`
      }<span class="fj-unit">${option.unit}</span>${this.back()}</span>
      ${control}
      <div class="fj-field-error" id="${id}-error" ?hidden=${problem === ""}>${problem}</div>
      <div class="fj-hint" id="${id}-hint"><span class="fj-hint-text">${option.description || option.allowed}${
        option.default && option.default !== option.value
          ? html` <span class="fj-default">Default: ${option.default}</span>`
          : nothing
      }</span></div>
    </div>`;
  }

  private back(): TemplateResult | typeof nothing {
    if (!this.changed) return nothing;
    const { name, value } = this.option;
    const was = value === "" ? "empty" : value.length > 14 ? "before" : value;
    return html`<button type="button" class="fj-back" aria-label="Put ${name} back to ${was}"
      @click=${this.onBack}>↺ ${was}</button>`;
  }

  private get describedBy(): string {
    return this.problem ? `${this.id}-error ${this.id}-hint` : `${this.id}-hint`;
  }

  private select(): TemplateResult {
    const { choices, value, name } = this.option;
    // A network may be a file, too.
    if (name === "network") return this.input(choices);
    // A value that is not among the choices must stay visible, so that the message makes sense.
    const unknown = [value, this.value].filter((each) => !choices.includes(each));
    const known = [...new Set([...unknown, ...choices])];
    return html`<select id=${this.id} class="fj-input" aria-describedby=${this.describedBy}
      aria-invalid=${this.problem ? "true" : nothing} @input=${this.onInput}>${known.map(
        (choice) =>
          html`<option value=${choice} .selected=${live(choice === this.value)}>${choice}</option>`,
      )}</select>`;
  }

  private input(suggestions: readonly string[] = this.option.suggestions ?? []): TemplateResult {
    const { kind } = this.option;
    const numeric = kind === "integer" || kind === "number";
    const list = suggestions.length > 0 ? `${this.id}-list` : nothing;
    const step = (direction: 1 | -1, sign: string) =>
      html`<button type="button" class="fj-step" tabindex="-1" aria-hidden="true"
        @click=${() => this.step(direction)}>${sign}</button>`;
    const input = html`<input id=${this.id} type="text"
      class="fj-input${numeric ? " fj-number-input" : ""}"
      inputmode=${numeric ? "decimal" : nothing} autocomplete="off" spellcheck="false"
      list=${list} aria-describedby=${this.describedBy}
      aria-invalid=${this.problem ? "true" : nothing} .value=${live(this.value)}
      @keydown=${numeric ? this.onKey : nothing} @input=${this.onInput} />`;
    const known = html`<datalist id="${this.id}-list">${suggestions.map(
      (word) => html`<option value=${word}></option>`,
    )}</datalist>`;
    if (!numeric) return html`${input}${suggestions.length > 0 ? known : nothing}`;
    return html`<span class="fj-stepper">${input}${step(-1, "−")}${step(1, "+")}</span>`;
  }

  /** Shares of classes, each in a control of its own, with their sum. */
  private shares(shares: Map<string, string>): TemplateResult {
    const sum = sumOf(shares);
    const right = sum !== null && Math.abs(sum - 1) < ONE;
    const words = sum === null ? "not all are numbers" : `${Number(sum.toPrecision(9))}`;
    return html`<div class="fj-shares" role="group" aria-labelledby="${this.id}-name"
      aria-describedby=${this.describedBy}>${[...shares].map(
        ([name, share]) => html`<label><span>${name}</span>
          <input type="text" class="fj-input fj-number-input" inputmode="decimal" autocomplete="off"
            aria-invalid=${this.problem ? "true" : nothing} .value=${live(share)}
            @input=${(event: Event) => this.onShare(shares, name, event)} /></label>`,
      )}<span class="fj-sum${right ? "" : " fj-wrong"}" role="status">sum ${words}${
        right || sum === null ? "" : ", should be 1"
      }</span></div>`;
  }

  private set(value: string): void {
    this.value = value;
    this.edited();
  }

  private step(direction: 1 | -1): void {
    const next = stepped(this.value, direction, this.option.kind === "integer");
    if (next !== null) this.set(next);
  }

  private onShare(shares: Map<string, string>, name: string, event: Event): void {
    const { value } = event.target as HTMLInputElement;
    this.set(sharesText(new Map(shares).set(name, value)));
  }

  private readonly onBack = (): void => {
    this.reset();
    this.edited();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key] as 1 | -1 | undefined;
    if (direction === undefined) return;
    event.preventDefault();
    this.step(direction);
  };

  private readonly onInput = (event: Event): void => {
    this.set((event.target as HTMLInputElement | HTMLSelectElement).value);
  };
}
