// The runs of a table as this page knows them, and what can be asked to be done with them.

import { Channel, type Listener } from "../channel/channel.js";
import type { Model } from "../channel/model.js";
import { type Ask, asker } from "../channel/rpc.js";
import { HttpFiles } from "../files/http_files.js";
import { KernelFiles } from "../files/kernel_files.js";
import { pageServer } from "../files/server.js";
import type { Bulk, Failure, RunsComparison, RunsSnapshot } from "../types.js";
import { isActive, type RunRow, rowOf } from "./run_row.js";

/** So many runs are cancelled through the server, each with a few requests; of more the kernel is asked. */
const MOST_BY_SERVER = 50;

export class RunsClient implements Listener {
  readonly key: string;
  /** New runs appear by themselves. */
  readonly every: boolean;
  readonly ask: Ask;
  readonly runs = new Map<string, RunRow>();
  rev = 0;
  sweeps: Readonly<Record<string, string>> = {};
  /** Place of the first waiting runs in line, from 1. */
  places = new Map<string, number>();
  /** How many of them were told. */
  told = 0;
  /** Nothing changes any more. */
  final = false;
  /** When something was heard last, in seconds since 1970 by this page's clock. */
  heard = Date.now() / 1000;
  /** How many runs this page reads itself, while the kernel is silent. */
  read = 0;
  /** Gives the runs that are on the screen, one for each view. */
  readonly screens = new Set<() => RunRow[]>();
  private readonly listeners = new Set<() => void>();
  private channel: Channel | null = null;
  private stop: () => void = () => undefined;
  private place: Pick<RunsSnapshot, "directory" | "home">;
  /** This page's clock minus the kernel's, in seconds. */
  private ahead = 0;

  constructor(private readonly model: Model) {
    this.key = model.get("key") as string;
    this.every = model.get("every") as boolean;
    const first = decode(model.get("rows") as DataView);
    this.place = first;
    this.consume(first);
    const channel = Channel.of(model);
    this.ask = asker(model, channel);
    model.on("change:opened", this.changed);
    model.on("change:launching", this.changed);
    void channel.then((found) => {
      this.channel = found;
      if (found) this.stop = found.listen(this);
    });
  }

  /** Id of the run whose view is open below; empty: none. */
  get opened(): string {
    return this.model.get("opened") as string;
  }

  /** The form that starts runs is open below. */
  get launching(): boolean {
    return this.model.get("launching") as boolean;
  }

  /** The kernel has said nothing for a while, although there was something to say. */
  get silent(): boolean {
    return !this.final && (this.channel?.silent ?? true);
  }

  /** Seconds since 1970 by the kernel's clock. */
  get now(): number {
    return Date.now() / 1000 - this.ahead;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  receive(state: unknown): void {
    const news = state as RunsSnapshot;
    if (news.rev < this.rev) return;
    const complete = news.since <= this.rev;
    const before = this.rev;
    this.consume(news);
    if (complete) {
      if (news.final) this.channel?.have(this.key);
    } else {
      // Something was lost in between: what is new is shown, the rest is asked for.
      this.rev = before;
      this.channel?.have(this.key);
    }
    this.changed();
  }

  deleted(): void {
    // A table ends with its kernel.
  }

  /** Cancel runs by the way that works now: the intent files, else the kernel. */
  async cancel(ids: readonly string[]): Promise<Bulk> {
    const active = ids.filter((id) => isActive(this.runs.get(id) ?? { status: "UNKNOWN" }));
    let left = active;
    let done = 0;
    if (active.length <= MOST_BY_SERVER || this.silent) {
      const written = await Promise.all(active.map((id) => this.cancelByServer(id)));
      left = active.filter((_, index) => !written[index]);
      done = active.length - left.length;
    }
    if (left.length === 0) return { done, failed: [] };
    if (this.silent) {
      const failed = left.map((id): Failure => [id, "The kernel is away"]);
      return { done, failed };
    }
    const { value } = await this.ask("cancel", { ids: left });
    const asked = value as unknown as Bulk;
    return { done: done + asked.done, failed: asked.failed };
  }

  /** Have something done to runs by the kernel; it answers when it is free. */
  async bulk(
    operation: string,
    ids: readonly string[],
    details: Record<string, unknown> = {},
  ): Promise<Bulk> {
    const { value } = await this.ask(operation, { ids, ...details });
    return value as unknown as Bulk;
  }

  async compare(ids: readonly string[]): Promise<RunsComparison> {
    const { value } = await this.ask("compare", { ids });
    return value as unknown as RunsComparison;
  }

  /** Open a run's view below, or close it. */
  async open(run: string | null): Promise<void> {
    await this.ask("open", { run });
  }

  dispose(): void {
    this.model.off("change:opened", this.changed);
    this.model.off("change:launching", this.changed);
    this.stop();
    this.listeners.clear();
  }

  /** The files of a run over HTTP; null where the server does not show them. */
  filesOf(run: RunRow): Promise<HttpFiles | null> {
    const { directory, home } = this.place;
    return HttpFiles.find(
      {
        directory: `${directory}/${run.id}`,
        home,
        private: run.private,
        created: run.created,
      },
      pageServer(document),
      new KernelFiles(this.ask),
    );
  }

  /** Take over what this page has read of a run while the kernel is silent. */
  replace(run: RunRow, news: Partial<RunRow>): void {
    Object.assign(run, news);
    this.changed();
  }

  private async cancelByServer(id: string): Promise<boolean> {
    const run = this.runs.get(id);
    if (!run) return false;
    const files = await this.filesOf(run);
    if (!files) return false;
    try {
      await files.cancel();
    } catch {
      return false;
    }
    run.cancelling = true;
    this.changed();
    return true;
  }

  private consume(news: RunsSnapshot): void {
    this.rev = news.rev;
    this.heard = Date.now() / 1000;
    this.ahead = this.heard - news.now;
    for (let at = 0; at < news.rows.id.length; at += 1) {
      const row = rowOf(news.rows, at, news.now);
      const known = this.runs.get(row.id);
      if (!known) this.runs.set(row.id, row);
      else {
        // What this page has asked for stays visible until the run has ended.
        const cancelling = row.cancelling || (known.cancelling && isActive(row));
        // In place: rows on the screen hold it.
        Object.assign(known, row, { cancelling });
      }
    }
    for (const id of news.removed) this.runs.delete(id);
    this.places = new Map(news.line.map((id, index) => [id, index + 1]));
    this.told = news.line.length;
    this.sweeps = news.sweeps ?? this.sweeps;
    this.final = news.final;
  }

  private readonly changed = (): void => {
    for (const listener of [...this.listeners]) listener();
  };
}

const decode = (bytes: DataView): RunsSnapshot =>
  JSON.parse(
    new TextDecoder().decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  ) as RunsSnapshot;
