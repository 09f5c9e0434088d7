// The fallback HTML beside a live view, for use without a kernel. While the view exists, it would
// only repeat it. See fusion_jupyter/widgets/display.py.

const style = (key: string): HTMLStyleElement => {
  const elementId = `fj-hide-fallback-${key}`;
  const found = document.getElementById(elementId);
  if (found) return found as HTMLStyleElement;
  const made = document.createElement("style");
  made.id = elementId;
  const fallback = `.fj-fallback-${key}`;
  // Including the output's frame, so that no empty line is left; browsers without :has hide only
  // the content.
  made.textContent = `${fallback}{display:none!important}
.jp-OutputArea-child:has(${fallback}){display:none!important}`;
  document.head.append(made);
  return made;
};

/** Hide fallback HTML while its live view exists; call the result when the view is removed. */
export const hideFallback = (key: string): (() => void) => {
  const element = style(key);
  // Views of one run may come from several bundles, so the count is kept in the page.
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
