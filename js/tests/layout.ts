// The DOM of the tests has no layout: heights and widths are given here, and frames are waited for.

import { vi } from "vitest";

/** Give all elements this size, but a height that their style says; call the result at the end. */
export const layout = (width: number, height: number): (() => void) => {
  const { prototype } = HTMLElement;
  const before = ["clientWidth", "clientHeight", "offsetHeight"].map(
    (name) => [name, Object.getOwnPropertyDescriptor(prototype, name)] as const,
  );
  const define = (name: string, get: (this: HTMLElement) => number): void => {
    Object.defineProperty(prototype, name, { configurable: true, get });
  };
  define("clientWidth", () => width);
  define("clientHeight", function (this: HTMLElement) {
    const own = Number.parseFloat(this.style.height);
    return Number.isFinite(own) && !this.classList.contains("fj-list-rows") ? own : height;
  });
  define("offsetHeight", () => 18);
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(prototype, name, descriptor);
      else delete (prototype as unknown as Record<string, unknown>)[name];
    }
  };
};

/** Wait until the page has drawn what was asked for. */
export const drawn = async (): Promise<void> => {
  for (let n = 0; n < 3; n += 1) {
    await new Promise((done) => requestAnimationFrame(() => done(null)));
  }
};

/** Wait until a condition holds, under real or fake timers. */
export const until = async (condition: () => boolean): Promise<void> => {
  await vi.waitFor(() => {
    if (!condition()) throw new Error("it did not happen");
  });
};

/** Text of an element as people read it. */
export const words = (element: Element | null): string =>
  (element?.textContent ?? "").replace(/\s+/g, " ").trim();

/** The button with this text or name. */
export const button = (root: Element, name: string): HTMLButtonElement => {
  const found = [...root.querySelectorAll("button")].find(
    (each) => words(each) === name || each.getAttribute("aria-label") === name,
  );
  if (!found) throw new Error(`There is no button ${name}`);
  return found;
};
