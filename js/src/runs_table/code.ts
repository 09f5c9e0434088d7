// The lines of Python that do what the table's buttons do.

import { quoted } from "./query.js";

export type Action = "compare" | "cancel" | "delete" | "tag" | "untag" | "export";

export interface Details {
  tag?: string;
  path?: string;
}

/**
 * The line that does this to these runs.
 * @param found a call that finds just these runs, where there is one: shorter than their ids
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
