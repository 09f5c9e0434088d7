// The equivalent line of Python, to be copied.

import { html, render } from "lit-html";
import { copyAndSay } from "../ui/copy.js";
import { h } from "../ui/dom.js";

export class CodeLine {
  readonly element = h("div", { class: "fj-detail fj-code-line", hidden: true });
  private line = "";
  private whole: () => string = () => this.line;
  private copied = "";

  /** `whole` gives what is copied, where the line is shortened. */
  update(line: string, whole: () => string = () => line): void {
    this.line = line;
    this.whole = whole;
    this.draw();
  }

  copy(): void {
    copyAndSay(this.whole(), (words) => {
      this.copied = words;
      this.draw();
    });
  }

  private draw(): void {
    this.element.hidden = this.line === "";
    render(
      html`<code class="fj-code" title=${this.line}>${this.line}</code><span class="fj-space"></span>
        <button type="button" class="fj-button" aria-label="Copy the line of Python"
          @click=${() => this.copy()}>${this.copied || "Copy"}</button>`,
      this.element,
    );
  }
}
