// Descriptions of a point and of the whole sweep, in words.

import type { Point, PointState } from "../types.js";
import * as format from "../ui/format.js";
import { statusWord } from "../watch/situation.js";
import type { PooledPoint } from "./repeats.js";
import type { SweepClient, SweepPoint } from "./sweep_client.js";

/** Status words in display order. */
const ORDER = ["running", "waiting", "cancelling", "failed", "cancelled", "unknown", "deleted"];

/** The status of a run, as one word. */
export const wordOf = (state: PointState | null): string => {
  if (state === null) return "not known yet";
  if (state.status === null) return "deleted";
  return statusWord({ status: state.status, cancelling: state.cancelling, problem: null });
};

/**
 * Whether the run must be repeated for its point to have a result, as `is_useless` in
 * fusion_jupyter/manager/reuse.py. A run that was deleted has no status.
 */
export const isUseless = ({ state }: Pick<SweepPoint, "state">): boolean => {
  if (state === null) return false;
  const { status, problem } = state;
  // What another user or a newer version has written may be complete.
  if (status === "UNKNOWN") return problem === "damaged" || problem === "gone";
  return status === null || status === "FAILED" || status === "CANCELLED";
};

/** The known point of a run at a load; null as the load: the last known one. */
export const blockingAt = (state: PointState | null, load: number | null): Point | null => {
  const known = (state?.points ?? []).filter((point) => point[1] !== null);
  if (load === null) return known.at(-1) ?? null;
  return known.find((point) => point[0] === load) ?? null;
};

const value = ([, blocking]: Point): string =>
  blocking === 0 ? "none" : format.probability(blocking ?? 0);

/** Content of a cell. */
export const cellText = (state: PointState | null, load: number | null): string => {
  const at = blockingAt(state, load);
  if (state?.status === "COMPLETED") return at ? value(at) : "–";
  if (state?.status === "RUNNING" && !state.cancelling) {
    return load !== null && at?.[4] ? value(at) : format.percent(Math.min(state.fraction, 0.999));
  }
  return state === null ? "" : wordOf(state);
};

/** The values of a point: "network NSFNet, k_paths 3". */
export const parametersText = (parameters: readonly string[], values: readonly string[]): string =>
  parameters.map((name, index) => `${name} ${values[index]}`).join(", ");

/** How many of a point's runs are done: "2 of 3 repeats done · 1 failed"; empty for only one run. */
const repeatsText = (repeats: readonly SweepPoint[]): string => {
  if (repeats.length < 2) return "";
  const done = repeats.filter(({ state }) => state?.status === "COMPLETED").length;
  const rest = totals(repeats);
  return done === repeats.length
    ? `${done} repeats`
    : `${done} of ${repeats.length} repeats done${rest && ` · ${rest}`}`;
};

/** Description of a point, in one line. */
export const pointText = ({ state, repeats }: Shown, load: number | null): string => {
  const parts = [wordOf(state)];
  if (state?.status === "RUNNING") parts.push(format.percent(Math.min(state.fraction, 0.999)));
  const at = blockingAt(state, load);
  if (at) {
    const blocking =
      at[1] === 0 ? "no blocking observed" : `blocking ${value(at)}${format.margin(at[2])}`;
    parts.push(`${blocking} at ${format.load(at[0])} Erlang`);
  }
  const runs = repeatsText(repeats);
  if (runs) parts.push(runs);
  if (state?.error) parts.push(state.error);
  return parts.join(" · ");
};

/** The part of a point that its description depends on. */
type Shown = Pick<PooledPoint, "state" | "repeats">;

/** Number of points by status, without completed ones: "4 running · 1 failed". */
export const totals = (points: readonly SweepPoint[]): string => {
  const counts = new Map<string, number>();
  for (const { state } of points) {
    const word = wordOf(state);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return ORDER.filter((word) => counts.has(word))
    .map((word) => `${format.count(counts.get(word)!)} ${word}`)
    .join(" · ");
};

/** Time in words: 400 seconds -> "7 min". */
export const roughly = (seconds: number): string => {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Message about the whole sweep besides its numbers; empty if there is none. */
export const message = (client: Told): string => {
  const { snapshot, settled, silent, read } = client;
  if (snapshot.gone) return "This sweep was deleted. This is its last known state.";
  if (settled || !silent) return "";
  const again = "Execute the cell again";
  if (read > 0) {
    return `The kernel is away; this view reads the runs' files itself. ${again} to retry points or open their runs.`;
  }
  return `The kernel is away; this is the state of ${format.moment(snapshot.now)}. ${again} to see the current state.`;
};

/** The part of the client that the message depends on. */
type Told = Pick<SweepClient, "snapshot" | "settled" | "silent" | "read">;
