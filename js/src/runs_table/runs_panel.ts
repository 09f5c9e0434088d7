// Puts the parts of the table together and keeps them up to date.

import type { Bulk } from "../types.js";
import { h, messageOf } from "../ui/dom.js";
import { hideFallback } from "../ui/fallback.js";
import * as format from "../ui/format.js";
import { onFrame } from "../ui/frames.js";
import { keepKeys } from "../ui/keys.js";
import { Table } from "../ui/table.js";
import { statusWord } from "../watch/situation.js";
import { ActionsBar } from "./actions_bar.js";
import { type Action, actionCode, type Details } from "./code.js";
import { CodeLine } from "./code_line.js";
import { type Columns, columnsOf, isErrorWide } from "./columns.js";
import { ComparisonPane } from "./comparison.js";
import { RunsHeader } from "./header.js";
import { codeOf, wrongKey } from "./query.js";
import { isActive, type RunRow } from "./run_row.js";
import type { RunsClient } from "./runs_client.js";
import { type Item, isGroup, RunsModel } from "./runs_model.js";
import { Selection } from "./selection.js";

const ROW_HEIGHT = 28;
const MOST_VISIBLE = 14;
const MOST_WRITTEN = 30;
const TICK_MS = 1000;
/** Recomputing the rows of many runs takes at most this share of the time. */
const SHARE = 0.1;
/** Time after which an unanswered request is shown as waiting for the kernel. */
const PATIENCE_MS = 800;

