// The columns of the table: the content of their cells, and their widths.

import { html, type TemplateResult } from "lit-html";
import { confidence } from "../progress/half_width.js";
import * as format from "../ui/format.js";
import { type Cell, type Column, partsOf } from "../ui/table.js";
import { statusWord } from "../watch/situation.js";
import {
  countsOf,
  isActive,
  leftOf,
  optionOf,
  optionText,
  positionText,
  type RunRow,
  tookOf,
} from "./run_row.js";
import { type GroupItem, type Item, isGroup, OPTION } from "./runs_model.js";

/** Context of the cells. */
export interface Context {
  readonly now: number;
  readonly opened: string;
  /** Names of the options with a column. */
  readonly options: readonly string[];
  /** Whether some displayed run has tags. */
  readonly tagged: boolean;
  /** Whether some displayed run is executing. */
  readonly left: boolean;
  /** The shown runs are of several simulators. */
  readonly mixed: boolean;
  /** Names of the sweeps by id. */
  readonly sweeps: Readonly<Record<string, string>>;
  /** Width of the table in pixels; 0 if unknown. */
  readonly room: number;
  position(run: RunRow): number | undefined;
  /** Number of known queue positions. */
  readonly told: number;
  chosen(id: string): boolean;
  choose(item: Item, event: MouseEvent): void;
  allChosen: boolean;
  chooseAll(chosen: boolean): void;
  open(run: RunRow): void;
  toggle(group: GroupItem): void;
}

interface Wide extends Column<Item, string> {
  width: string;
  least: number;
}

export interface Columns {
  list: readonly Column<Item, string>[];
  /** For CSS: the widths of all columns, and their minimum. */
  widths: string;
  least: number;
  /** Width of the columns into which an error reaches. */
  errorRoom: number;
}

/** What is omitted if the columns do not fit beside each other, in this order. */
const DISPENSABLE = [`${OPTION}template`, `${OPTION}engine`, "took", "left"];
const RIGHT = "fj-right";
const GAP = 8;
const PADDING = 28;

export const columnsOf = (context: Context): Columns => {
  const { now } = context;
  const text = (cell: (run: RunRow) => Cell) => (item: Item) =>
    isGroup(item) ? "" : cell(item.run);
  const list: Wide[] = [
    {
      key: "chosen",
      label: "Chosen",
      width: "16px",
      least: 16,
      head: () => headBox(context),
      cell: (item) => box(item, context),
    },
    {
      key: "status",
      label: "Status",
      width: "88px",
      least: 88,
      cell: (item) => (isGroup(item) ? group(item, context) : status(item.run)),
    },
    {
      key: "name",
      label: "Name",
      width: "minmax(96px, 2fr)",
      least: 96,
      cell: (item) => (isGroup(item) ? "" : name(item.key, item.run, context)),
    },
    {
      key: "network",
      label: "Network",
      width: "minmax(64px, 1fr)",
      least: 64,
      cell: text((run) => titled(run.network ?? "–")),
    },
    ...context.options.map((option): Wide => {
      const least = leastFor(option);
      return {
        key: OPTION + option,
        label: option,
        width: `minmax(${least}px, 0.8fr)`,
        least,
        style: RIGHT,
        cell: text((run) => optionCell(run, option)),
      };
    }),
    {
      key: "loads",
      label: "Erlang",
      width: "62px",
      least: 62,
      style: RIGHT,
      cell: text(loads),
    },
    {
      key: "progress",
      label: "Progress",
      width: "minmax(98px, 1.4fr)",
      least: 98,
      style: "fj-progress",
      cell: text((run) => progress(run, context)),
    },
    {
      key: "left",
      label: "Left",
      width: "42px",
      least: 42,
      style: RIGHT,
      cell: text((run) =>
        isErrorWide(run)
          ? ""
          : seconds(leftOf(run, now), (left) => format.duration(Math.ceil(left))),
      ),
    },
    {
      key: "blocking",
      label: "Blocking",
      width: "112px",
      least: 112,
      style: RIGHT,
      cell: text(blocking),
    },
    {
      key: "started",
      label: "Started",
      width: "64px",
      least: 64,
      style: RIGHT,
      cell: text((run) => started(run)),
    },
    {
      key: "took",
      label: "Took",
      width: "50px",
      least: 50,
      style: RIGHT,
      cell: text((run) => seconds(tookOf(run, now), isActive(run) ? format.duration : format.took)),
    },
  ];
  let shown = list.filter(({ key }) => context.left || key !== "left");
  if (context.tagged) {
    shown.push({
      key: "tags",
      label: "Tags",
      width: "minmax(60px, 1fr)",
      least: 60,
      cell: text((run) => titled(run.tags.join(", "))),
    });
  }
  if (context.mixed) {
    // Last, because it is least important: in a narrow table one must scroll to it.
    shown.push({
      key: "simulator",
      label: "Simulator",
      width: "72px",
      least: 72,
      cell: text((run) => run.simulator),
    });
  }
  for (const key of DISPENSABLE) {
    if (context.room === 0 || leastOf(shown) <= context.room) break;
    shown = shown.filter((column) => column.key !== key);
  }
  const behind = shown.filter(({ key }) => key === "left" || key === "blocking");
  return {
    list: shown,
    widths: shown.map(({ width }) => width).join(" "),
    least: leastOf(shown),
    errorRoom: behind.reduce((sum, { least }) => sum + least + GAP, 0),
  };
};

