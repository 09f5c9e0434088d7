// Highlight one point wherever it is shown: its cell, its row, its curve. Every element of a point
// has its run's id as data-point.

export class Highlight {
  /** Id of the run; null: nothing is highlighted. */
  run: string | null = null;

  /** @param marked called after the elements have been marked */
  constructor(
    private readonly root: HTMLElement,
    private readonly marked: () => void,
  ) {
    const of = ({ target }: Event): string | null =>
      (target as Element).closest<HTMLElement>("[data-point]")?.dataset.point || null;
    root.addEventListener("pointerover", (event) => this.set(of(event)));
    root.addEventListener("pointerleave", () => this.set(null));
    root.addEventListener("focusin", (event) => this.set(of(event)));
    root.addEventListener("focusout", () => this.set(null));
  }

  /** Mark redrawn elements. */
  mark(): void {
    for (const element of this.root.querySelectorAll<HTMLElement | SVGElement>("[data-point]")) {
      element.toggleAttribute("data-lit", element.dataset.point === this.run);
    }
    this.root.toggleAttribute("data-any-lit", this.run !== null);
    this.marked();
  }

  private set(run: string | null): void {
    if (run === this.run) return;
    this.run = run;
    this.mark();
  }
}
