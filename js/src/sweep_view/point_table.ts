// The table of points, for more than two parameters, for lists, or by preference.

import { html } from "lit-html";
import type { Point } from "../types.js";
import * as format from "../ui/format.js";
import { RowsModel } from "../ui/rows_model.js";
import { type Column, Table } from "../ui/table.js";
import { isFinal } from "../watch/verdict.js";
import type { PooledPoint } from "./repeats.js";
import { blockingAt, parametersText, wordOf } from "./wording.js";

const ROW_HEIGHT = 26;
const MOST_ROWS = 12;

export interface TableChoices {
  /** Open the run of a point. */
  open(run: string): void;
}

const order = new Intl.Collator("en", { numeric: true });

export class PointTable {
  readonly table: Table<PooledPoint, string>;
  private readonly model: RowsModel<PooledPoint, string>;
  private load: number | null = null;
  private opened: string | null = null;

  constructor(names: readonly string[], choices: TableChoices) {
    const by: Record<string, (a: PooledPoint, b: PooledPoint) => number> = {
      status: (a, b) => order.compare(wordOf(a.state), wordOf(b.state)),
      done: (a, b) => (a.state?.fraction ?? 0) - (b.state?.fraction ?? 0),
      blocking: (a, b) => (this.at(a)?.[1] ?? -1) - (this.at(b)?.[1] ?? -1),
    };
    for (const index of names.keys()) {
      by[`p${index}`] = (a, b) => order.compare(a.values[index]!, b.values[index]!);
    }
    this.model = new RowsModel({ by, text: (point) => point.values.join(" ") }, "p0");
    const parameters = names.map(
      (name, index): Column<PooledPoint, string> => ({
        key: `p${index}`,
        label: name,
        cell: (point) =>
          index > 0
            ? html`<span title=${point.values[index]!}>${point.values[index]}</span>`
            : html`<button type="button" class="fj-open" data-key=${point.run}
                aria-label="Open the run of ${parametersText(names, point.values)}">${point.values[0]}</button>`,
      }),
    );
    this.table = new Table(this.model, {
      label: "Points",
      bodyLabel: "Rows of the points",
      columns: [...parameters, ...this.columns()],
      rowHeight: ROW_HEIGHT,
      mostRows: MOST_ROWS,
      key: (point) => point.run,
      style: (point) => (point.run === this.opened ? "fj-selected" : ""),
      data: ({ run }) => ({ point: run }),
      step: (direction) => this.step(direction),
    });
    this.table.element.style.setProperty(
      "--fj-columns",
      `repeat(${names.length}, minmax(44px, 1fr)) 78px 46px 66px`,
    );
    this.table.list.element.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-point]");
      if (row) choices.open(row.dataset.point!);
    });
  }

  update(points: readonly PooledPoint[], load: number | null, opened: string | null): void {
    this.load = load;
    this.opened = opened;
    this.model.set([...points]);
    this.table.draw();
  }

  private at(point: PooledPoint): Point | null {
    return blockingAt(point.state, this.load);
  }

  private columns(): Column<PooledPoint, string>[] {
    return [
      {
        key: "status",
        label: "Status",
        cell: ({ state }) =>
          html`<span class="fj-word" data-status=${state?.status ?? ""}>${wordOf(state)}</span>`,
      },
      {
        key: "done",
        label: "Done",
        style: "fj-right",
        cell: ({ state }) => {
          if (state === null || state.status === null) return "–";
          const ended = isFinal(state.status);
          if (ended && state.status !== "COMPLETED") return "–";
          return format.percent(ended ? 1 : Math.min(state.fraction, 0.999));
        },
      },
      {
        key: "blocking",
        label: "Blocking",
        style: "fj-right",
        cell: (point) => {
          const at = this.at(point);
          if (!at) return "–";
          const value = at[1] === 0 ? "none" : format.probability(at[1]!);
          // A point that is not done has not come to the load of the others, or not to its end.
          const behind = this.load === null && point.state?.status !== "COMPLETED";
          return behind ? `${value} at ${format.load(at[0])}` : value;
        },
      },
    ];
  }

  private step(direction: 1 | -1): void {
    const focused = document.activeElement as HTMLElement | null;
    const key = focused?.dataset.key;
    const index = this.model.rows.findIndex(({ run }) => run === key);
    const next = this.model.rows[Math.max(0, index + direction)];
    if (next) this.table.focus(next.run);
  }
}
