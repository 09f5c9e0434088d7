// The fallback HTML that stands beside a live view for the time when there is no kernel any more.
// While the view lives, it would only say the same again. See fusion_jupyter/widgets/display.py.

const style = (key: string): HTMLStyleElement => {
  const elementId = `fj-hide-fallback-${key}`;
  const found = document.getElementById(elementId);
  if (found) return found as HTMLStyleElement;
  const made = document.createElement("style");
  made.id = elementId;
  const fallback = `.fj-fallback-${key}`;
  // With the output's frame, so that no empty line is left; browsers without :has hide the rest.
  made.textContent = `${fallback}{display:none!important}
.jp-OutputArea-child:has(${fallback}){display:none!important}`;
  document.head.append(made);
  return made;
};

/** Hide fallback HTML for as long as its live view is there; call the result at its end. */
export const hideFallback = (key: string): (() => void) => {
  const element = style(key);
  // Views of one run may come from several bundles: the count stands in the page.
  const count = (by: number): number => {
    const next = Number(element.dataset.views ?? 0) + by;
    element.dataset.views = String(next);
    return next;
  };
  count(1);
  let done = false;
  return () => {
    if (done) return;
    done = true;
    if (count(-1) <= 0) element.remove();
  };
};
