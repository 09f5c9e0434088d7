// Converts one log line into styled pieces of text. Colours and weights are applied; every other
// escape sequence is dropped, and characters that would hide or reorder text are shown by name.

export interface Piece {
  text: string;
  /** Class names, empty for plain text. */
  style: string;
}

// CSI sequences, including truncated ones; OSC strings (titles, links), other two-character
// escapes.
const ESCAPE =
  /\x1b(?:\[([0-?]*)[ -/]*([@-~]?)|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])?/g;

// Control characters, and those that reverse the direction of text or have no width.
const HIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

interface Style {
  bold: boolean;
  faint: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  colour: string | null;
  background: string | null;
}

const plain = (): Style => ({
  bold: false,
  faint: false,
  italic: false,
  underline: false,
  inverse: false,
  colour: null,
  background: null,
});

/** Make invisible characters visible: control characters by their picture, others by number. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });

// Colours of the 256-colour and true-colour sets are mapped to the nearest of the eight, because
// only those have a readable value in each theme.
const nearest = (red: number, green: number, blue: number): string => {
  const most = Math.max(red, green, blue);
  if (most < 64) return "black";
  const bit = (value: number): number => (value > most * 0.6 ? 1 : 0);
  return COLOURS[bit(red) + 2 * bit(green) + 4 * bit(blue)]!;
};

const from256 = (index: number): string => {
  if (index < 16) return COLOURS[index % 8]!;
  if (index >= 232) return index < 240 ? "black" : "white";
  const cube = index - 16;
  const level = (value: number): number => (value === 0 ? 0 : 55 + 40 * value);
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
};

const apply = (style: Style, parameters: string): Style => {
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let next = style;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index]!;
    if (code === 0) next = plain();
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 2) next = { ...next, faint: true };
    else if (code === 3) next = { ...next, italic: true };
    else if (code === 4) next = { ...next, underline: true };
    else if (code === 7) next = { ...next, inverse: true };
    else if (code === 22) next = { ...next, bold: false, faint: false };
    else if (code === 23) next = { ...next, italic: false };
    else if (code === 24) next = { ...next, underline: false };
    else if (code === 27) next = { ...next, inverse: false };
    else if (code === 39) next = { ...next, colour: null };
    else if (code === 49) next = { ...next, background: null };
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
      next = { ...next, colour: COLOURS[code % 10]! };
    } else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) {
      next = { ...next, background: COLOURS[code % 10]! };
    } else if (code === 38 || code === 48) {
      const [kind, first = 0, second = 0, third = 0] = codes.slice(index + 1);
      const colour = kind === 5 ? from256(first) : nearest(first, second, third);
      index += kind === 5 ? 2 : 4;
      next = code === 38 ? { ...next, colour } : { ...next, background: colour };
    }
  }
  return next;
};

const classes = (style: Style): string =>
  [
    style.bold && "fj-bold",
    style.faint && "fj-faint",
    style.italic && "fj-italic",
    style.underline && "fj-underline",
    style.inverse && "fj-inverse",
    style.colour && `fj-fg-${style.colour}`,
    style.background && `fj-bg-${style.background}`,
  ]
    .filter(Boolean)
    .join(" ");

/** The last version of a line that is redrawn, as progress bars do in a terminal. */
export const afterReturns = (line: string): string => {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const start = text.lastIndexOf("\r");
  return start < 0 ? text : text.slice(start + 1) || text.slice(0, start);
};

/** The line as pieces with one style each. */
export const parse = (line: string): Piece[] => {
  const text = afterReturns(line);
  if (!/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\ufeff]/.test(text)) {
    return text ? [{ text, style: "" }] : [];
  }
  const pieces: Piece[] = [];
  let style = plain();
  let at = 0;
  const add = (raw: string): void => {
    if (!raw) return;
    const piece = { text: visible(raw), style: classes(style) };
    const before = pieces.at(-1);
    if (before && before.style === piece.style) before.text += piece.text;
    else pieces.push(piece);
  };
  for (const match of text.matchAll(ESCAPE)) {
    add(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] === "m") style = apply(style, match[1] ?? "");
  }
  add(text.slice(at));
  return pieces;
};

/** The text without any styling, as it is shown, searched and copied. */
export const textOf = (line: string): string =>
  parse(line)
    .map((piece) => piece.text)
    .join("");
