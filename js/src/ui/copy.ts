// Copying text, also if the page is not a secure context.

import { h } from "./dom.js";

export const copyText = async (text: string): Promise<void> => {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch {
      // Not allowed here: use the legacy method.
    }
  }
  const area = h("textarea", { class: "fj-offscreen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("The browser does not allow copying here");
};

const SAID_MS = 1500;

/** Copy, and report the result for a moment; `say` receives an empty text afterwards. */
export const copyAndSay = (text: string, say: (words: string) => void): void => {
  copyText(text).then(
    () => say("Copied"),
    () => say("Not allowed"),
  );
  setTimeout(() => say(""), SAID_MS);
};
