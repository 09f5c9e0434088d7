// Puts the parts of the run view together and keeps them up to date.

import { html, render } from "lit-html";
import type { InnerView } from "../channel/model.js";
import { BlockingChart, captionOf } from "../charts/blocking_chart.js";
import { FilesPane } from "../files/files_pane.js";
import { LogPane } from "../log/log_pane.js";
import type { Snapshot } from "../types.js";
import { h, messageOf } from "../ui/dom.js";
import { hideFallback } from "../ui/fallback.js";
import { onFrame } from "../ui/frames.js";
import { keepKeys } from "../ui/keys.js";
import { isFinal } from "../watch/verdict.js";
import { Header } from "./header.js";
import { logReader } from "./log_reader.js";
import { ProgressBar } from "./progress_bar.js";
import type { RunClient } from "./run_client.js";

// Redraw interval of an invisible view; when it becomes visible, it is redrawn at once.
const UNSEEN_MS = 1000;
const NEAR = "400px";
const TICK_MS = 250;
const TICKS_BETWEEN_AGES = 20;

/** Message about the run's end, or why nothing changes; empty if there is none. */
export const message = (snapshot: Snapshot, silent: boolean, offline: boolean): string => {
  const { status, problem, error } = snapshot;
  if (problem === "gone") {
    return `This run's folder is gone: ${snapshot.directory}. This is its last known state.`;
  }
  if (problem) return error ?? `Less than usual is known about this run: ${problem}.`;
  if (status === "FAILED") {
    return error ?? `The run failed with exit code ${snapshot.exit_code ?? "unknown"}.`;
  }
  if (!isFinal(status) && silent) {
    return offline
      ? "The kernel is away; this view reads the run's files itself."
      : "The kernel is away; this is the last known state of the run.";
  }
  return "";
};

/** Whether the message is about a failure, not about a temporary state. */
const isSerious = ({ status, problem }: Snapshot): boolean =>
  status === "FAILED" || (problem !== null && problem !== "silent");

export class RunPanel {
  readonly element: HTMLElement;
  private readonly header: Header;
  private readonly progress = new ProgressBar();
  private readonly message = h("div", { class: "fj-message", hidden: true });
  private readonly chart: BlockingChart;
  private readonly log: LogPane;
  private readonly files: FilesPane;
  private readonly body: HTMLElement;
  private readonly ends: (() => void)[];
  private readonly sight: IntersectionObserver | null;
  private readonly redraw = onFrame(() => this.draw());
  private open: boolean;
  private problem = "";
  private ticks = 0;
  private seen = true;
  private late: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;
  private form: InnerView | null = null;
  /** The form on its way. */
  private asked: Promise<void> | null = null;

