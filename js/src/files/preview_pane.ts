// Where a file's preview is shown.

import { html, nothing, render } from "lit-html";
import type { Grid } from "../types.js";
import { h, messageOf } from "../ui/dom.js";
import { preview } from "./preview.js";
import type { FileInfo, RunFiles } from "./run_files.js";

export class PreviewPane {
  readonly element = h("div", {
    class: "fj-preview",
    tabindex: 0,
    role: "region",
    "aria-label": "Preview",
    hidden: true,
  });
  private opened: string | null = null;
  private revoke: () => void = () => undefined;

  /** @param table the first rows of a binary file */
  constructor(
    private readonly files: () => Promise<RunFiles>,
    private readonly table: (path: string) => Promise<Grid>,
  ) {}

  get isOpen(): boolean {
    return this.opened !== null;
  }

  /** Show a file; a later request replaces it. */
  async open(file: FileInfo): Promise<void> {
    this.opened = file.path;
    this.element.hidden = false;
    render(html`<p class="fj-note">Reading…</p>`, this.element);
    try {
      const made = await preview(await this.files(), file, this.table);
      if (this.opened !== file.path) {
        made.revoke();
        return;
      }
      this.revoke();
      this.revoke = made.revoke;
      render(made.content, this.element);
    } catch (error) {
      if (this.opened !== file.path) return;
      render(html`<p class="fj-problem">${messageOf(error)}</p>`, this.element);
    }
  }

  close(): void {
    this.opened = null;
    this.revoke();
    this.revoke = () => undefined;
    render(nothing, this.element);
    this.element.hidden = true;
  }
}
