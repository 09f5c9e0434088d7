// What the tests of the contracts share. The files are the same truth for both halves: pytest reads
// them too.

/** A line as it stands in the file: a text as it is, anything else as JSON. */
export const lineText = (line: unknown): string =>
  typeof line === "string" ? line : JSON.stringify(line);

/** Equal but for the last digits of a sum, which may be added up in another order. */
export const rounded = (value: unknown): unknown => {
  if (typeof value === "number" && !Number.isInteger(value)) return Number(value.toPrecision(12));
  return Array.isArray(value) ? value.map(rounded) : value;
};
