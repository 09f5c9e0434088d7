// The first row of the table: number of runs, filter, groups.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { h } from "../ui/dom.js";
import type { Grouping } from "./runs_model.js";

export interface HeaderActions {
  filter(text: string): void;
  group(grouping: Grouping): void;
  /** Show or hide the form that starts runs; absent if there is none. */
  launch?(show: boolean): void;
}

export interface Facts {
  /** Number of runs by status. */
  counts: string;
  /** Number of runs that match the filter, if there is one. */
  found: string;
  launching: boolean;
}

const HINT =
  "Words, and status: network: simulator: name: tag: sweep: id: or an option, such as k_paths:5; a minus excludes";

export class RunsHeader {
  readonly element = h("div", { class: "fj-head fj-runs-head" });
  private readonly drawn = { counts: "", found: "", launching: false } as Facts;

  constructor(private readonly actions: HeaderActions) {
    this.draw();
  }

  update(facts: Facts): void {
    Object.assign(this.drawn, facts);
    this.draw();
  }

  private draw(): void {
    const { counts, found } = this.drawn;
    render(
      html`<span class="fj-name">Runs</span><span class="fj-number">${counts}</span>
        <span class="fj-space"></span><span class="fj-number" role="status">${found}</span>
        <input type="search" class="fj-input fj-runs-filter" placeholder="network:NSFNet status:running"
          aria-label="Filter runs" title=${HINT} @input=${this.onFilter} />
        <select class="fj-input" aria-label="Group runs" @change=${this.onGroup}>
          <option value="none">No groups</option>
          <option value="sweep">By sweep</option>
          <option value="tag">By tag</option>
        </select>${this.launchButton()}`,
      this.element,
    );
  }

  private launchButton(): TemplateResult | typeof nothing {
    const { launch } = this.actions;
    const { launching } = this.drawn;
    if (!launch) return nothing;
    return html`<button type="button" class="fj-button" aria-expanded=${String(launching)}
      @click=${() => launch(!launching)}>New run</button>`;
  }

  private readonly onFilter = (event: InputEvent): void =>
    this.actions.filter((event.target as HTMLInputElement).value);

  private readonly onGroup = (event: Event): void =>
    this.actions.group((event.target as HTMLSelectElement).value as Grouping);
}
