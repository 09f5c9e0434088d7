// One row of the log pane: the line's text in pieces, with the important parts emphasised.

import { h } from "../ui/dom.js";
import { type Piece, parse } from "./ansi.js";
import { type LineParts, partsOf } from "./line_parts.js";

/** Height of a line in pixels. */
export const LINE_HEIGHT = 18;

/** Finds matches in a text, as pairs of start and end. */
export const matches = (text: string, pattern: RegExp | null): [number, number][] => {
  if (!pattern) return [];
  const found: [number, number][] = [];
  for (const match of text.matchAll(pattern)) {
    if (match[0].length > 0) found.push([match.index, match.index + match[0].length]);
    if (found.length >= 200) break;
  }
  return found;
};

const DASH = " - ";

/** Ends and classes of a line's parts: the prefix is subdued, so that the message stands out. */
const rangesOf = ({ date, time, logger, level, message }: LineParts): [number, string][] => {
  const own = logger.lastIndexOf(".") + 1;
  const loud = level !== "INFO" && level !== "DEBUG";
  const parts: [string, string][] = date
    ? [
        [`${date} `, "fj-quiet"],
        [time, "fj-time"],
        [DASH + logger.slice(0, own), "fj-quiet"],
        [logger.slice(own), "fj-logger"],
        [DASH, "fj-quiet"],
        [level, loud ? "fj-level" : "fj-quiet"],
        [DASH, "fj-quiet"],
        [message, ""],
      ]
    : [[message, ""]];
  let end = 0;
  return parts.map(([part, style]) => {
    end += part.length;
    return [end, style];
  });
};

/** Fill a row with a line. Everything is inserted as text, so a log cannot contain markup. */
export const fillRow = (row: HTMLElement, line: string, pattern: RegExp | null): void => {
  const pieces: Piece[] = parse(line);
  const text = pieces.map((piece) => piece.text).join("");
  const found = matches(text, pattern);
  const lineParts = partsOf(text);
  const ranges = rangesOf(lineParts);
  const cuts = new Set<number>([text.length]);
  let end = 0;
  for (const piece of pieces) {
    end += piece.text.length;
    cuts.add(end);
  }
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
    while (pieceEnd <= start && piece + 1 < pieces.length) {
      piece += 1;
      pieceEnd += pieces[piece]!.text.length;
    }
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
  const { severity } = lineParts;
  row.className = severity ? `fj-row fj-${severity}` : "fj-row";
};