export class RunsPanel {
  readonly element: HTMLElement;
  private readonly model: RunsModel;
  private readonly selection = new Selection();
  private readonly header: RunsHeader;
  private readonly actions: ActionsBar;
  private readonly table: Table<Item, string>;
  private readonly note = h("div", { class: "fj-note", hidden: true });
  private readonly message = h("div", {
    class: "fj-message fj-plain",
    hidden: true,
    role: "status",
  });
  private readonly code = new CodeLine();
  private readonly scroller: HTMLElement;
  private readonly comparison = new ComparisonPane();
  private readonly ends: (() => void)[];
  private readonly redraw = onFrame(() => this.draw());
  private columns: Columns;
  private regarded: [Action, Details] | null = null;
  private problem = "";
  private stale = true;
  /** Ordered in the last frame and not drawn yet: drawing comes first, however much changes. */
  private ordered = false;
  private nextArrange = 0;
  private later: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  constructor(private readonly client: RunsClient) {
    this.model = new RunsModel(client);
    this.columns = this.makeColumns();
    this.header = new RunsHeader({
      filter: (text) => this.arrange(() => this.model.setFilter(text), true),
      group: (grouping) => this.arrange(() => this.model.setGrouping(grouping), true),
      ...(client.every && {
        launch: (show: boolean) => this.attempt(() => client.ask("launch", { show })),
      }),
    });
    this.actions = new ActionsBar({
      chosen: () => this.chosen(),
      act: (action, ids, details) => this.act(action, ids, details),
      clear: () => {
        this.selection.clear();
        this.redraw();
      },
      regard: (action, details) => {
        this.regarded = action && [action, details];
        this.drawCode();
      },
    });
    const panel = this;
    this.table = new Table<Item, string>(this.model, {
      label: "Runs",
      bodyLabel: "All runs",
      get columns() {
        return panel.columns.list;
      },
      rowHeight: ROW_HEIGHT,
      mostRows: MOST_VISIBLE,
      key: (item) => item.key,
      style: (item) => this.styleOf(item),
    });
    this.table.element.addEventListener("keydown", this.onKey, true);
    this.scroller = h("div", { class: "fj-runs-scroll" }, this.table.element);
    const resized = new ResizeObserver(this.redraw);
    resized.observe(this.scroller);
    const parts = [
      this.message,
      this.scroller,
      this.note,
      this.code.element,
      this.comparison.element,
    ];
    const card = h(
      "div",
      { class: "fj-card" },
      this.header.element,
      this.actions.element,
      ...parts,
    );
    this.element = h(
      "div",
      { class: "fj-root fj-runs-table", role: "group", "aria-label": "Runs" },
      card,
    );
    const timer = setInterval(() => this.tick(), TICK_MS);
    this.ends = [
      client.listen(() => this.changed()),
      hideFallback(client.key),
      this.tellScreen(),
      keepKeys(this.element),
      () => clearInterval(timer),
      () => resized.disconnect(),
    ];
    // In the next frames: with many runs, making all this has taken its time in this one.
    this.redraw();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const end of this.ends) end();
    clearTimeout(this.later);
    this.table.dispose();
    this.comparison.dispose();
  }

  // -- drawing ---------------------------------------------------------------------------------

  /** Something has changed: the screen is updated at once, the order of many runs soon. */
  private changed(): void {
    this.stale = true;
    this.redraw();
  }

  private draw(): void {
    if (this.disposed) return;
    // Many runs are ordered in one frame and drawn in the next: a page must not be blocked for long.
    if (this.stale && !this.ordered && this.arrangeSoon()) {
      this.ordered = true;
      this.redraw();
      return;
    }
    this.ordered = false;
    this.columns = this.makeColumns();
    const { style } = this.table.element;
    style.setProperty("--fj-error-room", `${this.columns.errorRoom}px`);
    style.setProperty("--fj-columns", this.columns.widths);
    style.setProperty("--fj-least", `${this.columns.least}px`);
    this.table.draw();
    const { runs } = this.client;
    const filtered = this.model.terms.length > 0;
    this.header.update({
      counts: this.model.counts,
      found: filtered ? `${this.model.fitting.toLocaleString("en-US")} shown` : "",
      launching: this.client.launching,
    });
    this.actions.draw();
    this.drawCode();
    const none = this.model.rows.length === 0;
    this.note.hidden = !none;
    if (none) this.note.textContent = this.whyNone();
    const { dataset } = this.element;
    dataset.runs = String(runs.size);
    dataset.shown = String(this.model.fitting);
    dataset.final = String(this.client.final);
    this.say();
  }

  private whyNone(): string {
    const { runs } = this.client;
    if (runs.size === 0) return "There are no runs yet.";
    return wrongKey(this.model.terms, runs) || "No run fits the filter.";
  }

  /** Order the runs, unless that has been done just now; whether it was done. */
  private arrangeSoon(): boolean {
    const now = performance.now();
    if (now < this.nextArrange) {
      this.later ??= setTimeout(() => {
        this.later = undefined;
        this.redraw();
      }, this.nextArrange - now);
      return false;
    }
    this.stale = false;
    this.selection.keep(this.client.runs);
    this.model.arrange();
    this.nextArrange = now + (performance.now() - now) / SHARE;
    return true;
  }

  private tick(): void {
    if (this.client.final) return;
    this.redraw();
  }

  /** Tell which runs are on the screen: with the kernel away, only those are worth reading. */
  private tellScreen(): () => void {
    const { screens } = this.client;
    const screen = (): RunRow[] => {
      const { rows } = this.model;
      const drawn = [...this.table.list.rows.children] as HTMLElement[];
      return drawn.flatMap(({ dataset }) => {
        const item = rows[Number(dataset.index)];
        return item && !isGroup(item) ? [item.run] : [];
      });
    };
    screens.add(screen);
    return () => screens.delete(screen);
  }

  private say(): void {
    const { client } = this;
    const away =
      client.read > 0
        ? "The kernel is away; runs on the screen are read from their files."
        : `The kernel is away: this is as of ${format.moment(client.heard)}.`;
    const text = this.problem || (client.silent ? away : "");
    if (this.message.textContent !== text) this.message.textContent = text;
    this.message.hidden = text === "";
    this.message.classList.toggle("fj-failed", this.problem !== "");
  }

  private drawCode(): void {
    const { client, model, selection } = this;
    const found = client.every ? codeOf(model.terms, [...client.runs.values()]) : null;
    if (selection.size === 0) {
      this.code.update(found ?? "");
      return;
    }
    const { ids } = this.chosen();
    const all = ids.length > 1 && model.areFitting(ids);
    const [action, details] = this.regarded ?? [ids.length > 1 ? "compare" : null, {}];
    const line = (of: readonly string[]): string =>
      action
        ? actionCode(action, of, all ? found : null, details)
        : `fj.run(${JSON.stringify(of[0])})`;
    // Nobody reads the ids of hundreds of runs; who copies the line gets them.
    const few = ids.length <= MOST_WRITTEN ? ids : [...ids.slice(0, MOST_WRITTEN), "…"];
    this.code.update(line(few), () => line(ids));
  }

  private makeColumns(): Columns {
    const { client, model, selection } = this;
    const { shown } = model;
    return columnsOf({
      now: client.now,
      opened: client.opened,
      options: model.options,
      tagged: model.tagged,
      left: model.executing,
      mixed: model.mixed,
      sweeps: client.sweeps,
      room: this.scroller?.clientWidth ?? 0,
      position: (run) => client.positions.get(run.id),
      told: client.told,
      chosen: (id) => selection.has(id),
      choose: (item, event) => this.choose(item, event),
      allChosen:
        shown.length > 0 &&
        selection.size >= shown.length &&
        shown.every((id) => selection.has(id)),
      chooseAll: (chosen) => {
        selection.set(shown, chosen);
        this.redraw();
      },
      open: (run) => void this.open(run),
      toggle: (group) => this.arrange(() => model.toggle(group.key)),
    });
  }

  private styleOf(item: Item): string {
    if (isGroup(item)) return "fj-group-row";
    const { run } = item;
    const chosen = this.selection.has(run.id) ? " fj-selected" : "";
    const opened = run.id === this.client.opened ? " fj-opened" : "";
    const failed = isErrorWide(run) ? " fj-wide-error" : "";
    return `fj-is-${statusWord(run).replace(" ", "-")}${chosen}${opened}${failed}`;
  }

  // -- what the user does ------------------------------------------------------------------------

  private arrange(change: () => void, top = false): void {
    change();
    this.stale = false;
    if (top) this.table.list.scroll.top = 0;
    this.redraw();
  }

  private chosen(): { ids: string[]; active: number } {
    const ids = [...this.selection.ids].filter((id) => this.client.runs.has(id));
    const active = ids.filter((id) => isActive(this.client.runs.get(id)!)).length;
    return { ids, active };
  }

  private choose(item: Item, event: MouseEvent): void {
    const { checked } = event.target as HTMLInputElement;
    if (isGroup(item)) {
      this.selection.set(
        item.runs.map(({ id }) => id),
        checked,
      );
    } else if (event.shiftKey) this.selection.extend(item.run.id, this.model.shown, checked);
    else this.selection.toggle(item.run.id, checked);
    this.redraw();
  }

  private async act(action: Action, ids: string[], details: Details): Promise<Bulk | null> {
    const { client } = this;
    switch (action) {
      case "cancel":
        return client.cancel(ids);
      case "compare":
        this.comparison.show(await client.compare(ids));
        return null;
      case "delete":
        return client.bulk(
          "delete",
          ids.filter((id) => !isActive(client.runs.get(id)!)),
        );
      case "export":
        return client.bulk("export", ids, { path: details.path });
      default:
        return client.bulk("tag", ids, { tags: [details.tag], remove: action === "untag" });
    }
  }

  private async open(run: RunRow): Promise<void> {
    const wanted = this.client.opened === run.id ? null : run.id;
    await this.attempt(() => this.client.open(wanted));
  }

  /** Send a request to the kernel, and show if it does not answer or refuses. */
  private async attempt(ask: () => Promise<unknown>): Promise<void> {
    this.problem = "";
    const timer = setTimeout(() => {
      this.problem = "The kernel is busy; this is done when it is free.";
      this.redraw();
    }, PATIENCE_MS);
    try {
      await ask();
      this.problem = "";
    } catch (error) {
      this.problem = messageOf(error);
    } finally {
      clearTimeout(timer);
      this.redraw();
    }
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === "a") {
      this.selection.set(this.model.shown, true);
    } else if (event.key === "Delete" && this.selection.size > 0) {
      this.actions.ask("delete");
    } else if (event.key === "Escape" && this.selection.size > 0) {
      this.selection.clear();
    } else if (target.dataset.key && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      this.step(target.dataset.key, event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.redraw();
  };

  /** Move the focus to the row above or below; with the shift key, select it too. */
  private step(from: string, direction: 1 | -1, extend: boolean): void {
    const box = from.startsWith("choose:");
    const key = box ? from.slice("choose:".length) : from;
    const { rows } = this.model;
    const at = rows.findIndex((row) => row.key === key);
    const next = rows[at + direction];
    if (at < 0 || !next) return;
    if (extend && !isGroup(next)) {
      const here = rows[at]!;
      if (!isGroup(here) && !this.selection.has(here.run.id)) this.selection.toggle(here.run.id);
      this.selection.extend(next.run.id, this.model.shown);
    }
    this.table.list.scroll.nudge(at + direction);
    this.table.draw();
    const wanted = `[data-key="${CSS.escape(box ? `choose:${next.key}` : next.key)}"]`;
    this.table.list.rows.querySelector<HTMLElement>(wanted)?.focus({ preventScroll: true });
  }
}
