// Which line is at the top. A browser's element can be only some ten million pixels high, so for
// long logs the scroll bar stands for the whole, and wheel and keys move by lines.

export const LINE_HEIGHT = 18;
const TALLEST = 4_000_000;

export interface Sizes {
  /** Number of lines. */
  total: number;
  /** Height of the view in pixels. */
  height: number;
  wrap: boolean;
}

export class ScrollModel {
  /** The line at the top, with a fraction. */
  top = 0;
  follow = true;
  private sizes: Sizes = { total: 0, height: LINE_HEIGHT, wrap: false };

  /** Height of all the lines as the scroll bar sees them. */
  get space(): number {
    return Math.min(this.sizes.total * LINE_HEIGHT, TALLEST);
  }

  /** True where a pixel of the scroll bar is not a pixel of the log. */
  get scaled(): boolean {
    return this.sizes.wrap || this.sizes.total * LINE_HEIGHT > TALLEST;
  }

  /** The last line that can be at the top. */
  get last(): number {
    const { total, height, wrap } = this.sizes;
    // With wrapped lines nobody knows how many fit, so that each must be able to be at the top.
    return Math.max(0, wrap ? total - 1 : total - height / LINE_HEIGHT);
  }

  resize(sizes: Sizes): void {
    this.sizes = sizes;
    this.top = this.follow ? this.last : Math.min(this.top, this.last);
  }

  /** Where the scroll bar must be for this top. */
  get position(): number {
    const range = this.space - this.sizes.height;
    if (range <= 0) return 0;
    return this.scaled
      ? this.last === 0
        ? 0
        : (this.top / this.last) * range
      : this.top * LINE_HEIGHT;
  }

  /** The user has moved the scroll bar. */
  scrolled(position: number): void {
    const range = this.space - this.sizes.height;
    this.top = this.scaled
      ? range <= 0
        ? 0
        : (position / range) * this.last
      : position / LINE_HEIGHT;
    this.top = Math.max(0, Math.min(this.last, this.top));
    this.follow = position >= range - 2;
  }

  /** Move by lines; up always ends following, and reaching the end begins it. */
  move(lines: number): void {
    this.top = Math.max(0, Math.min(this.last, this.top + lines));
    this.follow = lines > 0 && this.top >= this.last - 1e-6;
  }

  /** Show a line a third below the top. */
  reveal(line: number): void {
    const visible = this.sizes.height / LINE_HEIGHT;
    this.follow = false;
    if (line >= this.top && line <= this.top + visible - 2 && !this.sizes.wrap) return;
    this.top = Math.max(0, Math.min(this.last, line - Math.floor(visible / 3)));
  }
}
