// A button that opens a menu of actions, for what is not needed every day.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { h } from "./dom.js";

export interface MenuItem {
  label: string;
  /** What it does loses something. */
  danger?: boolean;
  act(): void;
}

const GAP = 4;

export class Menu {
  readonly element = h("span", { class: "fj-menu" });
  private items: readonly MenuItem[] = [];
  private open = false;

  /** @param label what the button is called for those who hear it */
  constructor(private readonly label: string) {
    this.draw();
  }

  /** What the menu has from now on; without anything there is no button. */
  update(items: readonly MenuItem[]): void {
    this.items = items;
    this.draw();
  }

  /** Give the button the focus. */
  focus(): void {
    this.button?.focus();
  }

  private get button(): HTMLElement | null {
    return this.element.querySelector("[aria-haspopup]");
  }

  private get list(): HTMLElement | null {
    return this.element.querySelector("[role=menu]");
  }

  private draw(): void {
    const { items, label, open } = this;
    // In the browser's top layer, so that no frame cuts it off and a click elsewhere closes it.
    const content = html`<button type="button" class="fj-button fj-more-button" aria-haspopup="menu"
        aria-expanded=${String(open)} aria-label=${label} title=${label}
        @click=${this.show}>⋯</button>
      <div class="fj-menu-list" role="menu" popover="auto" aria-label=${label}
        @keydown=${this.onKey} @toggle=${this.onToggle}>${items.map((each) => this.item(each))}</div>`;
    render(items.length ? content : nothing, this.element);
  }

  private item({ label, danger, act }: MenuItem): TemplateResult {
    const chosen = (): void => {
      this.close();
      act();
    };
    return html`<button type="button" role="menuitem" tabindex="-1"
      class="fj-menu-item${danger ? " fj-danger" : ""}" @click=${chosen}>${label}</button>`;
  }

  private readonly show = (): void => {
    const { button, list } = this;
    if (!button || !list) return;
    list.showPopover?.();
    const { right, bottom, top } = button.getBoundingClientRect();
    const below = bottom + GAP + list.offsetHeight <= window.innerHeight;
    list.style.left = `${Math.max(GAP, right - list.offsetWidth)}px`;
    list.style.top = `${below ? bottom + GAP : top - GAP - list.offsetHeight}px`;
    list.querySelector("button")?.focus();
  };

  private close(): void {
    this.list?.hidePopover?.();
    this.focus();
  }

  private readonly onToggle = (event: Event): void => {
    this.open = (event as ToggleEvent).newState === "open";
    this.draw();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const buttons = [...(this.list?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (next === undefined) return;
    else buttons.at(next % buttons.length)?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
}
