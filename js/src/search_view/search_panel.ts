// Puts the parts of the search view together and keeps them up to date.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { SearchSnapshot, TargetState } from "../types.js";
import { AskedButton } from "../ui/asked_button.js";
import { copyAndSay } from "../ui/copy.js";
import { h, messageOf } from "../ui/dom.js";
import { hideFallback } from "../ui/fallback.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";
import { keepKeys } from "../ui/keys.js";
import { axisTemplate, bracketsTemplate, rangeOf, targetText } from "./brackets.js";
import type { SearchClient } from "./search_client.js";

const TICK_MS = 500;

/** A readable number of requests: 1900000 -> "1.9 M requests". */
export const requestsText = (requests: number): string => {
  const millions = requests / 1e6;
  if (millions >= 1) return `${millions.toPrecision(3).replace(/\.?0+$/, "")} M requests`;
  return `${format.count(requests)} requests`;
};

/** Progress of the search, in words. */
export const progressText = ({ probes, expected, requests, settled }: SearchSnapshot): string => {
  const steps = settled
    ? `${probes} probe${probes === 1 ? "" : "s"}`
    : `probe ${probes} of about ${Math.max(probes, expected)}`;
  return `${steps} · ${requestsText(requests)}`;
};

export class SearchPanel {
  readonly element: HTMLElement;
  private readonly card = h("div", { class: "fj-card" });
  private readonly cancel: AskedButton;
  private readonly ends: (() => void)[];
  private readonly redraw = onFrame(() => this.draw());
  private cancelling = false;
  private problem = "";
  private copied = "";
  private disposed = false;

  constructor(private readonly client: SearchClient) {
    this.element = h("div", { class: "fj-root fj-search-view", role: "group" }, this.card);
    this.cancel = new AskedButton({
      label: "Cancel",
      question: "End the search?",
      yes: "Yes, cancel",
      act: () => void this.end(),
      changed: () => this.draw(),
      root: () => this.element,
    });
    const timer = setInterval(this.redraw, TICK_MS);
    this.ends = [
      client.listen(this.redraw),
      hideFallback(client.key),
      keepKeys(this.element),
      () => clearInterval(timer),
    ];
    this.draw();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const end of this.ends) end();
  }

  private draw(): void {
    if (this.disposed) return;
    const { snapshot } = this.client;
    this.element.setAttribute("aria-label", snapshot.name);
    this.element.dataset.settled = String(snapshot.settled);
    render(this.template(snapshot), this.card);
  }

  private template(snapshot: SearchSnapshot): TemplateResult {
    const { name, template, targets, confidence, settled, code } = snapshot;
    const range = rangeOf(targets);
    const away = !settled && this.client.silent;
    const message =
      this.problem ||
      (away
        ? "The kernel is away, and with it the search; this is the last known state. Requesting the search again continues with the existing probes."
        : "");
    return html`<div class="fj-head">
        <span class="fj-title"><span class="fj-name">${name}</span></span>
        <span class="fj-facts"><span class="fj-chip" title="Template">${template}</span></span>
        <span class="fj-number fj-probes" role="status">${progressText(snapshot)}</span>
        <span class="fj-space"></span>
        <span class="fj-actions">${
          settled || away
            ? nothing
            : this.cancel.template(this.cancelling, this.cancelling ? "Cancelling…" : "Cancel")
        }</span>
      </div>
      <div class="fj-message ${this.problem ? "fj-failed" : "fj-plain"}"
        ?hidden=${message === ""}>${message}</div>
      <div class="fj-targets">
        ${targets.map((target) => this.target(target, range))}
        ${range ? axisTemplate(range) : nothing}
        <div class="fj-unit">Offered load in Erlang, ${format.percent(confidence)} confidence</div>
      </div>
      <div class="fj-code"><code>${code}</code><span class="fj-space"></span>
        <button type="button" class="fj-button" aria-label="Copy the code"
          @click=${() => this.copy(code)}>${this.copied || "Copy"}</button></div>`;
  }

  private target(target: TargetState, range: ReturnType<typeof rangeOf>): TemplateResult {
    const { name, reason, failed, probe } = target;
    const words = [name, targetText(target), reason].filter(Boolean).join(": ");
    const below = reason || (probe && `simulating ${probe}`);
    return html`<div class="fj-target" role="group" aria-label=${words}>
      ${name ? html`<div class="fj-target-name">${name}</div>` : nothing}
      <div class="fj-target-plot">
        ${range ? bracketsTemplate(target, range) : html`<div class="fj-first">${targetText(target)}</div>`}
        <div class="fj-reason ${failed ? "fj-problem" : ""}">${below}</div>
      </div></div>`;
  }

  private async end(): Promise<void> {
    this.cancelling = true;
    this.redraw();
    try {
      await this.client.cancel();
    } catch (error) {
      this.problem = `Not cancelled: ${messageOf(error)}`;
      this.cancelling = false;
      this.redraw();
    }
  }

  private copy(code: string): void {
    copyAndSay(code, (words) => {
      this.copied = words;
      this.draw();
    });
  }
}