  constructor(private readonly client: RunClient) {
    this.header = new Header({
      cancel: () => void client.cancel().catch((error) => this.say("Not cancelled", error)),
      delete: () => void client.delete().catch((error) => this.say("Not deleted", error)),
      form: () => this.toggleForm(),
      folder: () => client.http?.folder() ?? null,
      fold: () => this.fold(this.open),
    });
    this.open = !client.compact;
    this.chart = new BlockingChart(captionOf(client.snapshot.simulator));
    this.log = new LogPane(logReader(client));
    this.files = new FilesPane({
      id: client.snapshot.id,
      files: () => client.files,
      list: (show) => client.list(show),
      table: (path) => client.table(path),
      now: () => client.now,
      ended: () => isFinal(client.snapshot.status),
    });
    this.body = h("div", { class: "fj-body" }, this.chart.element, this.log.element);
    const parts = [this.header, this.progress, { element: this.message }, { element: this.body }];
    const elements = [...parts, this.files].map(({ element }) => element);
    this.element = h(
      "div",
      { class: "fj-root fj-run-view", role: "group" },
      h(
        "div",
        { class: "fj-card", click: (event: MouseEvent) => this.onClick(event) },
        ...elements,
      ),
    );
    const timer = setInterval(() => {
      if (this.seen) this.tick();
    }, TICK_MS);
    this.ends = [
      client.listen(() => this.changed()),
      hideFallback(client.snapshot.id),
      keepKeys(this.element),
      () => clearInterval(timer),
    ];
    this.sight =
      typeof IntersectionObserver === "undefined"
        ? null
        : new IntersectionObserver(
            (entries) => this.noteVisible(entries.at(-1)?.isIntersecting ?? true),
            {
              rootMargin: NEAR,
            },
          );
    this.sight?.observe(this.element);
    this.draw();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const end of this.ends) end();
    this.form?.remove();
    this.sight?.disconnect();
    clearTimeout(this.late);
    this.chart.dispose();
    this.log.dispose();
    this.files.dispose();
  }

  private fold(folded: boolean): void {
    this.open = !folded;
    this.draw();
  }

  /** Of a view that is folded into a line, a click anywhere opens it. */
  private onClick({ target }: MouseEvent): void {
    if (!this.open && !(target as Element).closest("button, a, input, [popover]")) this.fold(false);
  }

  private say(what: string, error: unknown): void {
    this.problem = `${what}: ${messageOf(error)}`;
    this.redraw();
  }

  /** Show the form below the run; the second time, close it. */
  private toggleForm(): void {
    if (this.form) {
      this.form.remove();
      this.form = null;
      return;
    }
    this.asked ??= this.showForm()
      .catch((error) => this.say("No form", error))
      .finally(() => {
        this.asked = null;
      });
  }

  private async showForm(): Promise<void> {
    const form = await this.client.form();
    if (this.disposed) {
      form.remove();
      return;
    }
    this.form = form;
    this.element.append(form.el);
    form.el.scrollIntoView({ block: "nearest" });
  }

  private noteVisible(seen: boolean): void {
    if (seen && !this.seen) this.redraw();
    this.seen = seen;
  }

  private changed(): void {
    if (this.seen) this.redraw();
    else {
      this.late ??= setTimeout(() => {
        this.late = undefined;
        this.redraw();
      }, UNSEEN_MS);
    }
  }

  private draw(): void {
    if (this.disposed) return;
    const { snapshot } = this.client;
    const { dataset } = this.element;
    const ended = isFinal(snapshot.status);
    dataset.status = snapshot.status;
    dataset.run = snapshot.id;
    dataset.cancelling = String(snapshot.cancelling && !ended);
    dataset.problem = snapshot.problem ?? "";
    this.element.setAttribute("aria-label", `Run ${snapshot.name}`);
    this.element.classList.toggle("fj-folded", !this.open);
    this.header.update(snapshot, this.open);
    this.progress.update(snapshot);
    const { points } = snapshot.progress;
    const hasCurve = snapshot.erlangs.length > 0 || points.some((point) => point[1] !== null);
    this.body.classList.toggle("fj-no-chart", !hasCurve);
    // Before a run starts there is nothing to read.
    this.body.hidden = snapshot.status === "PENDING" && !snapshot.log.count;
    this.tick();
    // Invisible updates of an active run can wait; its end is drawn at once.
    if (!this.open || (!this.seen && !ended)) return;
    if (hasCurve) this.chart.update([{ points, label: "" }], snapshot.erlangs, ended);
    this.log.update(snapshot.log);
    this.files.update(snapshot.artifacts_version + (ended ? 0.5 : 0));
  }

  private tick(): void {
    const { client } = this;
    if (client.isDeleted) {
      this.dispose();
      const words = `The run ${client.snapshot.id} was deleted.`;
      this.element.replaceChildren();
      render(html`<div class="fj-card fj-note">${words}</div>`, this.element);
      return;
    }
    this.header.tick(client.now, client.left);
    const text = this.problem || message(client.snapshot, client.silent, client.http !== null);
    if (this.message.textContent !== text) this.message.textContent = text;
    this.message.hidden = text === "";
    const failed = this.problem !== "" || isSerious(client.snapshot);
    this.message.classList.toggle("fj-failed", failed);
    this.message.classList.toggle("fj-plain", !failed);
    this.ticks += 1;
    if (this.ticks % TICKS_BETWEEN_AGES === 0) this.files.refreshAges();
  }
}
