// Puts the parts of the run view together and keeps them up to date.

import { Curve } from "../charts/blocking_chart.js";
import { FilesPane } from "../files/files_pane.js";
import { allFiles, KernelFiles } from "../files/run_files.js";
import { LogPane } from "../log/log_pane.js";
import type { IndexPart, LogReader } from "../log/log_store.js";
import { type FileInfo, isFinal, type Snapshot } from "../types.js";
import { h, setAttribute, setText, show } from "../ui/dom.js";
import { hideTwin } from "../ui/fallback.js";
import { onFrame } from "../ui/frames.js";
import { keepKeys } from "../ui/keys.js";
import { Header } from "./header.js";
import { ProgressBar } from "./progress_bar.js";
import type { RunClient } from "./run_client.js";

// A view that nobody sees is redrawn so seldom; before it is seen, it is redrawn at once.
const UNSEEN_MS = 1000;
const NEAR = "400px";

// The kernel makes the index of a large log faster than the page, if it is free to answer.
const PATIENCE_MS = 400;
// A listing by the server that takes longer than this may be one that the kernel makes faster.
const LISTING_MS = 1000;

const later = (milliseconds: number): Promise<null> =>
  new Promise((done) => setTimeout(() => done(null), milliseconds));

/** The log of a run, read by whatever way there is. */
const logReader = (client: RunClient): LogReader => ({
  async read(start, end) {
    const files = await client.files;
    return files.read(`logs/${client.snapshot.id}.log`, start, end);
  },
  async index(from): Promise<IndexPart | null> {
    const files = await client.files;
    if (files.kind === "http" && client.silent) return null;
    const answer = client.ask("index", { from }).then(({ value, bytes }) => ({
      before: [...new Float64Array(bytes.slice().buffer)],
      size: Number(value.size),
      newlines: Number(value.newlines),
    }));
    if (files.kind === "kernel") return answer;
    return Promise.race([answer.catch(() => null), later(PATIENCE_MS)]);
  },
});

/** All output files of a run; `show` gets those that are known so far. */
const list = async (client: RunClient, show: (known: FileInfo[]) => void): Promise<FileInfo[]> => {
  const files = await client.files;
  if (files.kind === "kernel" || client.silent) return allFiles(files, show);
  // The server answers also while the kernel computes; for many folders the kernel is faster.
  const stop = new AbortController();
  const ways = [
    allFiles(files, show, stop.signal),
    later(LISTING_MS).then(() => {
      stop.signal.throwIfAborted();
      return allFiles(new KernelFiles(client.ask), () => undefined);
    }),
  ];
  try {
    return await Promise.any(ways);
  } catch (error) {
    throw (error as AggregateError).errors[0];
  } finally {
    stop.abort();
  }
};

/** What a run says about its end, or about why nothing moves; empty when there is nothing to say. */
export const message = (snapshot: Snapshot, silent: boolean, direct: boolean): string => {
  if (snapshot.status === "FAILED") {
    return snapshot.error ?? `The run failed with exit code ${snapshot.exit_code ?? "unknown"}.`;
  }
  if (!isFinal(snapshot.status) && silent) {
    return direct
      ? "The kernel is away; this view reads the run's files itself."
      : "The kernel is away; what stands here is the last that was heard of the run.";
  }
  return "";
};

export class RunPanel {
  readonly element: HTMLElement;
  private readonly header: Header;
  private readonly progress = new ProgressBar();
  private readonly message = h("div", { class: "fj-message", hidden: true });
  private readonly curve = new Curve();
  private readonly log: LogPane;
  private readonly files: FilesPane;
  private readonly body: HTMLElement;
  private readonly stop: () => void;
  private readonly showTwin: () => void;
  private readonly releaseKeys: () => void;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly sight: IntersectionObserver | null;
  private readonly redraw = onFrame(() => this.draw());
  private problem = "";
  private ticks = 0;
  private seen = true;
  private late: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  constructor(private readonly client: RunClient) {
    this.header = new Header({
      cancel: () =>
        void client.cancel().catch((error: unknown) => this.say("Not cancelled", error)),
      delete: () => void client.delete().catch((error: unknown) => this.say("Not deleted", error)),
      folder: () => client.direct?.folder() ?? null,
    });
    this.log = new LogPane(logReader(client));
    this.files = new FilesPane({
      id: client.snapshot.id,
      files: () => client.files,
      list: (show) => list(client, show),
      now: () => client.now,
      ended: () => isFinal(client.snapshot.status),
    });
    this.body = h("div", { class: "fj-body" }, this.curve.element, this.log.element);
    this.element = h(
      "div",
      { class: "fj-root fj-run-view", role: "group" },
      h(
        "div",
        { class: "fj-card" },
        this.header.element,
        this.progress.element,
        this.message,
        this.body,
        this.files.element,
      ),
    );
    this.stop = client.listen(() => this.changed());
    this.showTwin = hideTwin(client.snapshot.id);
    this.releaseKeys = keepKeys(this.element);
    this.timer = setInterval(() => {
      if (this.seen) this.tick();
    }, 250);
    this.sight =
      typeof IntersectionObserver === "undefined"
        ? null
        : new IntersectionObserver((entries) => this.look(entries.at(-1)!.isIntersecting), {
            rootMargin: NEAR,
          });
    this.sight?.observe(this.element);
    this.draw();
  }

  dispose(): void {
    this.disposed = true;
    this.stop();
    this.showTwin();
    this.releaseKeys();
    this.sight?.disconnect();
    clearTimeout(this.late);
    clearInterval(this.timer);
    this.curve.dispose();
    this.log.dispose();
    this.files.dispose();
  }

  private say(what: string, error: unknown): void {
    this.problem = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    this.redraw();
  }

  private look(seen: boolean): void {
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
    dataset.status = snapshot.status;
    dataset.run = snapshot.id;
    dataset.cancelling = String(snapshot.cancelling && !isFinal(snapshot.status));
    setAttribute(this.element, "aria-label", `Run ${snapshot.name}`);
    this.header.update(snapshot);
    this.progress.update(snapshot);
    const hasCurve =
      snapshot.erlangs.length > 0 || snapshot.progress.points.some((point) => point[1] !== null);
    this.body.classList.toggle("fj-no-curve", !hasCurve);
    this.tick();
    if (!this.seen) return;
    if (hasCurve) this.curve.update(snapshot.progress.points, snapshot.erlangs);
    this.log.update(snapshot.log);
    this.files.update(snapshot.artifacts_version + (isFinal(snapshot.status) ? 0.5 : 0));
  }

  private tick(): void {
    const { client } = this;
    if (client.deleted) {
      this.element.replaceChildren(
        h("div", { class: "fj-card fj-note" }, `The run ${client.snapshot.id} was deleted.`),
      );
      this.dispose();
      return;
    }
    this.header.tick(client.now, client.left);
    const text = this.problem || message(client.snapshot, client.silent, client.direct !== null);
    setText(this.message, text);
    show(this.message, text !== "");
    const failed = this.problem !== "" || client.snapshot.status === "FAILED";
    this.message.classList.toggle("fj-failed", failed);
    this.message.classList.toggle("fj-plain", !failed);
    if ((this.ticks += 1) % 20 === 0) this.files.refreshAges();
  }
}
