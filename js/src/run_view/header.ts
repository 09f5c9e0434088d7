// The first row: the run's name, duration and actions.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { Folder } from "../files/run_files.js";
import type { Snapshot } from "../types.js";
import { copyAndSay } from "../ui/copy.js";
import { h } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { Menu, type MenuItem } from "../ui/menu.js";
import { statusWord } from "../watch/situation.js";
import { isFinal } from "../watch/verdict.js";

export interface HeaderActions {
  cancel(): void;
  delete(): void;
  /** Show the form filled from this run, or close it. */
  form(): void;
  /** The run's folder in Jupyter; null where it is not to be seen there. */
  folder(): Folder | null;
  /** Fold the view into a line, or open it. */
  fold(): void;
}

/** JupyterLab executes the command that an element names when it is clicked. */
const SHOW_FOLDER = "filebrowser:go-to-path";

type Question = "cancel" | "delete";

const QUESTIONS: Record<Question, [question: string, yes: string]> = {
  cancel: ["Cancel the run?", "Yes, cancel"],
  delete: ["Delete the run and its files?", "Yes, delete"],
};

/** Seconds that the run took, or has taken so far by the kernel's clock. */
export const elapsed = (snapshot: Snapshot, now: number): number | null => {
  if (snapshot.started === null) return null;
  if (!isFinal(snapshot.status)) return Math.max(0, now - snapshot.started);
  if (snapshot.duration !== null) return snapshot.duration;
  return snapshot.completed === null ? null : snapshot.completed - snapshot.started;
};

/** A run's name as part of a file's. */
const fileName = (name: string): string =>
  name
    .replace(/[^\p{L}\p{N}.=+-]+/gu, "_")
    .replace(/^[_.]+|_+$/g, "")
    .slice(0, 60);

const isGone = ({ problem }: Snapshot): boolean => problem === "gone";

export class Header {
  readonly element = h("div", { class: "fj-head" });
  private asking: Question | null = null;
  private snapshot: Snapshot | null = null;
  private now = 0;
  private left: number | null = null;
  private copied = "";
  private open = true;
  private readonly menu = new Menu("More actions");

  constructor(private readonly actions: HeaderActions) {}

  /** @param open the view is not folded into a line */
  update(snapshot: Snapshot, open = true): void {
    this.snapshot = snapshot;
    this.open = open;
    this.menu.update(this.items(snapshot));
    const ended = isFinal(snapshot.status);
    // An obsolete question is withdrawn.
    if (this.asking === (ended ? "cancel" : "delete") || isGone(snapshot)) this.ask(null);
    this.draw();
  }

  /** Redraw what depends on the clock. */
  tick(now: number, left: number | null): void {
    this.now = now;
    this.left = left;
    this.draw();
  }

  private draw(): void {
    if (this.snapshot) render(this.template(this.snapshot), this.element);
  }

  private template(snapshot: Snapshot): TemplateResult {
    const { name, simulator, simulator_reason: reason, network, id } = snapshot;
    return html`
      <span class="fj-title"><button type="button" class="fj-fold" aria-label="Details"
          aria-expanded=${String(this.open)} title=${this.open ? "Fold into a line" : "Open"}
          @click=${this.actions.fold}>${this.open ? "▾" : "▸"}</button>
        <span class="fj-dot"></span><span class="fj-name">${name}</span>
        <span class="fj-status" role="status">${this.copied || statusWord(snapshot)}</span></span>
      <span class="fj-facts">
        <span class="fj-chip" ?hidden=${!simulator}
          title=${reason ? `Simulator: ${reason}` : "Simulator"}>${simulator}</span>
        <span class="fj-chip" ?hidden=${network === null}>${network}</span>
        <button type="button" class="fj-id" title="Copy the run's id"
          aria-label="Copy the run's id ${id}"
          @click=${() => this.copy(id)}>${id}</button>
      </span>
      <span class="fj-space"></span>
      <span class="fj-times">${this.times(snapshot)}</span>
      <span class="fj-actions">${this.buttons(snapshot)}${this.question()}${
        this.menu.element
      }</span>`;
  }

  private times(snapshot: Snapshot): TemplateResult {
    const seconds = elapsed(snapshot, this.now);
    const ended = isFinal(snapshot.status);
    const took =
      seconds === null
        ? nothing
        : html`<span class="fj-number"><b>${
            ended ? format.took(seconds) : format.duration(seconds)
          }</b>${ended ? "" : " elapsed"}</span>`;
    const left =
      ended || this.left === null
        ? nothing
        : html`<span class="fj-number">about
      <b>${format.duration(Math.ceil(this.left))}</b> left</span>`;
    return html`${took}${left}`;
  }

  private buttons(snapshot: Snapshot): TemplateResult {
    const ended = isFinal(snapshot.status);
    const { cancelling } = snapshot;
    const gone = isGone(snapshot);
    const folder = gone ? null : this.actions.folder();
    const idle = this.asking === null;
    const link =
      folder === null
        ? nothing
        : html`<a class="fj-button fj-folder-link" target="_blank" rel="noopener"
      title="Show the run's folder" href=${folder.address}
      data-commandlinker-command=${folder.path === null ? nothing : SHOW_FOLDER}
      data-commandlinker-args=${folder.path === null ? nothing : JSON.stringify({ path: folder.path })}
      >Folder</a>`;
    return html`${link}
      <button type="button" class="fj-button fj-danger fj-cancel" ?hidden=${ended || !idle || gone}
        ?disabled=${cancelling} @click=${() => this.ask("cancel")}>${
          cancelling ? "Cancelling…" : "Cancel"
        }</button>`;
  }

  private items(snapshot: Snapshot): MenuItem[] {
    const copy = (label: string, text: string): MenuItem => ({
      label,
      act: () => this.copy(text),
    });
    const { id, name, status, simulator } = snapshot;
    const run = `fj.run("${id}")`;
    const form = { label: "Run again…", act: () => this.actions.form() };
    const items = [
      ...(simulator === "command" ? [] : [form]),
      copy("Copy the id", id),
      copy("Copy the line that shows it", run),
      copy("Copy the line that runs it again", `${run}.again()`),
      copy("Copy the line that exports it", `fj.export(${run}, "${fileName(name) || id}.zip")`),
    ];
    if (!isFinal(status) || isGone(snapshot)) return items;
    return [...items, { label: "Delete…", danger: true, act: () => this.ask("delete") }];
  }

  private question(): TemplateResult {
    const [question, yes] = QUESTIONS[this.asking ?? "cancel"];
    return html`<span class="fj-ask" role="group" ?hidden=${this.asking === null}
      @keydown=${this.onKey}><span>${question}</span>
      <button type="button" class="fj-button fj-danger fj-yes" @click=${this.act}>${yes}</button>
      <button type="button" class="fj-button fj-no" @click=${() => this.ask(null)}>No</button>
    </span>`;
  }

  private copy(id: string): void {
    copyAndSay(id, (words) => {
      this.copied = words;
      this.draw();
    });
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.ask(null);
  };

  private ask(what: Question | null): void {
    const before = this.asking;
    const box = this.element.querySelector(".fj-ask");
    const inside = box?.contains(document.activeElement) ?? false;
    this.asking = what;
    this.draw();
    if (what !== null) this.focus(".fj-yes");
    else if (inside && before === "cancel") this.focus(".fj-cancel");
    else if (inside && before === "delete") this.menu.focus();
  }

  private focus(selector: string): void {
    this.element.querySelector<HTMLElement>(selector)?.focus();
  }

  private readonly act = (): void => {
    const what = this.asking;
    this.ask(null);
    if (what !== null) this.actions[what]();
  };
}
