// The options of a form: the important ones under their headings, the others below, to be opened.

import { html, nothing, type TemplateResult } from "lit-html";
import type { Field } from "./field.js";

const COMMON = 2;

/** Fields under a heading each. */
const groups = (fields: Field[], hidden: (field: Field) => boolean): TemplateResult[] => {
  const names = [...new Set(fields.map((field) => field.option.group ?? ""))];
  return names.map((name) => {
    const here = fields.filter((field) => (field.option.group ?? "") === name);
    return html`<fieldset class="fj-fieldset" ?hidden=${here.every(hidden)}>
      <legend class="fj-legend">${name}</legend>
      <div class="fj-fields">${here.map((field) => field.template(hidden(field)))}</div></fieldset>`;
  });
};

export class OptionList {
  fields: Field[] = [];
  private words = "";
  private commonOpen = false;
  private rareOpen = false;

  constructor(private readonly redraw: () => void) {}

  /** Open the part in which a field stands. */
  open(field: Field): void {
    if (field.option.main) return;
    if (field.option.importance === COMMON) this.commonOpen = true;
    else this.rareOpen = true;
  }

  template(): TemplateResult {
    const main = this.fields.filter((field) => field.option.main);
    const common = this.fields.filter(
      (field) => !field.option.main && field.option.importance <= COMMON,
    );
    const rare = this.fields.filter((field) => field.option.importance > COMMON);
    const hidden = (field: Field): boolean => !field.matches(this.words);
    const found = this.fields.filter((field) => !hidden(field)).length;
    return html`<div class="fj-filter-row">
      <input type="text" class="fj-input fj-filter" placeholder="Find an option"
        aria-label="Find an option" @input=${this.onFilter} />
      <span class="fj-number" role="status">${this.words ? `${found} of ${this.fields.length} options` : ""}</span></div>
      ${groups(main, hidden)}
      ${this.more("options that change what a run does", common, hidden, this.commonOpen, this.onCommon)}
      ${this.more("more, rarely needed", rare, hidden, this.rareOpen, this.onRare)}`;
  }

  private more(
    words: string,
    fields: Field[],
    hidden: (field: Field) => boolean,
    open: boolean,
    toggled: (event: Event) => void,
  ): TemplateResult | typeof nothing {
    if (fields.length === 0) return nothing;
    const found = fields.filter((field) => !hidden(field)).length;
    const shown = open || (this.words !== "" && found > 0);
    return html`<details class="fj-more" ?open=${shown} @toggle=${toggled}>
      <summary>${fields.length} ${words}${this.words ? html` (${found} found)` : nothing}</summary>
      ${shown ? groups(fields, hidden) : nothing}</details>`;
  }

  // What a search has opened is closed again with it.
  private readonly onCommon = (event: Event): void => {
    if (this.words === "") this.commonOpen = (event.target as HTMLDetailsElement).open;
    this.redraw();
  };

  private readonly onRare = (event: Event): void => {
    if (this.words === "") this.rareOpen = (event.target as HTMLDetailsElement).open;
    this.redraw();
  };

  private readonly onFilter = (event: InputEvent): void => {
    this.words = (event.target as HTMLInputElement).value.trim();
    this.redraw();
  };
}
