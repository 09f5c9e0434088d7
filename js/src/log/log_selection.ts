// A selection of log text that is independent of the rows on the screen, so it can span more lines
// than fit there.

import { copyText } from "../ui/copy.js";
import { messageOf } from "../ui/dom.js";
import { textOf } from "./ansi.js";
import { LINE_HEIGHT } from "./log_row.js";
import type { LogStore } from "./log_store.js";

interface Spot {
  line: number;
  character: number;
}

/** Maximum number of lines to copy; for more, use the download. */
export const MOST_COPIED = 100_000;

const before = (a: Spot, b: Spot): boolean =>
  a.line < b.line || (a.line === b.line && a.character < b.character);

export class LogSelection {
  /** Called with a message about what was copied, or why it could not be. */
  report: (message: string) => void = () => undefined;
  private anchor: Spot | null = null;
  private focus: Spot | null = null;
  private dragging = false;
  private timer: ReturnType<typeof setInterval> | null = null;
  private pointer = { x: 0, y: 0 };
  private restoring = false;

  constructor(
    private readonly view: HTMLElement,
    private readonly rows: HTMLElement,
    private readonly store: LogStore,
    private readonly scrollBy: (lines: number) => void,
  ) {
    view.addEventListener("mousedown", this.onDown);
    view.addEventListener("copy", this.onCopy);
    view.addEventListener("keydown", this.onKey);
    document.addEventListener("mousemove", this.onMove);
    document.addEventListener("mouseup", this.onUp);
    document.addEventListener("selectionchange", this.onChange);
  }

  dispose(): void {
    document.removeEventListener("mousemove", this.onMove);
    document.removeEventListener("mouseup", this.onUp);
    document.removeEventListener("selectionchange", this.onChange);
    if (this.timer) clearInterval(this.timer);
  }

  /** First and last selected spot, null if nothing is selected. */
  get range(): [Spot, Spot] | null {
    const { anchor, focus } = this;
    if (!anchor || !focus) return null;
    if (anchor.line === focus.line && anchor.character === focus.character) return null;
    return before(anchor, focus) ? [anchor, focus] : [focus, anchor];
  }

  /** Show the selection on the current rows. */
  restore(): void {
    if (!this.range || !this.anchor || !this.focus) return;
    const anchor = this.resolve(this.anchor);
    const focus = this.resolve(this.focus);
    if (!anchor || !focus) return;
    this.restoring = true;
    document.getSelection()?.setBaseAndExtent(anchor[0], anchor[1], focus[0], focus[1]);
    // The browser reports the change later, but before the next frame.
    requestAnimationFrame(() => (this.restoring = false));
  }

  /** The selected text; parts that are not on the screen are read from the file. */
  async text(): Promise<string> {
    const range = this.range;
    if (!range) return "";
    const [first, last] = range;
    if (last.line - first.line > MOST_COPIED) {
      throw new Error(`More than ${MOST_COPIED.toLocaleString("en-US")} lines: use Download`);
    }
    const lines = (await this.store.lines(first.line, last.line)).map(textOf);
    if (lines.length === 0) return "";
    lines[lines.length - 1] = lines.at(-1)!.slice(0, last.character);
    lines[0] = lines[0]!.slice(first.character);
    return lines.join("\n");
  }

  selectAll(): void {
    this.anchor = { line: 0, character: 0 };
    this.focus = { line: Math.max(0, this.store.count - 1), character: Number.MAX_SAFE_INTEGER };
    this.restore();
  }

  private readonly onDown = (event: MouseEvent): void => {
    if (event.button !== 0) return;
    const spot = this.spotAt(event.clientX, event.clientY);
    if (!spot) return;
    if (event.shiftKey && this.anchor) {
      event.preventDefault();
      this.focus = spot;
      this.restore();
    } else if (event.detail === 1) {
      this.anchor = spot;
      this.focus = spot;
    }
    this.dragging = true;
  };

  private readonly onMove = (event: MouseEvent): void => {
    if (!this.dragging) return;
    this.pointer = { x: event.clientX, y: event.clientY };
    this.drag();
    this.timer ??= setInterval(() => this.drag(), 50);
  };

  // Beyond the edges the log scrolls, faster the farther the pointer is outside.
  private drag(): void {
    const box = this.view.getBoundingClientRect();
    const { x, y } = this.pointer;
    const outside = y < box.top ? y - box.top : y > box.bottom ? y - box.bottom : 0;
    if (outside !== 0)
      this.scrollBy(Math.sign(outside) * Math.ceil(Math.abs(outside) / LINE_HEIGHT));
    const inside = Math.max(box.top + 2, Math.min(box.bottom - 2, y));
    const spot = this.spotAt(x, inside);
    if (spot) this.focus = spot;
    if (outside !== 0) this.restore();
  }

  private readonly onUp = (): void => {
    this.dragging = false;
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    // A double click selects a word without a drag: use the browser's selection.
    const selection = document.getSelection();
    if (
      !this.range &&
      selection &&
      !selection.isCollapsed &&
      this.rows.contains(selection.anchorNode)
    ) {
      this.anchor = this.spotOf(selection.anchorNode, selection.anchorOffset);
      this.focus = this.spotOf(selection.focusNode, selection.focusOffset);
    }
  };

  private readonly onChange = (): void => {
    if (this.restoring || this.dragging) return;
    const selection = document.getSelection();
    if (!selection || !this.rows.contains(selection.anchorNode)) {
      this.anchor = this.focus = null;
    }
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === "a" && event.target === this.view) {
      event.preventDefault();
      this.selectAll();
    }
  };

  private readonly onCopy = (event: ClipboardEvent): void => {
    const range = this.range;
    if (!range) return;
    event.preventDefault();
    this.text()
      .then(async (text) => {
        await copyText(text);
        const lines = range[1].line - range[0].line + 1;
        this.report(lines > 1 ? `${lines.toLocaleString("en-US")} lines copied` : "Copied");
      })
      .catch((error: unknown) => this.report(messageOf(error)));
  };

  private spotAt(x: number, y: number): Spot | null {
    const page = document as Document & {
      caretPositionFromPoint?(x: number, y: number): { offsetNode: Node; offset: number } | null;
    };
    const position = page.caretPositionFromPoint?.(x, y);
    if (position) return this.spotOf(position.offsetNode, position.offset);
    const range = document.caretRangeFromPoint?.(x, y);
    return range ? this.spotOf(range.startContainer, range.startOffset) : null;
  }

  private spotOf(node: Node | null, offset: number): Spot | null {
    if (!node || !this.rows.contains(node)) return null;
    const element = node instanceof Element ? node : node.parentElement;
    const row = element?.closest<HTMLElement>(".fj-row");
    if (!row) return null;
    const range = document.createRange();
    range.setStart(row, 0);
    range.setEnd(node, offset);
    return { line: Number(row.dataset.line) - 1, character: range.toString().length };
  }

  /** The node and offset of a spot, or of the nearest row to it. */
  private resolve(spot: Spot): [Node, number] | null {
    const first = this.rows.firstElementChild as HTMLElement | null;
    const last = this.rows.lastElementChild as HTMLElement | null;
    if (!first || !last) return null;
    if (spot.line < Number(first.dataset.line) - 1) return [first, 0];
    const row = this.rows.children[spot.line - Number(first.dataset.line) + 1];
    if (!row) return [last, last.childNodes.length];
    let rest = spot.character;
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const { length } = node as Text;
      if (rest <= length) return [node, rest];
      rest -= length;
    }
    return [row, row.childNodes.length];
  }
}
