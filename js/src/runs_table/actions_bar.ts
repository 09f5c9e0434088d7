// Actions on the selected runs: the buttons, their questions, and the results.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { Bulk } from "../types.js";
import { h, messageOf } from "../ui/dom.js";
import type { Action, Details } from "./code.js";

type Question = Exclude<Action, "compare" | "untag">;

export interface Doer {
  /** Ids of the selected runs, and how many of them have not ended. */
  chosen(): { ids: string[]; active: number };
  act(action: Action, ids: string[], details: Details): Promise<Bulk | null>;
  clear(): void;
  /** Called when the button for this action is hovered or focused; null: none. */
  regard(action: Action | null, details: Details): void;
}

const MOST_COMPARED = 12;
const DONE: Record<Action, string> = {
  compare: "compared",
  cancel: "asked to end",
  delete: "deleted",
  tag: "tagged",
  untag: "without the tag",
  export: "exported",
};

const runs = (count: number): string =>
  count === 1 ? "1 run" : `${count.toLocaleString("en-US")} runs`;

export class ActionsBar {
  readonly element = h("div", { class: "fj-tools fj-chosen", role: "group" });
  private asking: Question | null = null;
  private tag = "";
  private path = "runs.zip";
  private said = "";
  private failed = false;
  private busy = false;

  constructor(private readonly doer: Doer) {
    this.element.setAttribute("aria-label", "Chosen runs");
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.asking === null) return;
      event.stopPropagation();
      this.ask(null);
    });
  }

  draw(): void {
    const { ids, active } = this.doer.chosen();
    if (ids.length === 0) this.asking = null;
    this.element.hidden = ids.length === 0 && this.said === "";
    render(this.template(ids, active), this.element);
  }

  /** Ask for confirmation or input before an action. */
  ask(question: Question | null): void {
    const before = this.asking;
    this.asking = question;
    this.draw();
    this.doer.regard(question, this.details);
    const wanted = question === null ? `[data-action="${before}"]` : ".fj-first";
    this.element.querySelector<HTMLElement>(wanted)?.focus();
  }

  /** Report the result of an action. */
  say(words: string, failed = false): void {
    this.said = words;
    this.failed = failed;
    this.draw();
  }

  async do(action: Action): Promise<void> {
    const { ids } = this.doer.chosen();
    if (ids.length === 0 || this.busy) return;
    const { asking } = this;
    this.asking = null;
    this.busy = true;
    this.say("…");
    try {
      const bulk = await this.doer.act(action, ids, this.details);
      this.report(action, bulk);
    } catch (error) {
      // So that another name can be given.
      this.asking = asking;
      this.say(messageOf(error), true);
    } finally {
      this.busy = false;
      this.draw();
    }
  }

  private get details(): Details {
    return { tag: this.tag.trim(), path: this.path.trim() };
  }

  private report(action: Action, bulk: Bulk | null): void {
    if (!bulk) {
      this.say("");
      return;
    }
    const { done, failed, path } = bulk;
    const said = done > 0 ? `${runs(done)} ${DONE[action]}${path ? ` to ${path}` : ""}` : "";
    const [first] = failed;
    const rest = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
    const problem = first ? `Not ${DONE[action]}: ${first[0]}: ${first[1]}${rest}` : "";
    this.say([said, problem].filter(Boolean).join(". ") || "Nothing to do", failed.length > 0);
  }

  private template(ids: string[], active: number): TemplateResult {
    const status = html`<span class=${this.failed ? "fj-problem" : "fj-note-inline"}
      role="status">${this.said}</span>`;
    if (ids.length === 0) return html`${status}`;
    const question = this.question(ids.length, active);
    return html`<b class="fj-number">${ids.length.toLocaleString("en-US")} chosen</b>
      ${question ?? this.buttons(ids.length, active)}
      ${status}<span class="fj-space"></span>
      <button type="button" class="fj-button" @click=${() => this.clear()}>Choose none</button>`;
  }

  private buttons(count: number, active: number): TemplateResult {
    const many = count > MOST_COMPARED;
    const title = many ? `Up to ${MOST_COMPARED} runs can be compared here` : nothing;
    const button = (
      action: Action,
      label: string,
      press: () => void,
      disabled = false,
      danger = false,
    ): TemplateResult => html`<button type="button" data-action=${action}
      class="fj-button ${danger ? "fj-danger" : ""}" ?disabled=${disabled || this.busy}
      title=${action === "compare" ? title : nothing}
      @mouseenter=${() => this.doer.regard(action, this.details)}
      @mouseleave=${() => this.doer.regard(null, this.details)}
      @focus=${() => this.doer.regard(action, this.details)}
      @blur=${() => this.doer.regard(null, this.details)}
      @click=${press}>${label}</button>`;
    return html`${button("compare", `Compare ${count}`, () => void this.do("compare"), count < 2 || many)}
      ${button("tag", "Tag…", () => this.ask("tag"))}
      ${button("export", "Export…", () => this.ask("export"), active > 0)}
      ${button("cancel", "Cancel", () => this.ask("cancel"), active === 0, true)}
      ${button("delete", "Delete", () => this.ask("delete"), active === count, true)}`;
  }

  private question(count: number, active: number): TemplateResult | null {
    const no = html`<button type="button" class="fj-button" @click=${() => this.ask(null)}>No</button>`;
    const yes = (action: Action, label: string, style = "fj-first") => html`<button type="button"
      class="fj-button fj-danger ${style}" @click=${() => void this.do(action)}>${label}</button>`;
    switch (this.asking) {
      case "cancel":
        return html`<span>Cancel ${runs(active)}? What they have written stays.</span>
          ${yes("cancel", "Yes, cancel")} ${no}`;
      case "delete": {
        const kept = active > 0 ? ` ${runs(active)} not ended yet: cancel first.` : "";
        return html`<span>Delete ${runs(count - active)} with all files?${kept}</span>
          ${yes("delete", "Yes, delete")} ${no}`;
      }
      case "tag":
        return html`<input type="text" class="fj-input fj-first" aria-label="Tag" placeholder="Tag"
            .value=${this.tag} @input=${this.onTag} @keydown=${this.enter("tag")} />
          <button type="button" class="fj-button" ?disabled=${this.tag.trim() === ""}
            @click=${() => void this.do("tag")}>Add</button>
          <button type="button" class="fj-button" ?disabled=${this.tag.trim() === ""}
            @click=${() => void this.do("untag")}>Remove</button> ${no}`;
      case "export":
        return html`<input type="text" class="fj-input fj-first" aria-label="File to write"
            .value=${this.path} @input=${this.onPath} @keydown=${this.enter("export")} />
          <button type="button" class="fj-button" ?disabled=${this.path.trim() === ""}
            @click=${() => void this.do("export")}>Export</button> ${no}`;
      default:
        return null;
    }
  }

  private readonly onTag = (event: InputEvent): void => {
    this.tag = (event.target as HTMLInputElement).value;
    this.doer.regard("tag", this.details);
    this.draw();
  };

  private readonly onPath = (event: InputEvent): void => {
    this.path = (event.target as HTMLInputElement).value;
    this.doer.regard("export", this.details);
    this.draw();
  };

  private enter(action: Action) {
    return (event: KeyboardEvent): void => {
      const { value } = event.target as HTMLInputElement;
      if (event.key === "Enter" && value.trim() !== "") void this.do(action);
    };
  }

  private clear(): void {
    this.said = "";
    this.doer.clear();
  }
}
