// The selected runs: individually, or as ranges.

export class Selection {
  readonly ids = new Set<string>();
  private anchor: string | null = null;

  get size(): number {
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** Select or deselect a run; the next `extend` starts here. */
  toggle(id: string, chosen = !this.ids.has(id)): void {
    if (chosen) this.ids.add(id);
    else this.ids.delete(id);
    this.anchor = id;
  }

  /** Select or deselect all displayed runs from the last touched one to this one. */
  extend(id: string, shown: readonly string[], chosen = true): void {
    const from = this.anchor === null ? -1 : shown.indexOf(this.anchor);
    const to = shown.indexOf(id);
    if (from < 0 || to < 0) {
      this.toggle(id, chosen);
      return;
    }
    for (let n = Math.min(from, to); n <= Math.max(from, to); n += 1) {
      if (chosen) this.ids.add(shown[n]!);
      else this.ids.delete(shown[n]!);
    }
  }

  set(ids: Iterable<string>, chosen: boolean): void {
    for (const id of ids) {
      if (chosen) this.ids.add(id);
      else this.ids.delete(id);
    }
  }

  clear(): void {
    this.ids.clear();
    this.anchor = null;
  }

  /** Drop runs that no longer exist. */
  keep(known: { has(id: string): boolean }): void {
    for (const id of this.ids) if (!known.has(id)) this.ids.delete(id);
  }
}
