// The links, busiest first, and the nodes: the map's values as numbers, and keyboard access to its
// links and nodes.

import { html, nothing, render, type TemplateResult } from "lit-html";
import type { TopologyState } from "../types.js";
import { h } from "../ui/dom.js";
import type { Mark, Marks } from "./marks.js";
import { colour, ranked, valueText } from "./scale.js";
import type { Shown } from "./topology_client.js";
import { kilometres, linkName, linksOf, meanOf } from "./words.js";

const HEADS: Record<string, string> = {
  utilization: "Utilisation",
  usage_count: "Lightpaths",
  throughput: "Traffic",
};

interface Row {
  mark: Mark;
  name: string;
  fact: string;
  value: number | null;
}

export class LinkList {
  readonly element = h("div", { class: "fj-map-list" });
  private kind: Mark["kind"] = "link";
  private shown: Shown | null = null;
  private state: TopologyState | null = null;
  /** Number of the row in the Tab order. */
  private current = 0;

  constructor(private readonly marks: Marks) {
    this.element.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** @param shown the map whose values are listed */
  update(shown: Shown, state: TopologyState): void {
    this.shown = shown;
    this.state = state;
    this.draw();
  }

  /** Redraw, and scroll to what was selected in a map. */
  draw(): void {
    if (!this.shown || !this.state) return;
    const mark = this.marks.now;
    const inside = this.element.contains(document.activeElement);
    const chosen = mark && this.marks.isChosen(mark.kind, mark.map, mark.number);
    if (chosen && !inside && mark.kind !== this.kind) this.kind = mark.kind;
    const rows = this.rows();
    this.current = Math.min(this.current, Math.max(0, rows.length - 1));
    render(html`${this.tabs()}${this.table(rows)}`, this.element);
    if (!inside) this.intoSight();
  }

  private rows(): Row[] {
    const { map, use, panel } = this.shown!;
    if (this.kind === "node") {
      const rows = map.nodes.map(
        ([name], number): Row => ({
          mark: { kind: "node", map: panel.map, number },
          name,
          fact: String(linksOf(map, number).length),
          value: meanOf(this.shown!, number),
        }),
      );
      return rows.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    }
    const values = use?.values ?? map.links.map(() => null);
    const longest = map.links.map(([, , length]) => length);
    return ranked(this.state!.metric ? values : longest).map((number) => ({
      mark: { kind: "link", map: panel.map, number },
      name: linkName(map, number),
      fact: kilometres(map.links[number]![2]),
      value: values[number]!,
    }));
  }

  private tabs(): TemplateResult {
    const { map } = this.shown!;
    const tab = (kind: Mark["kind"], words: string) => html`<button type="button"
      class="fj-button fj-toggle" aria-pressed=${this.kind === kind}
      @click=${() => this.show(kind)}>${words}</button>`;
    return html`<div class="fj-tools fj-map-tabs" role="group" aria-label="List">
      ${tab("link", `${map.links.length} links`)}${tab("node", `${map.nodes.length} nodes`)}</div>`;
  }

  private show(kind: Mark["kind"]): void {
    this.kind = kind;
    this.current = 0;
    this.draw();
  }

  private table(rows: Row[]): TemplateResult {
    const { metric } = this.state!;
    const link = this.kind === "link";
    const first = !link ? "Node" : metric ? "Busiest links" : "Longest links";
    return html`<div class="fj-map-rows"><table>
      <thead><tr><th scope="col">${first}</th>
        <th scope="col" class="fj-right">${link ? "Length" : "Degree"}</th>${
          metric
            ? html`<th scope="col" colspan="2">${link ? "" : "Mean "}${HEADS[metric]}</th>`
            : nothing
        }</tr></thead>
      <tbody>${rows.map((row, index) => this.row(row, index))}</tbody></table></div>`;
  }

  private row({ mark, name, fact, value }: Row, index: number): TemplateResult {
    const { metric, top } = this.state!;
    const { kind, map, number } = mark;
    const marked = this.marks.isMarked(kind, map, number);
    const share = value === null ? 0 : Math.min(1, value / top);
    const bar = html`<td class="fj-map-bar">${
      value === null
        ? nothing
        : html`<div><div style="width:${(100 * share).toFixed(1)}%;background:${colour(share)}"></div></div>`
    }</td><td class="fj-right fj-map-value">${valueText(value, metric)}</td>`;
    return html`<tr class=${marked ? "fj-marked" : ""} data-key="${kind}-${number}"
      @pointerenter=${() => this.marks.point(mark)} @pointerleave=${() => this.marks.point(null)}>
      <td><button type="button" tabindex=${index === this.current ? 0 : -1}
        aria-pressed=${this.marks.isChosen(kind, map, number)}
        @focus=${() => this.onFocus(mark, index)} @blur=${() => this.marks.point(null)}
        @click=${() => this.marks.choose(mark)}>${name}</button></td>
      <td class="fj-right">${fact}</td>${metric ? bar : nothing}</tr>`;
  }

  private onFocus(mark: Mark, index: number): void {
    this.current = index;
    this.marks.point(mark);
  }

  private onKey(event: KeyboardEvent): void {
    const buttons = [...this.element.querySelectorAll<HTMLElement>("tbody button")];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    const wanted = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[
      event.key
    ];
    if (event.key === "Escape") this.marks.choose(null);
    else if (wanted !== undefined) buttons[wanted]?.focus();
    else return;
    event.preventDefault();
  }

  /** Scroll to the marked row, only inside the list: the notebook does not scroll. */
  private intoSight(): void {
    const rows = this.element.querySelector<HTMLElement>(".fj-map-rows");
    const row = rows?.querySelector<HTMLElement>("tr.fj-marked");
    if (!rows || !row) return;
    const head = rows.querySelector("thead")?.clientHeight ?? 0;
    const above = row.offsetTop - head;
    const below = row.offsetTop + row.offsetHeight - rows.clientHeight;
    if (rows.scrollTop > above) rows.scrollTop = above;
    else if (rows.scrollTop < below) rows.scrollTop = below;
  }
}
