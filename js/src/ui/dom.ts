// Build elements by hand where a template would cost more than it saves. Text is always inserted as
// text nodes, so nothing that a run writes can become markup.

type Child = Node | string | null | undefined | false;
type Attributes = Record<
  string,
  string | number | boolean | null | undefined | ((event: never) => void)
>;

/** An HTML element; a function among the attributes is a listener for the event of that name. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value as EventListener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children) {
    if (child) element.append(child);
  }
  return element;
};

let last = 0;
/** An id that is unique in the page. */
export const uniqueId = (prefix: string): string => {
  last += 1;
  return `fj-${prefix}-${last}-${Math.random().toString(36).slice(2, 8)}`;
};

/** An error in words. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
