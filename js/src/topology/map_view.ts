// One map: nodes and links, drawn as SVG, with the mouse and the keys that zoom and move it.

import { nothing, render, type SVGTemplateResult, svg } from "lit-html";
import { BESIDE, type TopologyState } from "../types.js";
import { h } from "../ui/dom.js";
import { onFrame } from "../ui/frames.js";
import type { Mark, Marks } from "./marks.js";
import { areShort, readable } from "./names.js";
import { colour, width } from "./scale.js";
import type { Shown } from "./topology_client.js";
import { fitted, moved, type Position, seen, type Viewport, WHOLE, zoomed } from "./viewport.js";
import { spoken } from "./words.js";

const STEP = 40;
const FACTOR = 1.4;
/** Below this width of a map, in pixels, its nodes are smaller. */
const SMALL = 340;
/** A pointer that moves less than this clicks. */
const CLICK = 4;
const KEYS_WORDS = "Plus and minus zoom, arrows move, 0 shows all.";

/** The viewport that all maps of one network share. */
export interface Shared {
  view: Viewport;
  /** Redraw all maps. */
  redraw(): void;
}

export class MapView {
  readonly element: HTMLElement;
  private shown: Shown | null = null;
  private state: TopologyState | null = null;
  private readonly observer: ResizeObserver | null;
  private readonly drawSoon = onFrame(() => this.draw());
  private drag: { from: Position; last: Position } | null = null;

  constructor(
    private readonly marks: Marks,
    private readonly shared: Shared,
  ) {
    this.element = h("div", {
      class: "fj-map",
      // It handles its own keys, including those that a screen reader uses for reading.
      role: "application",
      "aria-roledescription": "map",
      tabindex: 0,
      keydown: (event: KeyboardEvent) => this.onKey(event),
      pointerdown: (event: PointerEvent) => this.onDown(event),
      pointermove: (event: PointerEvent) => this.onMove(event),
      pointerup: (event: PointerEvent) => this.onUp(event),
      pointerleave: () => this.marks.point(null),
      dblclick: (event: MouseEvent) => this.zoom(FACTOR, this.positionOf(event)),
    });
    this.element.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.observer =
      typeof ResizeObserver === "undefined" ? null : new ResizeObserver(this.drawSoon);
    this.observer?.observe(this.element);
  }

  update(shown: Shown, state: TopologyState): void {
    this.shown = shown;
    this.state = state;
    this.element.setAttribute("aria-label", `${spoken(shown, state)}. ${KEYS_WORDS}`);
    this.draw();
  }

  /** Zoom in or out; the centre, or this position, stays fixed. */
  zoom(factor: number, position: Position = [this.size.width / 2, this.size.height / 2]): void {
    this.shared.view = zoomed(this.shared.view, factor, position);
    this.shared.redraw();
  }

  all(): void {
    this.shared.view = WHOLE;
    this.shared.redraw();
  }

  dispose(): void {
    this.observer?.disconnect();
  }

  /** Redraw, for example after a change of the mark or the viewport. */
  draw(): void {
    const { shown, state } = this;
    const { width: across, height: down } = this.size;
    if (!shown || !state || across < 40 || down < 40) return;
    const { map, use, panel } = shown;
    const positions = fitted(map, across, down).map((position) => seen(this.shared.view, position));
    const links = map.links.map(([source, target], number) =>
      this.link(
        positions[source]!,
        positions[target]!,
        number,
        use?.values[number] ?? null,
        panel.map,
      ),
    );
    const short = areShort(map);
    const small = across < SMALL;
    const radius = small ? 7 : 9.5;
    const named = short ? new Set<number>() : readable(map, positions);
    const nodes = map.nodes.map(([name, , , side], number) => {
      const [x, y] = positions[number]!;
      const marked = this.marks.isMarked("node", panel.map, number);
      const [right, below, anchor] = BESIDE[side];
      const text = short
        ? svg`<text x=${x.toFixed(1)} y=${(y + (small ? 3 : 3.5)).toFixed(1)} text-anchor="middle">${name}</text>`
        : named.has(number) || marked
          ? svg`<text class="fj-map-name" x=${(x + right).toFixed(1)} y=${(y + below).toFixed(1)}
              text-anchor=${anchor}>${name}</text>`
          : nothing;
      return svg`<g class="fj-map-node${marked ? " fj-marked" : ""}" data-node=${number}>
        <circle class="fj-map-reach" cx=${x.toFixed(1)} cy=${y.toFixed(1)} r="10"></circle>
        <circle cx=${x.toFixed(1)} cy=${y.toFixed(1)} r=${short ? radius : 3.5}></circle>${text}</g>`;
    });
    render(
      svg`<svg viewBox="0 0 ${across} ${down}" width=${across} height=${down}
        class=${small ? "fj-map-small" : ""} aria-hidden="true">${links}${nodes}</svg>`,
      this.element,
    );
  }

