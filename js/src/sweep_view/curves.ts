// The curves of all points as series of one chart.

import type { Series } from "../charts/blocking_chart.js";
import type { Looks } from "./looks.js";
import type { Pooled } from "./repeats.js";
import { parametersText } from "./wording.js";

/** Curves of the points that have one. */
export const curvesOf = ({ names, points }: Pooled, looks: Looks): Series[] =>
  points.flatMap(({ run, values, state }) => {
    const known = state?.points ?? [];
    if (!known.some((point) => point[1] !== null)) return [];
    const { shade, dash } = looks.of(values);
    return [
      { points: known, label: parametersText(names, values), key: run, dash, shade: shade ?? 1 },
    ];
  });
