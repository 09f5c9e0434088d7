// One row of the log pane: the line's text in pieces, with the parts that matter standing out.

import { h } from "../ui/dom.js";
import { type Piece, parse } from "./ansi.js";

export type Level = "error" | "warning" | "";

// 2026-11-23 19:05:52,072 - fusion.core.simulation - INFO - message
const PREFIX =
  /^(\d{4}-\d\d-\d\d )(\d\d:\d\d:\d\d[,.]\d+)( - )((?:[\w-]+\.)*)([\w-]+)( - )(DEBUG|INFO|WARNING|ERROR|CRITICAL)( - )/;
const LEVEL = /^.{0,160}?\b(?:(ERROR|CRITICAL|FATAL|Traceback \(most)|(WARN|WARNING))\b/;
// The last line of a traceback.
const EXCEPTION = /^(?:\w+\.)*\w*(?:Error|Exception)(?::|$)/;

/** How serious a line is, by its level or the usual words at its beginning. */
export const levelOf = (text: string): Level => {
  const match = LEVEL.exec(text);
  if (!match) return EXCEPTION.test(text) ? "error" : "";
  return match[1] ? "error" : "warning";
};

/** Where a search finds something in a text, as pairs of start and end. */
export const matches = (text: string, pattern: RegExp | null): [number, number][] => {
  if (!pattern) return [];
  const found: [number, number][] = [];
  for (const match of text.matchAll(pattern)) {
    if (match[0].length > 0) found.push([match.index, match.index + match[0].length]);
    if (found.length >= 200) break;
  }
  return found;
};

// Class of each character range: the log's own prefix is quiet, so that the message stands out.
const parts = (text: string): [number, string][] => {
  const match = PREFIX.exec(text);
  if (!match) return [[text.length, ""]];
  const [, date, time, dash, modules, logger, dash2, level, dash3] = match as unknown as string[];
  const shown = level === "INFO" || level === "DEBUG" ? "fj-quiet" : "fj-level";
  const ranges: [string, string][] = [
    [date!, "fj-quiet"],
    [time!, "fj-time"],
    [dash!, "fj-quiet"],
    [modules!, "fj-quiet"],
    [logger!, "fj-logger"],
    [dash2!, "fj-quiet"],
    [level!, shown],
    [dash3!, "fj-quiet"],
    [text.slice(match[0].length), ""],
  ];
  let end = 0;
  return ranges.map(([part, style]) => [(end += part.length), style]);
};

/** Fill a row with a line. Everything goes in as text: a log can contain no markup. */
export const fillRow = (row: HTMLElement, line: string, pattern: RegExp | null): void => {
  const pieces: Piece[] = parse(line);
  const text = pieces.map((piece) => piece.text).join("");
  const found = matches(text, pattern);
  const ranges = parts(text);
  const cuts = new Set<number>([text.length]);
  let end = 0;
  for (const piece of pieces) cuts.add((end += piece.text.length));
  for (const [at] of ranges) cuts.add(at);
  for (const [from, to] of found) cuts.add(from).add(to);

  const nodes: Node[] = [];
  let start = 0;
  let piece = 0;
  let pieceEnd = pieces[0]?.text.length ?? 0;
  let range = 0;
  let match = 0;
  for (const stop of [...cuts].sort((a, b) => a - b)) {
    if (stop <= start) continue;
    while (pieceEnd <= start && piece + 1 < pieces.length) pieceEnd += pieces[++piece]!.text.length;
    while (range + 1 < ranges.length && ranges[range]![0] <= start) range += 1;
    while (match < found.length && found[match]![1] <= start) match += 1;
    const style = [pieces[piece]!.style, ranges[range]![1]].filter(Boolean).join(" ");
    const content = text.slice(start, stop);
    const marked = match < found.length && found[match]![0] <= start;
    if (marked) nodes.push(h("mark", { class: style || null }, content));
    else if (style) nodes.push(h("span", { class: style }, content));
    else nodes.push(document.createTextNode(content));
    start = stop;
  }
  row.replaceChildren(...nodes);
  const level = levelOf(text);
  row.className = level ? `fj-row fj-${level}` : "fj-row";
};