  private get size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.element;
    return { width: Math.round(clientWidth), height: Math.round(clientHeight) };
  }

  private link(
    a: Position,
    b: Position,
    number: number,
    value: number | null,
    map: number,
  ): SVGTemplateResult {
    const { metric, top } = this.state!;
    const path = `M${a[0].toFixed(1)} ${a[1].toFixed(1)}L${b[0].toFixed(1)} ${b[1].toFixed(1)}`;
    const marked = this.marks.isMarked("link", map, number);
    const unknown = metric !== "" && value === null;
    const share = value === null ? 0 : value / top;
    const stroke =
      value === null ? nothing : `stroke:${colour(share)};stroke-width:${width(share)}`;
    return svg`<g class="fj-map-link${marked ? " fj-marked" : ""}${unknown ? " fj-unknown" : ""}"
      data-link=${number}>${marked ? svg`<path class="fj-map-halo" d=${path}></path>` : nothing}
      <path class="fj-map-line" d=${path} style=${stroke}></path>
      <path class="fj-map-reach" d=${path}></path></g>`;
  }

  private positionOf(event: MouseEvent): Position {
    const { left, top } = this.element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  private markAt(event: Event): Mark | null {
    if (!(event.target instanceof Element) || !this.shown) return null;
    const found = event.target.closest<SVGElement>("[data-node],[data-link]");
    if (!found) return null;
    const { node, link } = found.dataset;
    const kind = node === undefined ? "link" : "node";
    return { kind, map: this.shown.panel.map, number: Number(node ?? link) };
  }

  private onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    const position = this.positionOf(event);
    this.drag = { from: position, last: position };
  }

  private onMove(event: PointerEvent): void {
    if (!this.drag) {
      this.marks.point(this.markAt(event));
      return;
    }
    const position = this.positionOf(event);
    const [x, y] = [position[0] - this.drag.last[0], position[1] - this.drag.last[1]];
    if (this.isClick(position) && this.drag.last === this.drag.from) return;
    // Only now, because a captured pointer would click on the map instead of its target.
    this.element.setPointerCapture(event.pointerId);
    this.drag.last = position;
    this.shared.view = moved(this.shared.view, [x, y], this.size);
    this.shared.redraw();
  }

  private onUp(event: PointerEvent): void {
    const clicked = this.drag !== null && this.drag.last === this.drag.from;
    this.drag = null;
    if (clicked) this.marks.choose(this.markAt(event));
  }

  private isClick([x, y]: Position): boolean {
    const [left, top] = this.drag!.from;
    return Math.hypot(x - left, y - top) < CLICK;
  }

  private onWheel(event: WheelEvent): void {
    // Without Ctrl the wheel scrolls the notebook.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 300), this.positionOf(event));
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, Position> = {
      ArrowLeft: [STEP, 0],
      ArrowRight: [-STEP, 0],
      ArrowUp: [0, STEP],
      ArrowDown: [0, -STEP],
    };
    const move = moves[event.key];
    if (event.key === "+" || event.key === "=") this.zoom(FACTOR);
    else if (event.key === "-") this.zoom(1 / FACTOR);
    else if (event.key === "0") this.all();
    else if (event.key === "Escape") this.marks.clear();
    else if (move) {
      this.shared.view = moved(this.shared.view, move, this.size);
      this.shared.redraw();
    } else return;
    event.preventDefault();
  }
}
