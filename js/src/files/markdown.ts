// Markdown as people write it into notes: headings, lists, code, emphasis, links. Everything becomes
// an element of our own or a text node, so that a file can bring neither markup nor addresses that
// a browser would load by itself.

import { html, type nothing, type TemplateResult } from "lit-html";
import { visible } from "../log/ansi.js";

type Part = TemplateResult | string | typeof nothing;

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|!?\[([^\]]*)\]\(([^()\s]*)\)/;

/** Longer lines are shown as they are: a hostile one could take long. */
const LONGEST_INLINE = 4000;

/** A line's emphasis, code and links. Pictures are their description. */
const inline = (text: string): Part[] => {
  if (text.length > LONGEST_INLINE) return [visible(text)];
  const parts: Part[] = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    const [all, code, bold, italic, label, address = ""] = match;
    parts.push(visible(rest.slice(0, match.index)));
    if (code !== undefined) parts.push(html`<code>${visible(code)}</code>`);
    else if (bold !== undefined) parts.push(html`<b>${inline(bold)}</b>`);
    else if (italic !== undefined) parts.push(html`<em>${inline(italic)}</em>`);
    else if (!all.startsWith("!") && /^https?:\/\//i.test(address)) {
      parts.push(html`<a href=${address} title=${visible(address)} target="_blank"
        rel="noopener noreferrer">${visible(label || address)}</a>`);
    } else parts.push(visible(label ?? ""));
    rest = rest.slice(match.index + all.length);
  }
  return [...parts, visible(rest)];
};

const heading = (level: number, text: string): TemplateResult =>
  html`<div class="fj-heading" role="heading" aria-level=${level + 2}>${inline(text)}</div>`;

const list = (lines: string[]): TemplateResult => {
  const items = lines.map((line) => {
    const [, indent = "", text = ""] = /^(\s*)(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line) ?? [];
    const depth = Math.min(6, Math.floor(indent.length / 2));
    return html`<li style="margin-left: ${depth * 16}px">${inline(text)}</li>`;
  });
  return /^\s*\d/.test(lines[0]!) ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`;
};

const isItem = (line: string): boolean => /^\s*(?:[-*+]|\d+[.)])\s+\S/.test(line);
const isFence = (line: string): boolean => /^\s*(?:```|~~~)/.test(line);
const headingOf = (line: string) => /^(#{1,4})\s+(.*)$/.exec(line);

/** A text as elements. */
export const markdown = (text: string): TemplateResult => {
  const lines = text.split(/\r?\n/);
  const blocks: TemplateResult[] = [];
  let at = 0;
  const takeWhile = (fits: (line: string) => boolean): string[] => {
    const first = at;
    while (at < lines.length && fits(lines[at]!)) at += 1;
    return lines.slice(first, at);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const found = headingOf(line);
    if (isFence(line)) {
      at += 1;
      const code = takeWhile((each) => !isFence(each)).join("\n");
      at += 1;
      blocks.push(html`<pre class="fj-preview-text">${visible(code)}</pre>`);
    } else if (found) {
      at += 1;
      blocks.push(heading(found[1]!.length, found[2]!));
    } else if (isItem(line)) blocks.push(list(takeWhile(isItem)));
    else if (line.trim() === "") at += 1;
    else {
      const plain = (each: string): boolean =>
        each.trim() !== "" && !isItem(each) && !isFence(each) && !headingOf(each);
      blocks.push(html`<p>${inline(takeWhile(plain).join("\n"))}</p>`);
    }
  }
  return html`<div class="fj-markdown">${blocks}</div>`;
};
