// The first rows: the sweep's name, progress and actions.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { AskedButton } from "../ui/asked_button.js";
import { copyAndSay } from "../ui/copy.js";
import { h } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { isGoing, type SweepClient, type SweepPoint } from "./sweep_client.js";
import { isUseless, roughly, totals } from "./wording.js";

export interface SweepActions {
  retry(): void;
  cancel(): void;
}

/** Share of all points that is done, 0 to 1. */
export const shareDone = (points: readonly SweepPoint[]): number =>
  points.length === 0
    ? 0
    : points.reduce((sum, { state }) => sum + (state?.fraction ?? 0), 0) / points.length;

export class SweepHeader {
  readonly element = h("div");
  private readonly cancel: AskedButton;
  private retrying = false;
  private copied = "";

  constructor(
    private readonly client: SweepClient,
    private readonly actions: SweepActions,
  ) {
    this.cancel = new AskedButton({
      label: "Cancel",
      question: "Cancel all runs that have not ended?",
      yes: "Yes, cancel",
      act: actions.cancel,
      changed: () => this.draw(),
      root: () => this.element,
    });
  }

  /** Whether a retry was requested and has not happened yet. */
  setRetrying(retrying: boolean): void {
    this.retrying = retrying;
    this.draw();
  }

  draw(): void {
    render(this.template(), this.element);
  }

  private template(): TemplateResult {
    const { snapshot, points, left, settled } = this.client;
    const { name, engine, id } = snapshot;
    const done = points.filter(({ state }) => state?.status === "COMPLETED").length;
    const rest = totals(points);
    const share = shareDone(points);
    const time =
      left === null || settled
        ? nothing
        : html`<span class="fj-number">about <b>${roughly(left)}</b> left</span>`;
    return html`<div class="fj-head">
        <span class="fj-title"><span class="fj-name">${name}</span></span>
        <span class="fj-facts"><span class="fj-chip" title="Engine">${engine}</span>
          <button type="button" class="fj-id" title="Copy the sweep's id"
            aria-label="Copy the sweep's id ${id}"
            @click=${() => this.copy(id)}>${this.copied || id}</button></span>
        <span class="fj-number fj-totals" role="status"><b>${format.count(done)}</b> of
          ${format.count(points.length)} done${rest ? ` · ${rest}` : ""}</span>
        <span class="fj-space"></span>
        <span class="fj-times">${time}</span>
        <span class="fj-actions">${this.buttons()}</span>
      </div>
      <div class="fj-whole ${done === points.length ? "fj-completed" : ""}" role="progressbar" aria-label="The whole sweep" aria-valuemin="0"
        aria-valuemax="100" aria-valuenow=${Math.floor(share * 100)}
        style="--fj-done: ${share.toFixed(4)}"></div>`;
  }

  private buttons(): TemplateResult {
    const { points, snapshot } = this.client;
    const useless = points.filter(isUseless);
    const onlyCancelled = useless.every(({ state }) => state!.status === "CANCELLED");
    const label = `Retry ${onlyCancelled ? "cancelled" : "failed"} (${useless.length})`;
    const going = points.filter(({ state }) => state !== null && isGoing(state));
    const cancelling = going.length > 0 && going.every(({ state }) => state!.cancelling);
    const code = `fj.sweep_by_id("${snapshot.id}")`;
    const retry = html`<button type="button" class="fj-button fj-retry"
      data-code="${code}.retry_failed()" ?disabled=${this.retrying}
      @click=${() => this.actions.retry()}>${this.retrying ? "Retrying…" : label}</button>`;
    const cancel = this.cancel.template(
      cancelling,
      cancelling ? "Cancelling…" : "Cancel",
      `${code}.cancel()`,
    );
    return html`${useless.length > 0 && !snapshot.gone ? retry : nothing}
      ${going.length > 0 && !snapshot.gone ? cancel : nothing}`;
  }

  private copy(id: string): void {
    copyAndSay(id, (words) => {
      this.copied = words;
      this.draw();
    });
  }
}
