// Draw in slices, so that no frame takes long, for any number of views in a page. Shared by all
// widgets of the page, although each has its own module.

const SLICE_MS = 8;
const FRAMES = Symbol.for("fusion_jupyter.frames");

export class Frames {
  private readonly waiting = new Set<() => void>();
  private asked = false;

  /** Do this work in one of the next frames, once, however often it is requested. */
  add(work: () => void): void {
    this.waiting.add(work);
    this.ask();
  }

  /** Cancel this work. */
  delete(work: () => void): void {
    this.waiting.delete(work);
  }

  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.run();
    });
  }

  private run(): void {
    const end = performance.now() + SLICE_MS;
    for (const work of [...this.waiting]) {
      if (!this.waiting.delete(work)) continue;
      try {
        work();
      } catch (error) {
        // An error in one view must not stop the others.
        console.error("fusion_jupyter:", error);
      }
      if (performance.now() >= end) break;
    }
    if (this.waiting.size > 0) this.ask();
  }
}

const shared = globalThis as { [FRAMES]?: Frames };

shared[FRAMES] ??= new Frames();

/** The work of this page. */
export const frames: Frames = shared[FRAMES];

/** Call at most once per frame, however often it is requested. */
export const onFrame =
  (draw: () => void): (() => void) =>
  () =>
    frames.add(draw);
