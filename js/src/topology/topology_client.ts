// The page's state of the maps: the state from the channel, and the displayed load, which both
// halves can choose.

import { Channel, type Listener } from "../channel/channel.js";
import type { Model } from "../channel/model.js";
import type { LoadUse, MapPanel, NetworkMap, TopologyState } from "../types.js";

/** A map as currently drawn: a panel, and a load if it has any. */
export interface Shown {
  panel: MapPanel;
  map: NetworkMap;
  erlang: number | null;
  /** The use of the links at this load. */
  use: LoadUse | null;
}

export class TopologyClient implements Listener {
  state: TopologyState;
  private readonly listeners = new Set<() => void>();
  private channel: Channel | null = null;
  private stop: () => void = () => undefined;

  constructor(private readonly model: Model) {
    this.state = model.get("snapshot") as TopologyState;
    model.on("change:snapshot", this.onState);
    model.on("change:erlang", this.onErlang);
    void Channel.of(model).then((found) => {
      this.channel = found;
      if (found) this.stop = found.listen(this);
    });
  }

  get key(): string {
    return this.state.key;
  }

  get rev(): number {
    return this.state.rev;
  }

  /** The chosen load; null: the highest with results. */
  get chosen(): number | null {
    return (this.model.get("erlang") as number | null | undefined) ?? null;
  }

  choose(erlang: number): void {
    this.model.set("erlang", erlang);
    this.model.save_changes();
    this.onErlang();
  }

  /** The displayed load; null if none has results. */
  get erlang(): number | null {
    if (this.chosen !== null) return this.chosen;
    return this.known.at(-1) ?? null;
  }

  /** The loads with results, by value. */
  get known(): number[] {
    const loads = this.state.panels.flatMap((panel) => panel.loads.map(({ erlang }) => erlang));
    return [...new Set(loads)].sort((a, b) => a - b);
  }

  /** The maps, in display order. */
  get shown(): Shown[] {
    const { panels, maps, each_load: each } = this.state;
    const loads = each && this.known.length > 0 ? this.known : [this.erlang];
    return loads.flatMap((erlang) =>
      panels.map((panel) => ({
        panel,
        map: maps[panel.map]!,
        erlang,
        use: panel.loads.find((load) => load.erlang === erlang) ?? null,
      })),
    );
  }

  /** The Python code that shows this view. */
  get code(): string {
    const erlang = this.state.each_load ? '"all"' : this.chosen;
    return `${this.state.code}${erlang === null ? "" : `, erlang=${erlang}`})`;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  receive(state: unknown): void {
    const received = state as TopologyState;
    if (received.rev >= this.state.rev) {
      this.state = received;
      // Only in this page: a reload and a saved widget state use the newest state.
      this.model.set("snapshot", received);
      this.changed();
    }
    if (received.panels.every(({ ended }) => ended)) this.channel?.have(this.key);
  }

  deleted(): void {
    // A view exists as long as its widget and keeps its content.
  }

  dispose(): void {
    this.model.off("change:snapshot", this.onState);
    this.model.off("change:erlang", this.onErlang);
    this.stop();
    this.listeners.clear();
  }

  private readonly onState = (): void => {
    const state = this.model.get("snapshot") as TopologyState;
    if (state.rev > this.state.rev) this.receive(state);
  };

  private readonly onErlang = (): void => this.changed();

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
