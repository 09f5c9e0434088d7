// Names of nodes: inside the circle if they are short, else beside it if there is room. The picture
// of a saved notebook does the same, see fusion_jupyter/maps/svg.py.

import { BESIDE, LETTER_WIDTH, LONGEST_INSIDE, type NetworkMap, NODE_RADIUS } from "../types.js";
import type { Position } from "./viewport.js";

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Whether all names of a map fit into the circles of their nodes. */
export const areShort = ({ nodes }: NetworkMap): boolean =>
  nodes.every(([name]) => name.length <= LONGEST_INSIDE);

const overlap = (a: Box, b: Box): boolean =>
  a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

/** Numbers of the nodes whose names have room; of two in the same position, the first is shown. */
export const readable = ({ nodes }: NetworkMap, positions: readonly Position[]): Set<number> => {
  const dots = positions.map(
    ([x, y]): Box => [x - NODE_RADIUS, y - NODE_RADIUS, x + NODE_RADIUS, y + NODE_RADIUS],
  );
  const taken: Box[] = [];
  const shown = new Set<number>();
  nodes.forEach(([name, , , side], number) => {
    const [x, y] = positions[number]!;
    const [right, below, align] = BESIDE[side];
    const wide = LETTER_WIDTH * name.length;
    const left = x + right - (align === "start" ? 0 : align === "end" ? wide : wide / 2);
    const box: Box = [left, y + below - 9, left + wide, y + below + 2];
    const others = dots.filter((_, at) => at !== number);
    if ([...taken, ...others].some((other) => overlap(box, other))) return;
    taken.push(box);
    shown.add(number);
  });
  return shown;
};
