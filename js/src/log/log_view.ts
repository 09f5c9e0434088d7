// The rows of the log on the screen: only those that are visible exist.

import { h } from "../ui/dom.js";
import { onFrame } from "../ui/frames.js";
import { LINE_HEIGHT, ScrollModel } from "../ui/scroll_model.js";
import { fillRow } from "./log_row.js";
import { LogSelection } from "./log_selection.js";
import type { LogStore } from "./log_store.js";

const PAGE_KEYS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);

export class LogView {
  readonly element: HTMLElement;
  readonly scroll = new ScrollModel();
  readonly selection: LogSelection;
  private readonly rows = h("div", { class: "fj-log-rows" });
  private readonly space = h("div", { class: "fj-log-space" });
  private shown: { line: number; text: string | undefined; lit: RegExp | null }[] = [];
  private pattern: RegExp | null = null;
  private searched = 0;
  private marked = -1;
  private wrap = false;
  private expected = 0;
  private readonly observer: ResizeObserver | null;
  readonly redraw = onFrame(() => this.draw());

  constructor(
    private readonly store: LogStore,
    private readonly moved: () => void,
  ) {
    this.element = h(
      "div",
      { class: "fj-log-view", tabindex: 0, role: "log", "aria-label": "Log", "aria-live": "off" },
      this.rows,
      this.space,
    );
    this.selection = new LogSelection(this.element, this.rows, store, (lines) => {
      this.scroll.move(lines);
      this.redraw();
    });
    this.element.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.element.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(this.redraw);
    this.observer?.observe(this.element);
  }

  /** Highlight what this pattern finds, and mark one line as the current one. */
  highlight(pattern: RegExp | null, marked: number): void {
    if (pattern !== this.pattern) this.searched = 0;
    this.pattern = pattern;
    this.marked = marked;
    this.redraw();
  }

  /** So many lines are known to be no trap for the pattern: only these are highlighted. */
  highlightUpTo(lines: number): void {
    this.searched = lines;
    this.redraw();
  }

  setWrap(wrap: boolean): void {
    this.wrap = wrap;
    this.element.classList.toggle("fj-wrap", wrap);
    this.redraw();
  }

  reveal(line: number): void {
    this.scroll.reveal(line);
    this.redraw();
    this.moved();
  }

  toEnd(): void {
    this.scroll.follow = true;
    this.redraw();
    this.moved();
  }

  dispose(): void {
    this.observer?.disconnect();
    this.selection.dispose();
  }

  private draw(): void {
    const height = this.element.clientHeight;
    if (height === 0) return;
    const total = this.store.count;
    const { scroll } = this;
    scroll.resize({ total, height, wrap: this.wrap });
    this.space.style.height = `${scroll.space}px`;
    this.space.style.marginTop = `${-height}px`;
    this.rows.style.height = `${height}px`;
    const position = Math.round(scroll.position);
    if (Math.abs(this.element.scrollTop - position) >= 1) this.element.scrollTop = position;
    this.expected = this.element.scrollTop;

    const first = Math.floor(scroll.top);
    const visible = Math.min(total - first, Math.ceil(height / LINE_HEIGHT) + 1);
    this.fill(first, visible);
    this.place(first, height);
    this.element.style.setProperty("--fj-digits", String(Math.max(2, String(total).length)));
    if (visible > 0) this.store.want(first, first + visible - 1);
  }

  private fill(first: number, visible: number): void {
    const children = this.rows.children;
    while (children.length > visible) this.rows.lastElementChild!.remove();
    while (children.length < visible) this.rows.append(h("div", { class: "fj-row" }));
    let changed = false;
    for (let index = 0; index < visible; index += 1) {
      const line = first + index;
      const text = this.store.line(line);
      const row = children[index] as HTMLElement;
      const before = this.shown[index];
      const lit = line < this.searched ? this.pattern : null;
      if (before?.line !== line || before.text !== text || before.lit !== lit) {
        fillRow(row, text ?? "", lit);
        row.dataset.line = String(line + 1);
        row.classList.toggle("fj-missing", text === undefined);
        this.shown[index] = { line, text, lit };
        changed = true;
      }
      row.classList.toggle("fj-current", line === this.marked);
    }
    this.shown.length = visible;
    if (changed) this.selection.restore();
  }

  // A fraction of a line is scrolled away above, or everything rests on the last line.
  private place(first: number, height: number): void {
    const { scroll } = this;
    let shift = -(scroll.top - first) * LINE_HEIGHT;
    if (this.wrap) {
      const content = this.contentHeight();
      const atEnd = scroll.follow || scroll.top >= scroll.last;
      if (atEnd) this.fillAbove(height);
      shift = atEnd ? Math.min(0, height - this.contentHeight()) : content <= height ? 0 : shift;
    }
    this.rows.style.setProperty("--fj-shift", `${shift.toFixed(2)}px`);
  }

  // Following wrapped lines: put as many above the last one as there is room for.
  private fillAbove(height: number): void {
    const total = this.store.count;
    const rows = Math.min(total, Math.ceil(height / LINE_HEIGHT) + 1);
    this.fill(total - rows, rows);
    if (rows > 0) this.store.want(total - rows, total - 1);
  }

  private contentHeight(): number {
    let sum = 0;
    for (const row of this.rows.children) sum += (row as HTMLElement).offsetHeight;
    return sum;
  }

  private onScroll(): void {
    const position = this.element.scrollTop;
    if (Math.abs(position - this.expected) < 1) return;
    this.expected = position;
    this.scroll.scrolled(position);
    this.redraw();
    this.moved();
  }

  private onWheel(event: WheelEvent): void {
    if (event.ctrlKey || event.deltaY === 0 || Math.abs(event.deltaX) > Math.abs(event.deltaY))
      return;
    const before = this.scroll.follow;
    if (this.scroll.scaled) {
      const unit = event.deltaMode === 0 ? 1 / LINE_HEIGHT : event.deltaMode === 1 ? 1 : 10;
      const top = this.scroll.top;
      this.scroll.move(event.deltaY * unit);
      if (this.scroll.top !== top) event.preventDefault();
      this.redraw();
    } else if (event.deltaY < 0 && this.element.scrollTop > 0) {
      // At once, before the next line that arrives pulls the view to the end again.
      this.scroll.follow = false;
    }
    if (before !== this.scroll.follow) this.moved();
  }

  private onKey(event: KeyboardEvent): void {
    if (!PAGE_KEYS.has(event.key) || event.altKey || event.target !== this.element) return;
    event.preventDefault();
    const page = Math.max(1, Math.floor(this.element.clientHeight / LINE_HEIGHT) - 1);
    if (event.key === "ArrowUp") this.scroll.move(-1);
    else if (event.key === "ArrowDown") this.scroll.move(1);
    else if (event.key === "PageUp") this.scroll.move(-page);
    else if (event.key === "PageDown") this.scroll.move(page);
    else if (event.key === "Home") this.scroll.move(-this.store.count);
    else this.scroll.follow = true;
    this.redraw();
    this.moved();
  }
}
