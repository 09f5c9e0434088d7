// The page's state of a run: small state from the channel, requests through it, and the run's files
// by the access that works.

import { Channel, type Listener } from "../channel/channel.js";
import { innerView } from "../channel/inner_view.js";
import type { InnerView, Model } from "../channel/model.js";
import { type Ask, asker } from "../channel/rpc.js";
import { HttpFiles } from "../files/http_files.js";
import { KernelFiles } from "../files/kernel_files.js";
import { type Listed, type ListedRun, Listing } from "../files/listing.js";
import type { FileInfo, RunFiles } from "../files/run_files.js";
import { pageServer } from "../files/server.js";
import type { Grid, Snapshot } from "../types.js";
import { mergeLog } from "../watch/log_tail.js";
import type { Watched } from "../watch/offline_watch.js";
import { isFinal } from "../watch/verdict.js";

export class RunClient implements Listener, ListedRun, Watched {
  snapshot: Snapshot;
  isDeleted = false;
  toldVersion: number;
  /** Send a request about this run to the kernel, which answers when it is free. */
  readonly ask: Ask;
  readonly kernel: KernelFiles;
  private readonly listeners = new Set<() => void>();
  private readonly listing: Listing;
  private readonly found: Promise<HttpFiles | null>;
  private reachable: HttpFiles | null = null;
  private channel: Channel | null = null;
  private stop: () => void = () => undefined;
  /** This page's clock minus the kernel's, in seconds. */
  private ahead = 0;

  constructor(private readonly model: Model) {
    this.snapshot = model.get("snapshot") as Snapshot;
    this.toldVersion = this.snapshot.artifacts_version;
    this.ahead = Date.now() / 1000 - this.snapshot.now;
    model.on("change:snapshot", this.onState);
    const channel = Channel.of(model);
    this.ask = asker(model, channel);
    this.kernel = new KernelFiles(this.ask);
    this.listing = new Listing(this);
    this.found = HttpFiles.find(this.snapshot, pageServer(document), this.kernel).then((http) => {
      this.reachable = http;
      if (http) this.changed();
      return http;
    });
    void channel.then((found) => {
      this.channel = found;
      if (found) this.stop = found.listen(this);
    });
  }

  /** Its views begin folded into a line. */
  get compact(): boolean {
    return this.model.get("compact") === true;
  }

  get key(): string {
    return this.snapshot.id;
  }

  get rev(): number {
    return this.snapshot.rev;
  }

  /** Access to the run's files; determined once, when the first view is created. */
  get files(): Promise<RunFiles> {
    return this.found.then(() => this.http ?? this.kernel);
  }

  /** The access over HTTP, if there is one; null while that is unknown. */
  get http(): HttpFiles | null {
    return this.snapshot.private ? this.reachable : null;
  }

  /** Whether the kernel has been silent for a while: restarting, dead, or absent. */
  get silent(): boolean {
    return this.channel?.silent ?? true;
  }

  /** Seconds since 1970 by the kernel's clock. */
  get now(): number {
    return Date.now() / 1000 - this.ahead;
  }

  /** Seconds left by the last estimate, counted down since it was made. */
  get left(): number | null {
    const { eta } = this.snapshot.progress;
    if (eta === null) return null;
    return Math.max(0, eta - (this.now - this.snapshot.now));
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** All output files; `show` receives those known so far. */
  async list(show: (known: FileInfo[]) => void): Promise<Listed> {
    await this.found;
    return this.listing.list(show);
  }

  /** The first rows of a binary file, which the kernel reads. */
  async table(path: string): Promise<Grid> {
    const { bytes } = await this.ask("table", { path });
    return JSON.parse(new TextDecoder().decode(bytes)) as Grid;
  }

  /** Cancel by the means that works now: the marker file, else the kernel. */
  async cancel(): Promise<void> {
    this.replace({ ...this.snapshot, cancelling: true });
    const files = await this.files;
    try {
      await files.cancel().catch((error: unknown) => {
        if (files.kind === "kernel") throw error;
        return this.ask("cancel");
      });
    } catch (error) {
      this.replace({ ...this.snapshot, cancelling: false });
      throw error;
    }
  }

  /** Make a view of the form that is filled from this run. */
  async form(): Promise<InnerView> {
    const { value } = await this.ask("form");
    return innerView(this.model, (value as { form: string }).form);
  }

  async delete(): Promise<void> {
    await this.ask("delete");
    this.deleted();
  }

  /** The run was deleted. */
  deleted(): void {
    this.isDeleted = true;
    this.changed();
  }

  /** Show a state that was read from the run directory while the kernel was silent. */
  replace(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.changed();
  }

  /** Receive a message of the channel, unless the page's state is newer. */
  receive(state: unknown): void {
    const received = state as Snapshot;
    const before = this.snapshot;
    if (received.rev < before.rev) return;
    this.ahead = Date.now() / 1000 - received.now;
    this.toldVersion = received.artifacts_version;
    const files = received.files ?? before.files;
    this.snapshot = {
      ...received,
      ...(files && { files }),
      log: mergeLog(before.log, received.log),
      // This page's request stays visible until the run has ended.
      cancelling: received.cancelling || (before.cancelling && !isFinal(received.status)),
    };
    // Only in this page: a reload and a saved widget state use the newest state anyway.
    this.model.set("snapshot", this.snapshot);
    if (isFinal(received.status)) this.channel?.have(this.key);
    this.changed();
  }

  dispose(): void {
    this.model.off("change:snapshot", this.onState);
    this.stop();
    this.listeners.clear();
  }

  private readonly onState = (): void => {
    const state = this.model.get("snapshot") as Snapshot;
    if (state.rev > this.snapshot.rev) this.receive(state);
  };

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
