// Separates the view's keys from JupyterLab's: single keys such as "d d", which deletes the cell in
// the notebook, must not reach JupyterLab from here; those of its menus must.

const ATTRIBUTE = "data-lm-suppress-shortcuts";
// Select all and copy: the log has its own handlers.
const OWN_WITH_CONTROL = new Set(["a", "c"]);

/** Keep this element's keys from JupyterLab; call the result when it is removed. */
export const keepKeys = (root: HTMLElement): (() => void) => {
  // JupyterLab handles a key in the capture phase, and checks the focused element first: so that
  // element itself must be marked beforehand.
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
