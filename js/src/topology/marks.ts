// The hovered and the selected link or node, shared by the maps and the list.

/** A link or a node of a map, by number. */
export interface Mark {
  kind: "link" | "node";
  /** Which of the maps. */
  map: number;
  number: number;
}

const same = (a: Mark | null, b: Mark | null): boolean =>
  a?.kind === b?.kind && a?.map === b?.map && a?.number === b?.number;

export class Marks {
  private pointed: Mark | null = null;
  private chosen: Mark | null = null;

  constructor(private readonly changed: () => void) {}

  /** The marked item: the hovered one, else the selected one. */
  get now(): Mark | null {
    return this.pointed ?? this.chosen;
  }

  isMarked(kind: Mark["kind"], map: number, number: number): boolean {
    return same(this.now, { kind, map, number });
  }

  isChosen(kind: Mark["kind"], map: number, number: number): boolean {
    return same(this.chosen, { kind, map, number });
  }

  /** Hover or focus an item; null: none. */
  point(mark: Mark | null): void {
    if (same(mark, this.pointed)) return;
    this.pointed = mark;
    this.changed();
  }

  /** Select an item, or deselect it if it is selected. */
  choose(mark: Mark | null): void {
    this.chosen = same(mark, this.chosen) ? null : mark;
    this.changed();
  }

  clear(): void {
    this.pointed = null;
    this.chosen = null;
    this.changed();
  }
}
