// The lines of Python equivalent to the table's buttons.

import { quoted } from "./query.js";

export type Action = "compare" | "cancel" | "delete" | "tag" | "untag" | "export";

export interface Details {
  tag?: string;
  path?: string;
}

/**
 * The line that performs this action on these runs.
 * @param found a call that finds exactly these runs, if there is one, which is shorter than their
 * ids
 */
export const actionCode = (
  action: Action,
  ids: readonly string[],
  found: string | null,
  { tag = "", path = "runs.zip" }: Details = {},
): string => {
  const list = `[${ids.map(quoted).join(", ")}]`;
  const runs = found ?? list;
  if (action === "compare") return `fj.compare(${runs})`;
  if (action === "export") return `fj.export(${runs}, ${quoted(path)})`;
  const call = {
    cancel: "cancel()",
    delete: "delete()",
    tag: `tag(${quoted(tag)})`,
    untag: `untag(${quoted(tag)})`,
  }[action];
  if (found === null && ids.length === 1) return `fj.run(${quoted(ids[0]!)}).${call}`;
  return `for run in ${found ?? `map(fj.run, ${list})`}: run.${call}`;
};
