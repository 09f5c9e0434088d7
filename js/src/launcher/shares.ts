// Shares of bandwidth classes: the text of an option, and its parts as they stand in controls.

const PAIR = /^\s*(["'])(.*?)\1\s*:\s*([^,{}[\]]*?)\s*$/;

/** Class to share as text; null where the text is no such mapping. */
export const readShares = (text: string): Map<string, string> | null => {
  const inside = /^\s*\{(.*)\}\s*$/s.exec(text);
  if (!inside) return null;
  const shares = new Map<string, string>();
  for (const part of inside[1]!.split(",")) {
    const pair = PAIR.exec(part);
    if (!pair) return null;
    shares.set(pair[2]!, pair[3]!);
  }
  return shares;
};

/** The text of an option, also where a share is no number yet. */
export const sharesText = (shares: ReadonlyMap<string, string>): string =>
  `{${[...shares].map(([name, share]) => `${JSON.stringify(name)}: ${share}`).join(", ")}}`;

/** The sum; null where a share is no number. */
export const sumOf = (shares: ReadonlyMap<string, string>): number | null => {
  const values = [...shares.values()].map((share) =>
    share.trim() === "" ? Number.NaN : Number(share),
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return Number.isFinite(sum) ? sum : null;
};
