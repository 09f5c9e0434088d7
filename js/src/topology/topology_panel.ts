// The whole view: title, choice of the load, one or several maps, the list beside them, a
// description of the marked item, and the equivalent line of Python.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { copyAndSay } from "../ui/copy.js";
import { h } from "../ui/dom.js";
import { hideFallback } from "../ui/fallback.js";
import * as format from "../ui/format.js";
import { keepKeys } from "../ui/keys.js";
import { LinkList } from "./link_list.js";
import { MapView, type Shared } from "./map_view.js";
import { Marks } from "./marks.js";
import { colour, valueText } from "./scale.js";
import type { Shown, TopologyClient } from "./topology_client.js";
import { WHOLE } from "./viewport.js";
import { described, facts, titleOf } from "./words.js";

/** With more loads than this, they are chosen from a list. */
const MOST_BUTTONS = 8;
const STEPS = 20;
const FACTOR = 1.4;
const HINT = "Point at a link or a node. Ctrl and the wheel zoom, dragging moves the map.";

export class TopologyPanel {
  readonly element = h("div", { class: "fj-root fj-topology" });
  private readonly marks = new Marks(() => this.drawMarks());
  private readonly list = new LinkList(this.marks);
  private readonly shared: Shared = { view: WHOLE, redraw: () => this.drawMaps() };
  private views: MapView[] = [];
  /** Index of the map whose links are listed. */
  private listed = 0;
  private copied = "";
  private readonly ends: (() => void)[];

  constructor(private readonly client: TopologyClient) {
    this.ends = [
      keepKeys(this.element),
      hideFallback(client.key),
      client.listen(() => this.draw()),
    ];
    this.draw();
  }

  dispose(): void {
    for (const end of this.ends) end();
    for (const view of this.views) view.dispose();
  }

  private draw(): void {
    const { shown } = this.client;
    while (this.views.length > shown.length) this.views.pop()!.dispose();
    while (this.views.length < shown.length) this.views.push(new MapView(this.marks, this.shared));
    this.listed = Math.min(this.listed, shown.length - 1);
    render(this.template(shown), this.element);
    const { state } = this.client;
    for (const [index, each] of shown.entries()) this.views[index]!.update(each, state);
    this.list.update(shown[this.listed]!, state);
  }

  private drawMaps(): void {
    for (const view of this.views) view.draw();
  }

  private drawMarks(): void {
    this.drawMaps();
    this.list.draw();
    render(this.template(this.client.shown), this.element);
  }

  private template(shown: Shown[]): TemplateResult {
    const { state, code } = this.client;
    const mark = this.marks.now;
    const several = shown.length > 1;
    return html`<section class="fj-card" aria-label="Topology">
      <div class="fj-map-head">${this.title(shown)}<span class="fj-space"></span>${this.loads()}</div>
      <div class="fj-map-body${several ? " fj-several" : ""}">
        <div class="fj-map-side"><div class="fj-maps">${shown.map((each, index) => this.figure(each, index, several))}</div>
          <div class="fj-map-foot">${this.legend(shown)}<span class="fj-space"></span>${this.zoom()}</div></div>
        ${this.list.element}
      </div>
      <div class="fj-map-said">${mark ? described(mark, shown, state) : HINT}</div>
      ${state.note ? html`<div class="fj-map-said">${state.note}.</div>` : nothing}
      <div class="fj-code"><code>${code}</code><span class="fj-space"></span><button type="button" class="fj-button"
        @click=${this.copy}>${this.copied || "Copy"}</button></div></section>`;
  }

  private title(shown: Shown[]): TemplateResult {
    const { panels, maps } = this.client.state;
    const { panel, map } = shown[0]!;
    const one = panels.length === 1;
    const names = maps.map(({ name }) => name).join(", ");
    const computed = maps.some((each) => each.computed);
    return html`<b class="fj-map-title">${names}</b>
      ${one && panel.run ? html`<span class="fj-chip">${panel.name}</span><span class="fj-chip">${panel.run}</span>` : nothing}
      ${one || maps.length === 1 ? html`<span class="fj-number">${facts(map)}</span>` : nothing}
      ${computed ? html`<span class="fj-number" title="Nothing is known of where the nodes are">positions computed from lengths</span>` : nothing}`;
  }

