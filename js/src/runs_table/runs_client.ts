// The page's state of a table's runs, and the actions on them.

import { Channel, type Listener } from "../channel/channel.js";
import type { Model } from "../channel/model.js";
import { type Ask, asker } from "../channel/rpc.js";
import { HttpFiles } from "../files/http_files.js";
import { KernelFiles } from "../files/kernel_files.js";
import { pageServer } from "../files/server.js";
import type { Bulk, Failure, RunsComparison, RunsSnapshot } from "../types.js";
import { isActive, type Options, type RunRow, rowOf } from "./run_row.js";

/** Up to this many runs are cancelled through the server, each with a few requests; more by the
 * kernel. */
const MOST_BY_SERVER = 50;

export class RunsClient implements Listener {
  readonly key: string;
  /** Whether new runs appear automatically. */
  readonly every: boolean;
  readonly ask: Ask;
  readonly runs = new Map<string, RunRow>();
  rev = 0;
  sweeps: Readonly<Record<string, string>> = {};
  /** Values of options that runs do not set themselves. */
  private defaults: readonly Options[] = [];
  /** Queue position of the first waiting runs, from 1. */
  positions = new Map<string, number>();
  /** Number of known positions. */
  told = 0;
  /** Whether nothing will change any more. */
  final = false;
  /** Time of the last message, in seconds since 1970 by this page's clock. */
  heard = Date.now() / 1000;
  /** How many runs this page reads itself, while the kernel is silent. */
  read = 0;
  /** Gives the runs that are on the screen, one for each view. */
  readonly screens = new Set<() => RunRow[]>();
  private readonly listeners = new Set<() => void>();
  private channel: Channel | null = null;
  private stop: () => void = () => undefined;
  private folders: Pick<RunsSnapshot, "directory" | "home">;
  /** This page's clock minus the kernel's, in seconds. */
  private ahead = 0;

  constructor(private readonly model: Model) {
    this.key = model.get("key") as string;
    this.every = model.get("every") as boolean;
    const first = decode(model.get("rows") as DataView);
    this.folders = first;
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

  /** Id of the run whose view is open below; empty if none. */
  get opened(): string {
    return this.model.get("opened") as string;
  }

  /** Whether the form that starts runs is open below. */
  get launching(): boolean {
    return this.model.get("launching") as boolean;
  }

  /** Whether the kernel has been silent for a while although changes were due. */
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
    const received = state as RunsSnapshot;
    if (received.rev < this.rev) return;
    const complete = received.since <= this.rev;
    const before = this.rev;
    this.consume(received);
    if (complete) {
      if (received.final) this.channel?.have(this.key);
    } else {
      // A message was lost: the new part is shown, and the rest is requested.
      this.rev = before;
      this.channel?.have(this.key);
    }
    this.changed();
  }

  deleted(): void {
    // A table ends with its kernel.
  }

  /** Cancel runs by the means that works now: the marker files, else the kernel. */
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

  /** Let the kernel perform an action on runs; it answers when it is free. */
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
    const { directory, home } = this.folders;
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
  replace(run: RunRow, received: Partial<RunRow>): void {
    Object.assign(run, received);
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

  private consume(received: RunsSnapshot): void {
    this.rev = received.rev;
    this.heard = Date.now() / 1000;
    this.ahead = this.heard - received.now;
    this.defaults = received.defaults ?? this.defaults;
    for (let at = 0; at < received.rows.id.length; at += 1) {
      const row = rowOf(received.rows, at, received.now, this.defaults);
      const known = this.runs.get(row.id);
      if (!known) this.runs.set(row.id, row);
      else {
        // This page's request stays visible until the run has ended.
        const cancelling = row.cancelling || (known.cancelling && isActive(row));
        // In place, because rows on the screen refer to it.
        Object.assign(known, row, { cancelling });
      }
    }
    for (const id of received.removed) this.runs.delete(id);
    this.positions = new Map(received.queue.map((id, index) => [id, index + 1]));
    this.told = received.queue.length;
    this.sweeps = received.sweeps ?? this.sweeps;
    this.final = received.final;
  }

  private readonly changed = (): void => {
    for (const listener of [...this.listeners]) listener();
  };
}

const decode = (bytes: DataView): RunsSnapshot =>
  JSON.parse(
    new TextDecoder().decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  ) as RunsSnapshot;
