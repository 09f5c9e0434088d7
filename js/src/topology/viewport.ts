// The visible part of a map: pure arithmetic.

import type { NetworkMap } from "../types.js";

export type Position = readonly [x: number, y: number];

/** Zoom, and how far the map is moved, in pixels. */
export interface Viewport {
  zoom: number;
  x: number;
  y: number;
}

export const WHOLE: Viewport = { zoom: 1, x: 0, y: 0 };
const MOST = 12;
/** Margin around the map in pixels, for nodes and their names. */
const MARGIN = 30;

/** Zoom in or out; the point at this position on the screen stays fixed. */
export const zoomed = (view: Viewport, factor: number, [x, y]: Position): Viewport => {
  const zoom = Math.min(MOST, Math.max(1, view.zoom * factor));
  if (zoom === 1) return WHOLE;
  const by = zoom / view.zoom;
  return { zoom, x: x - by * (x - view.x), y: y - by * (y - view.y) };
};

/** Move, but never out of view. */
export const moved = (
  view: Viewport,
  [x, y]: Position,
  { width, height }: { width: number; height: number },
): Viewport => {
  const within = (value: number, size: number): number =>
    Math.min(size / 2, Math.max(size / 2 - view.zoom * size, value));
  return { ...view, x: within(view.x + x, width), y: within(view.y + y, height) };
};

/** The nodes' positions when the whole map is visible, centred in this area. */
export const fitted = ({ nodes }: NetworkMap, width: number, height: number): Position[] => {
  const across = Math.max(...nodes.map(([, x]) => x));
  const down = Math.max(...nodes.map(([, , y]) => y));
  const room = [width - 2 * MARGIN, height - 2 * MARGIN] as const;
  const scale = Math.min(room[0] / (across || 1e-9), room[1] / (down || 1e-9), Math.max(...room));
  const left = (width - scale * across) / 2;
  const top = (height - scale * down) / 2;
  return nodes.map(([, x, y]) => [left + scale * x, top + scale * y] as const);
};

/** Screen position of a point of the whole map. */
export const seen = (view: Viewport, [x, y]: Position): Position => [
  view.zoom * x + view.x,
  view.zoom * y + view.y,
];
