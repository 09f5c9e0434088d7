// The displayed rows of a list: a filter and an order over any items.

export type Comparison<T> = (a: T, b: T) => number;

export interface Order<T, K extends string> {
  /** How items are compared by each key. */
  by: Record<K, Comparison<T>>;
  /** Keys that sort in descending order at first. */
  largestFirst?: readonly K[];
  /** Text of an item for the filter. */
  text(item: T): string;
}

export class RowsModel<T, K extends string, R = T> {
  items: T[] = [];
  rows: R[] = [];
  filter = "";
  descending = false;

  constructor(
    protected readonly order: Order<T, K>,
    public sortKey: K,
  ) {}

  set(items: T[]): void {
    this.items = items;
    this.arrange();
  }

  /** Show only items whose text contains this. */
  setFilter(text: string): void {
    this.filter = text;
    this.arrange();
  }

  /** Order by a key; if it is the current one, reverse the order. */
  sortBy(key: K): void {
    const first = this.order.largestFirst?.includes(key) ?? false;
    this.descending = this.sortKey === key ? !this.descending : first;
    this.sortKey = key;
    this.arrange();
  }

  /** Compute the rows from the items, the filter and the order. */
  arrange(): void {
    const wanted = this.filter.toLowerCase();
    const found = wanted
      ? this.items.filter((item) => this.order.text(item).toLowerCase().includes(wanted))
      : this.items.slice();
    const compare = this.comparison(found.length);
    const sign = this.descending ? -1 : 1;
    found.sort((a, b) => sign * compare(a, b));
    this.rows = this.group(found);
  }

  /** The current comparison, for this many items. */
  protected comparison(_count: number): Comparison<T> {
    return this.order.by[this.sortKey];
  }

  /** The rows for the items, some of which may represent several. */
  protected group(items: T[]): R[] {
    return items as unknown as R[];
  }
}
