// Keep what the form says as a template of the user's own.

import { html, nothing, type TemplateResult } from "lit-html";
import { messageOf, uniqueId } from "../ui/dom.js";

export class SaveForm {
  private readonly id = uniqueId("save");
  private open = false;
  private name = "";
  private words = "";
  private problem = "";

  /**
   * @param save saves under this name
   * @param redraw called when what is shown has changed
   */
  constructor(
    private readonly save: (name: string) => Promise<void>,
    private readonly redraw: () => void,
  ) {}

  template(): TemplateResult {
    if (!this.open) {
      return html`<button type="button" class="fj-button" @click=${() => this.show(true)}>
        Save as template…</button>${
          this.words ? html`<span class="fj-number" role="status">${this.words}</span>` : nothing
        }`;
    }
    return html`<span class="fj-save"><label for=${this.id}>template name</label>
      <input id=${this.id} type="text" class="fj-input" autocomplete="off" spellcheck="false"
        aria-invalid=${this.problem ? "true" : nothing} .value=${this.name}
        @input=${this.onInput} @keydown=${this.onKey} />
      <button type="button" class="fj-button" @click=${() => void this.act()}>Save</button>
      <button type="button" class="fj-button" @click=${() => this.show(false)}>Not now</button>
      <span class="fj-problem" role="alert">${this.problem}</span></span>`;
  }

  private show(open: boolean): void {
    this.open = open;
    this.problem = "";
    this.words = "";
    this.redraw();
    if (open) document.getElementById(this.id)?.focus();
  }

  private async act(): Promise<void> {
    try {
      await this.save(this.name);
      this.show(false);
      this.words = `Saved as ${this.name}`;
    } catch (error) {
      this.problem = messageOf(error);
    }
    this.redraw();
  }

  private readonly onInput = (event: Event): void => {
    this.name = (event.target as HTMLInputElement).value;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.show(false);
    if (event.key !== "Enter") return;
    // The form around it would start a run.
    event.preventDefault();
    void this.act();
  };
}
