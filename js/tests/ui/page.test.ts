// What a view does to the page around it: its keys, its fallback HTML, the clipboard.

import { afterEach, expect, test, vi } from "vitest";
import { copyAndSay, copyText } from "../../src/ui/copy.js";
import { h, messageOf, uniqueId } from "../../src/ui/dom.js";
import { hideFallback } from "../../src/ui/fallback.js";
import { keepKeys } from "../../src/ui/keys.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  document.body.replaceChildren();
  document.head.replaceChildren();
});

test("fallback HTML is hidden as long as any view of its run is there", () => {
  const styles = () => document.head.querySelectorAll("style").length;
  const first = hideFallback("0123456789ab");
  const second = hideFallback("0123456789ab");
  const other = hideFallback("fedcba987654");
  expect(styles()).toBe(2);
  expect(document.head.textContent).toContain(".fj-fallback-0123456789ab");
  first();
  first();
  expect(styles(), "called twice it counts once").toBe(2);
  second();
  other();
  expect(styles()).toBe(0);
});

test("single keys stay in the view, those of JupyterLab's menus reach it", () => {
  const inside = h("button");
  const outside = h("button");
  const root = h("div", {}, inside);
  document.body.append(root, outside);
  const release = keepKeys(root);
  const suppressed = (target: HTMLElement, key: string, ctrlKey = false): boolean => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }));
    return target.hasAttribute("data-lm-suppress-shortcuts");
  };
  expect(suppressed(inside, "d")).toBe(true);
  expect(suppressed(inside, "s", true)).toBe(false);
  expect(suppressed(inside, "c", true)).toBe(true);
  expect(suppressed(outside, "d")).toBe(false);
  inside.removeAttribute("data-lm-suppress-shortcuts");
  release();
  expect(suppressed(inside, "d")).toBe(false);
});

test("text is copied also where the page has no clipboard, and leaves nothing behind", async () => {
  vi.stubGlobal("navigator", {});
  const copied: string[] = [];
  document.execCommand = () => {
    copied.push(document.querySelector("textarea")!.value);
    return true;
  };
  await copyText("a\nb");
  expect([copied, document.querySelector("textarea")]).toEqual([["a\nb"], null]);
  document.execCommand = () => false;
  await expect(copyText("x")).rejects.toThrow("does not allow copying");
});

test("what came of a copy is said for a moment", async () => {
  vi.useFakeTimers();
  const said: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async () => undefined } });
  copyAndSay("x", (words) => said.push(words));
  await vi.advanceTimersByTimeAsync(100);
  expect(said).toEqual(["Copied"]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(said).toEqual(["Copied", ""]);
});

test("elements hold text as text, and what is absent is left out", () => {
  const clicked = vi.fn();
  const element = h(
    "button",
    { title: null, disabled: false, hidden: true, click: clicked },
    "<b>",
    null,
  );
  expect(element.outerHTML).toBe('<button hidden="">&lt;b&gt;</button>');
  element.click();
  expect(clicked).toHaveBeenCalledOnce();
});

test("ids are never the same, and every error has words", () => {
  expect(uniqueId("x")).not.toBe(uniqueId("x"));
  expect([messageOf(new Error("no")), messageOf("text")]).toEqual(["no", "text"]);
});
