// A button for an irreversible action: it asks for confirmation first.

import { html, type TemplateResult } from "lit-html";

export interface AskedOptions {
  label: string;
  question: string;
  yes: string;
  act(): void;
  /** Called when the button must be redrawn. */
  changed(): void;
  /** Element that contains the button, for moving the focus. */
  root(): HTMLElement;
}

export class AskedButton {
  private asking = false;

  constructor(private readonly options: AskedOptions) {}

  /** The button, or its question; `code`: the Python call that the button performs. */
  template(disabled: boolean, label = this.options.label, code = ""): TemplateResult {
    const { question, yes } = this.options;
    return this.asking && !disabled
      ? html`<span class="fj-ask" role="group" @keydown=${this.onKey}><span>${question}</span>
          <button type="button" class="fj-button fj-danger fj-yes"
            @click=${this.act}>${yes}</button>
          <button type="button" class="fj-button fj-no" @click=${() => this.ask(false)}>No</button>
        </span>`
      : html`<button type="button" class="fj-button fj-danger fj-asks" data-code=${code}
          ?disabled=${disabled} @click=${() => this.ask(true)}>${label}</button>`;
  }

  private ask(asking: boolean): void {
    this.asking = asking;
    this.options.changed();
    const wanted = asking ? ".fj-yes" : ".fj-asks";
    this.options.root().querySelector<HTMLElement>(wanted)?.focus();
  }

  private readonly act = (): void => {
    this.ask(false);
    this.options.act();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.ask(false);
  };
}