const leastOf = (columns: readonly Wide[]): number =>
  columns.reduce((sum, { least }) => sum + least + GAP, PADDING - GAP);

/** Whether the error of a run reaches up to the blocking, which it does not have. */
export const isErrorWide = (run: RunRow): boolean =>
  (run.status === "FAILED" || run.problem !== null) && run.blocking === null;

/** Pixels that the longest part of an option's name needs, with the mark of the sorting. */
const leastFor = (option: string): number =>
  Math.max(48, ...partsOf(option).map(({ length }) => 7 * length + 12));

/** The value of an option, paler if the run has it from its template. */
const optionCell = (run: RunRow, option: string): Cell => {
  const words = optionText(optionOf(run, option));
  if (option in run.options || !(option in run.defaults)) return titled(words);
  return html`<span class="fj-number" title="${words}, not set by the run">${words}</span>`;
};

const titled = (words: string): Cell => html`<span title=${words}>${words}</span>`;

const headBox = ({ allChosen, chooseAll }: Context): TemplateResult =>
  html`<input type="checkbox" class="fj-check" aria-label="Choose all shown runs"
    .checked=${allChosen} @change=${(event: Event) =>
      chooseAll((event.target as HTMLInputElement).checked)} />`;

const box = (item: Item, context: Context): TemplateResult => {
  const chosen = isGroup(item)
    ? item.runs.every(({ id }) => context.chosen(id))
    : context.chosen(item.run.id);
  const label = isGroup(item) ? `Choose all of ${item.label}` : `Choose ${item.run.name}`;
  return html`<input type="checkbox" class="fj-check" data-key=${`choose:${item.key}`}
    aria-label=${label} .checked=${chosen}
    @click=${(event: MouseEvent) => context.choose(item, event)} />`;
};

const group = (item: GroupItem, { toggle }: Context): TemplateResult =>
  html`<button type="button" class="fj-open fj-group-name" data-key=${item.key}
      aria-expanded=${String(!item.closed)}
      @click=${() => toggle(item)}>${item.closed ? "▸" : "▾"} ${item.label}</button>
    <span class="fj-number">${countsOf(item.runs)}</span>`;

const status = (run: RunRow): TemplateResult =>
  html`<span class="fj-dot"></span> ${statusWord(run)}`;

/** A run's name; of a run of a sweep, the sweep's name and what no column says of its point. */
const nameOf = (run: RunRow, { sweeps, options }: Context): string => {
  const sweep = sweeps[run.sweep];
  const parts = run.name.split(", ");
  const isElsewhere = (part: string): boolean => {
    const [option, value] = part.split(" = ");
    return value !== undefined && (option === "network" || options.includes(option!));
  };
  if (!sweep || !parts.some(isElsewhere)) return run.name;
  return [sweep, ...parts.filter((part) => !isElsewhere(part))].join(", ");
};

const name = (key: string, run: RunRow, context: Context): TemplateResult => {
  const { opened, open } = context;
  return html`<button type="button" class="fj-open" data-key=${key} title=${`${run.name} (${run.id}, ${run.simulator})`}
    aria-expanded=${String(opened === run.id)} @click=${() => open(run)}>${nameOf(run, context)}</button>`;
};

const loads = ({ first, last }: RunRow): string => {
  if (first === null || last === null) return "–";
  return first === last ? format.load(first) : `${format.load(first)}–${format.load(last)}`;
};

const progress = (run: RunRow, context: Context): Cell => {
  if (run.status === "FAILED" || run.problem !== null) {
    const error = run.error ?? run.problem ?? "";
    return html`<span class="fj-row-error" title=${error}>${error}</span>`;
  }
  const share = run.status === "COMPLETED" ? 1 : (run.fraction ?? 0);
  const bar = html`<span class="fj-row-bar" aria-hidden="true"><span
    style=${`width:${(share * 100).toFixed(1)}%`}></span></span>`;
  if (run.status !== "PENDING") {
    const unknown = run.fraction === null && run.status !== "COMPLETED";
    return html`${bar} ${unknown ? "" : format.percent(share)}`;
  }
  const position = context.position(run);
  const more = context.told > 0;
  if (run.reason) return titled(run.reason);
  return position !== undefined
    ? positionText(position)
    : more
      ? `over ${context.told} ahead`
      : "waiting";
};

const seconds = (value: number | null, write: (value: number) => string): Cell =>
  value === null ? "–" : write(value);

const blocking = (run: RunRow): Cell => {
  if (run.blocking === null) return isErrorWide(run) ? "" : "–";
  const value = `${format.probability(run.blocking)}${format.margin(run.half)}`;
  const title = confidence(run.simulator);
  if (run.status === "COMPLETED") return html`<span title=${title}>${value}</span>`;
  // Not of the load that the runs beside it have come to.
  return html`<i title=${`so far, at the last load with results; ${title}`}>${value}</i>`;
};

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const started = (run: RunRow): Cell => {
  if (run.started === null) return "–";
  const when = new Date(run.started * 1000);
  const { two } = format;
  const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  const clock = `${two(when.getHours())}:${two(when.getMinutes())}`;
  const now = new Date();
  const today = when.toDateString() === now.toDateString();
  const short =
    when.getFullYear() === now.getFullYear() ? `${MONTHS[when.getMonth()]} ${when.getDate()}` : day;
  return html`<span title=${`${day} ${clock}:${two(when.getSeconds())}`}>${today ? clock : short}</span>`;
};
