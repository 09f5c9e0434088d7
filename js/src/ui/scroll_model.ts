// Computes which row of a long list is at the top. A browser's element can be only about ten
// million pixels high, so for long lists the scroll bar is scaled, and wheel and keys move by rows.

const TALLEST = 4_000_000;

export interface Sizes {
  /** Number of rows. */
  total: number;
  /** Height of the window in pixels. */
  height: number;
  /** Whether rows may be higher than one line. */
  wrap: boolean;
}

export class ScrollModel {
  /** The row at the top, with a fraction. */
  top = 0;
  /** Stay at the end as the list grows. */
  follow: boolean;
  private sizes: Sizes;

  constructor(
    private readonly rowHeight: number,
    follow = false,
  ) {
    this.follow = follow;
    this.sizes = { total: 0, height: rowHeight, wrap: false };
  }

  /** Height of all rows in pixels of the scroll bar. */
  get space(): number {
    return Math.min(this.sizes.total * this.rowHeight, TALLEST);
  }

  /** Whether a pixel of the scroll bar is not a pixel of the list. */
  get scaled(): boolean {
    return this.sizes.wrap || this.sizes.total * this.rowHeight > TALLEST;
  }

  /** The last row that can be at the top. */
  get last(): number {
    const { total, height, wrap } = this.sizes;
    // With wrapped rows it is unknown how many fit, so each must be able to be at the top.
    return Math.max(0, wrap ? total - 1 : total - height / this.rowHeight);
  }

  resize(sizes: Sizes): void {
    this.sizes = sizes;
    this.top = this.follow ? this.last : Math.min(this.top, this.last);
  }

  /** Where the scroll bar must be for this top. */
  get position(): number {
    const range = this.space - this.sizes.height;
    if (range <= 0) return 0;
    if (!this.scaled) return this.top * this.rowHeight;
    return this.last === 0 ? 0 : (this.top / this.last) * range;
  }

  /** The user has moved the scroll bar; `sticky`: reaching the end starts following it. */
  scrolled(position: number, sticky: boolean): void {
    const range = this.space - this.sizes.height;
    if (this.scaled) this.top = range <= 0 ? 0 : (position / range) * this.last;
    else this.top = position / this.rowHeight;
    this.top = Math.max(0, Math.min(this.last, this.top));
    this.follow = sticky && position >= range - 2;
  }

  /** Move by rows; moving up always stops following, and reaching the end starts it if `sticky`. */
  move(rows: number, sticky: boolean): void {
    this.top = Math.max(0, Math.min(this.last, this.top + rows));
    this.follow = sticky && rows > 0 && this.top >= this.last - 1e-6;
  }

  /** Show a row a third below the top, unless it is well inside. */
  reveal(row: number): void {
    const visible = this.sizes.height / this.rowHeight;
    this.follow = false;
    if (row >= this.top && row <= this.top + visible - 2 && !this.sizes.wrap) return;
    this.top = Math.max(0, Math.min(this.last, row - Math.floor(visible / 3)));
  }

  /** Scroll only as far as necessary to show a row. */
  nudge(row: number): void {
    const visible = this.sizes.height / this.rowHeight;
    this.follow = false;
    if (row < this.top) this.top = row;
    else if (row + 1 > this.top + visible) this.top = Math.min(this.last, row + 1 - visible);
  }
}
