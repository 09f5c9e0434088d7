// A window on a list of any length: only the rows on the screen exist, and they are reused as the
// list scrolls. The log, the table of files and every other long list use it.

import { h } from "./dom.js";
import { onFrame } from "./frames.js";
import { ScrollModel } from "./scroll_model.js";

const SCROLL_KEYS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);

export interface ListOptions {
  /** Height of a row in pixels. */
  rowHeight: number;
  /** Current number of rows. */
  total(): number;
  /** Draw a row; called at each redraw, so it should do nothing if nothing has changed. */
  fill(row: HTMLElement, index: number): void;
  /** Called with the rows that are on the screen. */
  want?(first: number, last: number): void;
  /** Called when the rows have been drawn. */
  drawn?(): void;
  /** Called when the user has scrolled, or the list starts or stops following its end. */
  moved?(): void;
  /** Whether the list starts at its end and stays there as it grows. */
  follow?: boolean;
  /**
   * The window is as high as its rows, up to this many; without it, its style determines the
   * height.
   */
  mostRows?: number;
  /** Attributes of the window, such as a role and a name. */
  attributes?: Record<string, string>;
  /** Classes of the window, the container of the rows, and each row. */
  styles?: { window?: string; rows?: string; row?: string };
}

export class ListWindow {
  readonly element: HTMLElement;
  readonly rows: HTMLElement;
  readonly scroll: ScrollModel;
  private readonly space = h("div", { class: "fj-list-space", role: "presentation" });
  private readonly observer: ResizeObserver | null;
  private wrap = false;
  private expected = 0;
  readonly redraw = onFrame(() => this.draw());

  constructor(private readonly options: ListOptions) {
    const { attributes = {}, styles = {}, follow = false } = options;
    this.scroll = new ScrollModel(options.rowHeight, follow);
    this.rows = h("div", { class: `fj-list-rows ${styles.rows ?? ""}`, role: "presentation" });
    this.element = h(
      "div",
      { class: `fj-list ${styles.window ?? ""}`, tabindex: 0, ...attributes },
      this.rows,
      this.space,
    );
    this.element.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.element.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(this.redraw);
    this.observer?.observe(this.element);
  }

  /** Let rows be as high as their content (wrapped lines). */
  setWrap(wrap: boolean): void {
    this.wrap = wrap;
    this.element.classList.toggle("fj-wrap", wrap);
    this.redraw();
  }

  /** Show a row a third below the top, unless it is well inside. */
  reveal(row: number): void {
    this.scroll.reveal(row);
    this.changed();
  }

  /** Scroll only as far as necessary to show a row. */
  nudge(row: number): void {
    this.scroll.nudge(row);
    this.redraw();
  }

  /** Go to the end and stay there. */
  toEnd(): void {
    this.scroll.follow = true;
    this.changed();
  }

  /** Move by rows. */
  scrollBy(rows: number): void {
    this.scroll.move(rows, this.sticky);
    this.redraw();
  }

  /** The element of a row, if it is on the screen. */
  rowElement(index: number): HTMLElement | null {
    const first = Number((this.rows.firstElementChild as HTMLElement | null)?.dataset.index ?? -1);
    const element = first < 0 ? undefined : this.rows.children[index - first];
    return (element as HTMLElement | undefined) ?? null;
  }

  dispose(): void {
    this.observer?.disconnect();
  }

  /** Draw now. */
  draw(): void {
    const { rowHeight, mostRows } = this.options;
    const total = this.options.total();
    if (mostRows !== undefined) {
      this.element.style.height = `${Math.min(total, mostRows) * rowHeight}px`;
    }
    const height = this.element.clientHeight;
    if (height === 0 && total > 0) return;
    const { scroll } = this;
    scroll.resize({ total, height, wrap: this.wrap });
    this.space.style.height = `${scroll.space}px`;
    this.space.style.marginTop = `${-height}px`;
    this.rows.style.height = `${height}px`;
    const position = Math.round(scroll.position);
    if (Math.abs(this.element.scrollTop - position) >= 1) this.element.scrollTop = position;
    this.expected = this.element.scrollTop;
    const first = Math.floor(scroll.top);
    this.fill(first, Math.min(total - first, Math.ceil(height / rowHeight) + 1));
    this.arrange(first, height, total);
    this.options.drawn?.();
  }

  private get sticky(): boolean {
    return this.options.follow ?? false;
  }

  private changed(): void {
    this.redraw();
    this.options.moved?.();
  }

  private fill(first: number, count: number): void {
    const { children } = this.rows;
    const style = this.options.styles?.row ?? "";
    while (children.length > count) this.rows.lastElementChild!.remove();
    while (children.length < count) this.rows.append(h("div", { class: style }));
    for (let index = 0; index < count; index += 1) {
      const row = children[index] as HTMLElement;
      row.dataset.index = String(first + index);
      this.options.fill(row, first + index);
    }
    if (count > 0) this.options.want?.(first, first + count - 1);
  }

  // A fraction of a row is scrolled out at the top, or everything is aligned to the last row.
  private arrange(first: number, height: number, total: number): void {
    const { scroll } = this;
    let shift = -(scroll.top - first) * this.options.rowHeight;
    if (this.wrap) {
      const content = this.contentHeight();
      const atEnd = scroll.follow || scroll.top >= scroll.last;
      if (atEnd) {
        // As many above the last one as fit.
        const count = Math.min(total, Math.ceil(height / this.options.rowHeight) + 1);
        this.fill(total - count, count);
        shift = Math.min(0, height - this.contentHeight());
      } else if (content <= height) shift = 0;
    }
    this.rows.style.setProperty("--fj-shift", `${shift.toFixed(2)}px`);
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
    this.scroll.scrolled(position, this.sticky);
    this.changed();
  }

  private onWheel(event: WheelEvent): void {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.deltaY === 0 || sideways) return;
    const before = this.scroll.follow;
    if (this.scroll.scaled) {
      const unit = [1 / this.options.rowHeight, 1, 10][event.deltaMode] ?? 1;
      const { top } = this.scroll;
      this.scroll.move(event.deltaY * unit, this.sticky);
      if (this.scroll.top !== top) event.preventDefault();
      this.redraw();
    } else if (event.deltaY < 0 && this.element.scrollTop > 0) {
      // Immediately, before the next new row scrolls the list to its end again.
      this.scroll.follow = false;
    }
    if (before !== this.scroll.follow) this.options.moved?.();
  }

  private onKey(event: KeyboardEvent): void {
    const { key } = event;
    if (!SCROLL_KEYS.has(key) || event.altKey || event.defaultPrevented) return;
    if (event.target !== this.element) return;
    event.preventDefault();
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.options.rowHeight) - 1);
    const all = this.options.total();
    if (key === "End" && this.sticky) this.scroll.follow = true;
    else {
      const rows = {
        ArrowUp: -1,
        ArrowDown: 1,
        PageUp: -page,
        PageDown: page,
        Home: -all,
        End: all,
      };
      this.scroll.move(rows[key as keyof typeof rows], this.sticky);
    }
    this.changed();
  }
}
