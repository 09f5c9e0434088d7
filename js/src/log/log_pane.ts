// The log: tools above, the view below.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { LogState } from "../types.js";
import { h, uniqueId } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";
import { type LogReader, LogStore } from "./log_store.js";
import { LogView } from "./log_view.js";
import { SearchState } from "./search_state.js";

const TYPING_MS = 150;
const SAID_MS = 4000;

export class LogPane {
  readonly element: HTMLElement;
  private readonly tools = h("div", { class: "fj-tools" });
  private readonly store: LogStore;
  private readonly view: LogView;
  private readonly search: SearchState;
  private readonly describe = onFrame(() => render(this.template(), this.tools));
  private wrap = false;
  private wrongLine = false;
  private note = "";
  private typed: ReturnType<typeof setTimeout> | undefined;

  constructor(reader: LogReader) {
    this.store = new LogStore(reader, () => {
      this.view.list.redraw();
      this.describe();
    });
    this.view = new LogView(this.store, this.describe);
    this.view.selection.report = (message) => this.say(message);
    this.search = new SearchState(reader, () => {
      this.view.highlightUpTo(this.search.searched);
      this.describe();
    });
    this.element = h(
      "div",
      { class: "fj-log", id: uniqueId("log") },
      this.tools,
      this.view.element,
    );
    render(this.template(), this.tools);
  }

  update(log: LogState): void {
    const before = this.store.count;
    this.store.update(log);
    if (this.store.count !== before) this.search.goOn();
    this.view.list.redraw();
    this.describe();
  }

  dispose(): void {
    clearTimeout(this.typed);
    this.search.stop();
    this.view.dispose();
  }

  private template(): TemplateResult {
    const { search, store, view } = this;
    const none = search.found.length === 0;
    const told = this.note || search.problem || store.problem;
    const result = told || store.reading || search.words;
    const lines = `${format.count(store.count)} ${store.count === 1 ? "line" : "lines"}`;
    return html`
      <span class="fj-group" role="group" aria-label="Search the log">
        <input type="text" class="fj-input fj-search" aria-label="Search the log"
          placeholder="Search the log" aria-invalid=${search.invalid ? "true" : nothing}
          .value=${search.text} @input=${this.onType} @keydown=${this.onSearchKey} />
        ${this.toggle("Aa", "Match case", search.matchCase, (on) => {
          search.matchCase = on;
          this.start();
        })}
        ${this.toggle(".*", "Regular expression", search.regular, (on) => {
          search.regular = on;
          this.start();
        })}
        <button type="button" class="fj-button" aria-label="Previous match" title="Previous match"
          ?disabled=${none} @click=${() => this.step(-1)}>‹</button>
        <button type="button" class="fj-button" aria-label="Next match" title="Next match"
          ?disabled=${none} @click=${() => this.step(1)}>›</button>
        <span class="fj-result${told ? " fj-told" : ""}" role="status"
          ?hidden=${result === ""}>${result}</span>
      </span>
      <span class="fj-group fj-group-end">
        <span class="fj-lines">${lines}</span>
        <input type="text" class="fj-input fj-goto" aria-label="Line" placeholder="Line"
          aria-invalid=${this.wrongLine ? "true" : nothing} @keydown=${this.onLineKey} />
        ${this.toggle("Wrap", "Wrap long lines", this.wrap, (on) => {
          this.wrap = on;
          view.list.setWrap(on);
          this.describe();
        })}
        <button type="button" class="fj-button fj-toggle fj-follow" title="Follow the end of the log"
          aria-pressed=${String(view.list.scroll.follow)} @click=${() => view.list.toEnd()}>↓ Follow</button>
      </span>`;
  }

  private toggle(
    label: string,
    title: string,
    on: boolean,
    change: (on: boolean) => void,
  ): TemplateResult {
    return html`<button type="button" class="fj-button fj-toggle" title=${title}
      aria-label=${title} aria-pressed=${String(on)} @click=${() => change(!on)}>${label}</button>`;
  }

  private readonly onType = (event: InputEvent): void => {
    this.search.text = (event.target as HTMLInputElement).value;
    clearTimeout(this.typed);
    this.typed = setTimeout(() => this.start(), TYPING_MS);
  };

  private readonly onSearchKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      // What was typed last may not be drawn yet, so that drawing would change nothing.
      this.search.text = (event.target as HTMLInputElement).value = "";
      this.start();
    }
  };

  private readonly onLineKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") this.goTo((event.target as HTMLInputElement).value);
  };

  private goTo(text: string): void {
    const wanted = Number(text.replace(/[\s,._]/g, ""));
    this.wrongLine = !(Number.isInteger(wanted) && wanted >= 1 && wanted <= this.store.count);
    this.describe();
    if (this.wrongLine) {
      this.say(`Line ${text || "?"}: allowed are 1 to ${format.count(this.store.count)}`);
      return;
    }
    this.view.highlight(this.search.pattern, wanted - 1);
    this.view.list.reveal(wanted - 1);
  }

  private start(): void {
    this.note = "";
    this.search.start();
    this.view.highlight(this.search.pattern, -1);
    this.view.highlightUpTo(this.search.searched);
  }

  private step(direction: 1 | -1): void {
    const line = this.search.step(direction, Math.ceil(this.view.list.scroll.top));
    if (line === null) return;
    this.view.highlight(this.search.pattern, line);
    this.view.highlightUpTo(this.search.searched);
    this.view.list.reveal(line);
    this.describe();
  }

  private say(message: string): void {
    this.note = message;
    this.describe();
    setTimeout(() => {
      if (this.note !== message) return;
      this.note = "";
      this.describe();
    }, SAID_MS);
  }
}