  private loads(): TemplateResult | typeof nothing {
    const { loads, each_load: each } = this.client.state;
    if (each || loads.length === 0) return nothing;
    const { erlang } = this.client;
    const known = new Set(this.client.known);
    const words = (load: number): string =>
      `${format.load(load)}${known.has(load) ? "" : " (no results)"}`;
    const choice =
      loads.length > MOST_BUTTONS
        ? html`<select class="fj-input" aria-label="Load in Erlang" @change=${this.onSelect}>${loads.map(
            (load) =>
              html`<option value=${load} .selected=${load === erlang}>${words(load)}</option>`,
          )}</select>`
        : loads.map(
            (load) => html`<button type="button" class="fj-button fj-toggle"
              aria-pressed=${load === erlang} ?disabled=${!known.has(load)}
              title=${known.has(load) ? nothing : "No results yet"}
              @click=${() => this.client.choose(load)}>${format.load(load)}</button>`,
          );
    return html`<span class="fj-map-loads" role="group" aria-label="Load in Erlang">
      <span class="fj-number">load in Erlang</span>${choice}</span>`;
  }

  private figure(shown: Shown, index: number, several: boolean): TemplateResult {
    const { element } = this.views[index]!;
    const { panel, use } = shown;
    const { metric } = this.client.state;
    const title = titleOf(shown, this.client.state);
    const missing = metric && !use ? (panel.ended ? "No results" : "No results yet") : "";
    return html`<figure class="fj-map-figure">${
      several
        ? html`<figcaption><button type="button" class="fj-button fj-toggle"
            aria-pressed=${index === this.listed} title="List its links"
            @click=${() => this.choose(index)}>${title || panel.title}</button></figcaption>`
        : nothing
    }${missing ? html`<div class="fj-map-missing">${missing}</div>` : nothing}${element}</figure>`;
  }

  private choose(index: number): void {
    this.listed = index;
    this.draw();
  }

  private legend(shown: Shown[]): TemplateResult | typeof nothing {
    const { metric, top, words } = this.client.state;
    if (!metric) return nothing;
    const unknown = shown.some(({ use }) => !use || use.values.includes(null));
    const steps = Array.from({ length: STEPS }, (_, step) => (step + 0.5) / STEPS);
    const middle = valueText(top / 2, metric);
    return html`<span class="fj-map-legend" role="img"
      aria-label="Colours from ${valueText(0, metric)} to ${valueText(top, metric)} ${words}">
      <span>${valueText(0, metric)}</span>
      <span class="fj-map-steps" title=${middle}>${steps.map(
        (share) => html`<i style="background:${colour(share)}"></i>`,
      )}</span><span>${valueText(top, metric)} ${words}</span>${
        unknown ? html`<span class="fj-map-dashes"></span><span>unknown</span>` : nothing
      }</span>`;
  }

  private zoom(): TemplateResult {
    const button = (label: string, sign: string, act: () => void) => html`<button type="button"
      class="fj-button fj-toggle" aria-label=${label} title=${label} @click=${act}>${sign}</button>`;
    return html`<span class="fj-map-zoom" role="group" aria-label="Zoom">
      ${button("Zoom in", "+", () => this.views[0]!.zoom(FACTOR))}
      ${button("Zoom out", "−", () => this.views[0]!.zoom(1 / FACTOR))}
      ${button("Show all", "All", () => this.views[0]!.all())}</span>`;
  }

  private readonly onSelect = (event: Event): void => {
    this.client.choose(Number((event.target as HTMLSelectElement).value));
  };

  private readonly copy = (): void => {
    copyAndSay(this.client.code, (words) => {
      this.copied = words;
      render(this.template(this.client.shown), this.element);
    });
  };
}
