// Which keys are the view's and which are JupyterLab's: single keys such as "d d", which deletes
// the cell in the notebook, must not reach it from here; those of its menus must.

const ATTRIBUTE = "data-lm-suppress-shortcuts";
// Select all and copy: the log has its own.
const OWN_WITH_CONTROL = new Set(["a", "c"]);

/** Keep this element's keys to itself; call the result at its end. */
export const keepKeys = (root: HTMLElement): (() => void) => {
  // JupyterLab looks at a key on its way down to the focused element, and asks that element first:
  // so the mark must be there before, and on that element itself.
  const mark = (event: KeyboardEvent): void => {
    const { target } = event;
    if (!(target instanceof Element) || !root.contains(target)) return;
    const control = event.ctrlKey || event.metaKey;
    const own = !control || OWN_WITH_CONTROL.has(event.key.toLowerCase());
    if (own) target.setAttribute(ATTRIBUTE, "true");
    else target.removeAttribute(ATTRIBUTE);
  };
  window.addEventListener("keydown", mark, true);
  return () => window.removeEventListener("keydown", mark, true);
};
