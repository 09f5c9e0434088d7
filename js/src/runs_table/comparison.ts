// Runs side by side: their curves in one chart, and the statement of `fj.compare`.

import { html, render, type TemplateResult } from "lit-html";
import { BlockingChart, captionOf } from "../charts/blocking_chart.js";
import { confidence } from "../progress/half_width.js";
import type { RunsComparison } from "../types.js";
import { h } from "../ui/dom.js";

/** A simulator whose confidence is that of all curves; empty if they differ. */
const commonOf = (curves: RunsComparison["curves"]): string => {
  const kinds = new Set(curves.map(({ simulator }) => confidence(simulator)));
  return kinds.size === 1 ? curves[0]!.simulator : "";
};

/** A part of the text: the numbers in columns, or sentences, which are broken where they end. */
const block = (text: string, index: number): TemplateResult =>
  index === 1
    ? html`<pre class="fj-comparison-table" tabindex="0" aria-label="Numbers by load">${text}</pre>`
    : html`<div class="fj-comparison-text">${text}</div>`;

export class ComparisonPane {
  readonly element = h("div", { class: "fj-comparison", hidden: true, role: "region" });
  private chart: BlockingChart | null = null;
  private readonly words = h("div", { class: "fj-comparison-words" });

  constructor() {
    this.element.setAttribute("aria-label", "Comparison");
    this.element.append(this.words);
  }

  show({ curves, text, target }: RunsComparison): void {
    this.element.hidden = false;
    const series = curves.map(({ name, points }, index) => ({
      points,
      label: name,
      style: `fj-curve fj-curve-${index}`,
    }));
    render(
      html`<div class="fj-comparison-head"><b>Comparison</b><span class="fj-space"></span>
          <button type="button" class="fj-button" @click=${() => this.close()}>Close</button></div>
        <ul class="fj-legend">${series.map(
          ({ label, style }) =>
            html`<li><span class="fj-swatch ${style}" aria-hidden="true"></span>${label}</li>`,
        )}</ul>
        ${text.split("\n\n").map(block)}`,
      this.words,
    );
    this.chart?.element.remove();
    this.chart?.dispose();
    this.chart = new BlockingChart(captionOf(commonOf(curves)));
    this.words.before(this.chart.element);
    this.chart.update(series, [], false, target);
  }

  close(): void {
    this.element.hidden = true;
  }

  dispose(): void {
    this.chart?.dispose();
  }
}
