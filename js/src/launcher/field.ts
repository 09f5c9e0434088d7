// One option of the form: its label, its control, what it means, and what is wrong with it.

import { h, setAttribute, setText, show, uniqueId } from "../ui/dom.js";

/** One option as the Python half describes it. */
export interface OptionInfo {
  name: string;
  section: string;
  value: string;
  kind: "integer" | "number" | "flag" | "choice" | "shares" | "text";
  allowed: string;
  description: string;
  main: boolean;
  choices: string[];
}

/** A label for people: erlang_start -> "Erlang start". */
export const labelOf = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export class Field {
  readonly element: HTMLElement;
  readonly control: HTMLInputElement | HTMLSelectElement;
  private readonly error: HTMLElement;
  private readonly hintId: string;

  constructor(
    readonly option: OptionInfo,
    changed: () => void,
  ) {
    const id = uniqueId(option.name);
    this.hintId = `${id}-hint`;
    const { choices } = option;
    if (choices.length > 0) {
      // A value that is not among the choices must stay visible, for the message to make sense.
      const shown = choices.includes(option.value) ? choices : [option.value, ...choices];
      this.control = h(
        "select",
        { id, class: "fj-input" },
        ...shown.map((c) => h("option", { value: c }, c)),
      );
    } else {
      const numeric = option.kind === "integer" || option.kind === "number";
      this.control = h("input", {
        id,
        type: "text",
        class: `fj-input${numeric ? " fj-number-input" : ""}`,
        inputmode: numeric ? "decimal" : null,
        autocomplete: "off",
        spellcheck: "false",
      });
    }
    this.control.value = option.value;
    this.error = h("div", { class: "fj-field-error", id: `${id}-error`, hidden: true });
    const hint = option.description || option.allowed;
    this.element = h(
      "div",
      {
        class: `fj-field${option.kind === "shares" ? " fj-wide" : ""}`,
        title: `${option.section}.${option.name}: ${option.allowed}`,
      },
      h("label", { for: id }, labelOf(option.name)),
      this.control,
      h("div", { class: "fj-hint", id: this.hintId }, hint),
      this.error,
    );
    setAttribute(this.control, "aria-describedby", this.hintId);
    this.control.addEventListener("input", () => {
      this.element.classList.toggle("fj-changed", this.changed);
      changed();
    });
  }

  get value(): string {
    return this.control.value;
  }

  get changed(): boolean {
    return this.control.value !== this.option.value;
  }

  /** Put the value back to what it was. */
  reset(): void {
    this.control.value = this.option.value;
    this.element.classList.remove("fj-changed");
    this.complain("");
  }

  /** Show what is wrong; empty: nothing. */
  complain(message: string): void {
    setText(this.error, message);
    show(this.error, message !== "");
    setAttribute(this.control, "aria-invalid", message ? "true" : null);
    setAttribute(
      this.control,
      "aria-describedby",
      message ? `${this.error.id} ${this.hintId}` : this.hintId,
    );
  }
}
