// Building elements. Text always goes in as text nodes: nothing a run writes can become markup.

type Child = Node | string | null | undefined | false;
type Attributes = Record<
  string,
  string | number | boolean | null | undefined | ((e: never) => void)
>;

const SVG = "http://www.w3.org/2000/svg";

const fill = (element: Element, attributes: Attributes, children: Child[]): void => {
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
};

/** An HTML element; a function among the attributes is a listener for the event of that name. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
};

/** An SVG element. */
export const svg = <K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] => {
  const element = document.createElementNS(SVG, tag);
  fill(element, attributes, children);
  return element;
};

/** Set an element's text where it differs, so that an unchanged view costs no layout. */
export const setText = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text;
};

/** Set or remove an attribute where it differs. */
export const setAttribute = (element: Element, name: string, value: string | null): void => {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
};

export const show = (element: HTMLElement, visible: boolean): void => {
  if (element.hidden === visible) element.hidden = !visible;
};

let last = 0;
/** An id that no other element of the page has. */
export const uniqueId = (prefix: string): string =>
  `fj-${prefix}-${(last += 1)}-${Math.random().toString(36).slice(2, 8)}`;

/** Copy text, also where the page is not a secure context. */
export const copyText = async (text: string): Promise<void> => {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch {
      // Not allowed here: use the old way.
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

/** A button that says for a moment what it has done. */
export const copyButton = (label: string, text: () => string, attributes: Attributes = {}) => {
  const button = h("button", { type: "button", class: "fj-button", ...attributes }, label);
  button.addEventListener("click", () => {
    copyText(text()).then(
      () => setText(button, "Copied"),
      () => setText(button, "Not allowed"),
    );
    setTimeout(() => setText(button, label), 1500);
  });
  return button;
};
