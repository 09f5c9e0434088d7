// The page's state of a search.

import { Channel, type Listener } from "../channel/channel.js";
import type { Model } from "../channel/model.js";
import { type Ask, asker } from "../channel/rpc.js";
import type { SearchSnapshot } from "../types.js";

export class SearchClient implements Listener {
  snapshot: SearchSnapshot;
  readonly ask: Ask;
  private readonly listeners = new Set<() => void>();
  private channel: Channel | null = null;
  private stop: () => void = () => undefined;

  constructor(private readonly model: Model) {
    this.snapshot = model.get("snapshot") as SearchSnapshot;
    const channel = Channel.of(model);
    this.ask = asker(model, channel);
    void channel.then((found) => {
      this.channel = found;
      if (found) this.stop = found.listen(this);
      this.changed();
    });
  }

  get key(): string {
    return this.snapshot.key;
  }

  get rev(): number {
    return this.snapshot.rev;
  }

  /** Whether the kernel has been silent for a while: restarting, dead, or absent. */
  get silent(): boolean {
    return this.channel?.silent ?? true;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** End the search; known results are kept. */
  async cancel(): Promise<void> {
    await this.ask("cancel");
  }

  /** A search is not deleted while its view exists. */
  deleted(): void {}

  /** Receive a message of the channel, unless the page's state is newer. */
  receive(state: unknown): void {
    const received = state as SearchSnapshot;
    if (received.rev < this.snapshot.rev) return;
    this.snapshot = received;
    // Only in this page: a reload and a saved widget state use the newest state anyway.
    this.model.set("snapshot", received);
    if (received.settled) this.channel?.have(this.key);
    this.changed();
  }

  dispose(): void {
    this.stop();
    this.listeners.clear();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
