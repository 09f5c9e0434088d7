// The bar: one segment for each Erlang load, and the line of numbers below it.

import { isFinal, type Snapshot } from "../types.js";
import { h, setAttribute, setText, show } from "../ui/dom.js";
import * as format from "../ui/format.js";

// More segments than this would each be thinner than the gap between them.
const MOST_SEGMENTS = 60;

/** What a snapshot means for the bar, from 0 to 1; null where nothing is known yet. */
export const shownFraction = (snapshot: Snapshot): number | null => {
  if (snapshot.status === "COMPLETED") return 1;
  return snapshot.progress.fraction;
};

/** How far each segment is filled, from 0 to 1. Loads may run side by side, so each has its own. */
export const segments = (snapshot: Snapshot): number[] => {
  const fraction = shownFraction(snapshot) ?? 0;
  const { points, total_iterations } = snapshot.progress;
  const loads = snapshot.progress.total_erlangs ?? snapshot.erlangs.length;
  if (loads < 2 || loads > MOST_SEGMENTS) return [fraction];
  const iterations = total_iterations ?? snapshot.max_iters;
  if (snapshot.erlangs.length === loads && points.length > 0 && iterations && fraction < 1) {
    const byLoad = new Map(points.map((point) => [point[0], point]));
    return snapshot.erlangs.map((erlang) => {
      const point = byLoad.get(erlang);
      if (!point) return 0;
      return point[4] ? 1 : Math.min(1, point[3] / iterations);
    });
  }
  return Array.from({ length: loads }, (_, index) =>
    Math.min(1, Math.max(0, Number((fraction * loads - index).toFixed(6)))),
  );
};

/** Fraction, load and iteration in words, for those who hear the bar. */
export const spoken = (snapshot: Snapshot): string => {
  const fraction = shownFraction(snapshot);
  const { erlang } = snapshot.progress;
  const done = fraction === null ? "not started" : format.percent(fraction);
  const load = erlang === null || isFinal(snapshot.status) ? "" : `, ${format.load(erlang)} Erlang`;
  return `${done}${load}`;
};

const number = (before: string, after = ""): { element: HTMLElement; value: HTMLElement } => {
  const value = h("b");
  return { element: h("span", { class: "fj-number" }, before, value, after), value };
};

export class ProgressBar {
  readonly element: HTMLElement;
  private readonly bar = h("div", {
    class: "fj-bar",
    role: "progressbar",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  });
  private readonly percent = number("");
  private readonly load = h("span", { class: "fj-number" });
  private readonly iteration = h("span", { class: "fj-number" });
  private readonly blocking = h("span", { class: "fj-number" });
  private readonly rate = h("span", { class: "fj-number" });
  private readonly numbers: HTMLElement;
  private drawn = "";

  constructor() {
    this.numbers = h(
      "div",
      { class: "fj-numbers" },
      this.percent.element,
      this.load,
      this.iteration,
      this.blocking,
      h("span", { class: "fj-space" }),
      this.rate,
    );
    this.element = h("div", { class: "fj-progress" }, this.bar, this.numbers);
  }

  update(snapshot: Snapshot): void {
    const filled = segments(snapshot);
    const fraction = shownFraction(snapshot);
    const running = snapshot.status === "RUNNING";
    const indeterminate = fraction === null && running;
    const key = filled.join();
    if (this.bar.children.length !== filled.length) {
      this.bar.replaceChildren(
        ...filled.map(() => h("div", { class: "fj-segment" }, h("div", { class: "fj-fill" }))),
      );
      this.drawn = "";
    }
    if (key !== this.drawn) {
      filled.forEach((part, index) => {
        const fill = this.bar.children[index]!.firstElementChild as HTMLElement;
        fill.style.transform = `scaleX(${part})`;
      });
      this.drawn = key;
    }
    this.bar.classList.toggle("fj-indeterminate", indeterminate);
    setAttribute(this.bar, "aria-label", `Progress of ${snapshot.name}`);
    // Without a value a progressbar is indeterminate to those who hear it, as it is to the eye.
    const value = fraction === null ? null : String(Math.floor(fraction * 100 + 1e-9));
    setAttribute(this.bar, "aria-valuenow", value);
    setAttribute(this.bar, "aria-valuetext", spoken(snapshot));
    this.updateNumbers(snapshot, fraction);
  }

  private updateNumbers(snapshot: Snapshot, fraction: number | null): void {
    const { progress } = snapshot;
    show(this.percent.element, fraction !== null);
    if (fraction !== null) setText(this.percent.value, format.percent(fraction));

    const loads = progress.total_erlangs ?? snapshot.erlangs.length;
    const hasLoad = progress.erlang !== null;
    show(this.load, hasLoad || snapshot.status === "PENDING" || fraction === null);
    if (hasLoad) {
      const of =
        loads > 1
          ? ["load ", h("b", {}, String(progress.erlang_index ?? 1)), ` of ${loads} · `]
          : [];
      this.put(this.load, ...of, h("b", {}, format.load(progress.erlang!)), " Erlang");
    } else {
      this.put(this.load, waiting(snapshot));
    }

    const iterations = progress.total_iterations ?? snapshot.max_iters;
    show(this.iteration, progress.iteration !== null);
    if (progress.iteration !== null) {
      const of = iterations === null ? "" : ` of ${iterations}`;
      this.put(this.iteration, "iteration ", h("b", {}, String(progress.iteration)), of);
    }

    const point = currentPoint(snapshot);
    show(this.blocking, point !== undefined);
    if (point) {
      const half = point[2] === null ? "" : ` ± ${format.interval(point[2])}`;
      this.put(this.blocking, "blocking ", h("b", {}, format.probability(point[1]!)), half);
    }
    show(this.rate, progress.rate !== null);
    if (progress.rate !== null) this.put(this.rate, `${format.count(progress.rate)} requests/s`);
  }

  private put(element: HTMLElement, ...parts: (Node | string)[]): void {
    const text = parts.map((part) => (typeof part === "string" ? part : part.textContent)).join("");
    if (element.textContent !== text) element.replaceChildren(...parts);
  }
}

const waiting = (snapshot: Snapshot): string => {
  if (snapshot.status === "PENDING") return "waiting for a free place";
  if (snapshot.status === "RUNNING") return "starting";
  return "no progress reported";
};

const currentPoint = (snapshot: Snapshot) => {
  const { points, erlang } = snapshot.progress;
  const known = points.filter((point) => point[1] !== null);
  return known.find((point) => point[0] === erlang) ?? known.at(-1);
};
