// The log: tools above, the view below.

import type { LogState } from "../types.js";
import { h, setAttribute, setText, show, uniqueId } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { compile } from "./line_matcher.js";
import { LogSearch } from "./log_search.js";
import { type LogReader, LogStore } from "./log_store.js";
import { LogView } from "./log_view.js";

const toggle = (label: string, title: string, change: (on: boolean) => void) => {
  const button = h(
    "button",
    {
      type: "button",
      class: "fj-button fj-toggle",
      "aria-pressed": "false",
      title,
      "aria-label": title,
    },
    label,
  );
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    change(on);
  });
  return button;
};

const field = (label: string, style: string) =>
  h("input", { type: "text", class: `fj-input ${style}`, "aria-label": label, placeholder: label });

export class LogPane {
  readonly element: HTMLElement;
  private readonly store: LogStore;
  private readonly view: LogView;
  private readonly query = field("Search the log", "fj-search");
  private readonly goto = field("Line", "fj-goto");
  private readonly result = h("span", { class: "fj-result", role: "status" });
  private readonly previous = h(
    "button",
    { type: "button", class: "fj-button", "aria-label": "Previous match", title: "Previous match" },
    "‹",
  );
  private readonly next = h(
    "button",
    { type: "button", class: "fj-button", "aria-label": "Next match", title: "Next match" },
    "›",
  );
  private readonly lines = h("span", { class: "fj-lines" });
  private readonly end = h(
    "button",
    { type: "button", class: "fj-button fj-toggle fj-follow", title: "Follow the end of the log" },
    "↓ Follow",
  );
  private regular = false;
  private matchCase = false;
  private search: LogSearch | null = null;
  private pattern: RegExp | null = null;
  private current = -1;
  private note = "";
  private typed: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly reader: LogReader) {
    this.store = new LogStore(reader, () => {
      this.view.redraw();
      this.describe();
    });
    this.view = new LogView(this.store, () => this.describe());
    this.view.selection.report = (message) => this.say(message);
    const searchTools = h(
      "span",
      { class: "fj-group", role: "group", "aria-label": "Search the log" },
      this.query,
      toggle("Aa", "Match case", (on) => {
        this.matchCase = on;
        this.start();
      }),
      toggle(".*", "Regular expression", (on) => {
        this.regular = on;
        this.start();
      }),
      this.previous,
      this.next,
      this.result,
    );
    const wrap = toggle("Wrap", "Wrap long lines", (on) => this.view.setWrap(on));
    const tools = h(
      "div",
      { class: "fj-tools" },
      searchTools,
      h("span", { class: "fj-space" }),
      h("span", { class: "fj-group" }, this.lines, this.goto, wrap, this.end),
    );
    this.element = h("div", { class: "fj-log", id: uniqueId("log") }, tools, this.view.element);
    this.query.addEventListener("input", () => {
      clearTimeout(this.typed);
      this.typed = setTimeout(() => this.start(), 150);
    });
    this.query.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") {
        this.query.value = "";
        this.start();
      }
    });
    this.goto.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.goTo();
    });
    this.previous.addEventListener("click", () => this.step(-1));
    this.next.addEventListener("click", () => this.step(1));
    this.end.addEventListener("click", () => this.view.toEnd());
    this.describe();
  }

  update(log: LogState): void {
    const before = this.store.count;
    this.store.update(log);
    if (this.store.count !== before && this.search) void this.runSearch(this.search);
    this.view.redraw();
    this.describe();
  }

  dispose(): void {
    this.search?.stop();
    this.view.dispose();
  }

  private goTo(): void {
    const wanted = Number(this.goto.value.replace(/[\s,._]/g, ""));
    const good = Number.isInteger(wanted) && wanted >= 1 && wanted <= this.store.count;
    setAttribute(this.goto, "aria-invalid", good ? null : "true");
    if (!good) {
      this.say(
        `Line ${this.goto.value || "?"}: allowed are 1 to ${format.count(this.store.count)}`,
      );
      return;
    }
    this.view.highlight(this.pattern, wanted - 1);
    this.view.reveal(wanted - 1);
  }

  private start(): void {
    this.search?.stop();
    this.search = null;
    this.current = -1;
    this.note = "";
    try {
      this.pattern = compile(this.query.value, this.regular, this.matchCase);
      setAttribute(this.query, "aria-invalid", null);
    } catch (error) {
      this.pattern = null;
      setAttribute(this.query, "aria-invalid", "true");
      this.note =
        error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    }
    this.view.highlight(this.pattern, -1);
    if (this.pattern) {
      const search = new LogSearch(this.reader, this.pattern, () => {
        if (search !== this.search) return;
        this.view.highlightUpTo(search.lines);
        this.describe();
      });
      this.search = search;
      void this.runSearch(search);
    }
    this.describe();
  }

  private async runSearch(search: LogSearch): Promise<void> {
    try {
      await search.run();
    } catch (error) {
      if (search === this.search) this.say(error instanceof Error ? error.message : String(error));
    }
  }

  private step(direction: 1 | -1): void {
    const found = this.search?.found ?? [];
    if (found.length === 0) return;
    if (this.current < 0) {
      const top = Math.ceil(this.view.scroll.top);
      const after = found.findIndex((line) => line >= top);
      const at = after < 0 ? found.length : after;
      this.current = direction === 1 ? at % found.length : (at - 1 + found.length) % found.length;
    } else {
      this.current = (this.current + direction + found.length) % found.length;
    }
    const line = found[this.current]!;
    this.view.highlight(this.pattern, line);
    this.view.reveal(line);
    this.describe();
  }

  private say(message: string): void {
    this.note = message;
    this.describe();
    setTimeout(() => {
      if (this.note === message) {
        this.note = "";
        this.describe();
      }
    }, 4000);
  }

  private describe(): void {
    const { search } = this;
    const any = (search?.found.length ?? 0) > 0;
    this.previous.disabled = !any;
    this.next.disabled = !any;
    let text = this.note || this.store.problem || this.store.reading;
    if (!text && search) {
      const total = format.count(search.total);
      const at =
        this.current >= 0 ? `${format.count(this.current + 1)} of ${total}` : `${total} found`;
      const part =
        search.busy && search.size > 0 ? ` · ${format.percent(search.searched / search.size)}` : "";
      text =
        search.total > 0 || !search.busy
          ? search.total > 0
            ? at + part
            : "not found"
          : `…${part}`;
    }
    setText(this.result, text);
    show(this.result, text !== "");
    const { count } = this.store;
    setText(this.lines, `${format.count(count)} ${count === 1 ? "line" : "lines"}`);
    setAttribute(this.end, "aria-pressed", String(this.view.scroll.follow));
  }
}
