// The next number up or down, in steps that fit its size.

/** The step for a number: a tenth of its size or so, 1 for whole numbers that are small. */
export const stepOf = (value: number, whole: boolean): number => {
  const size = Math.abs(value);
  if (size === 0) return whole ? 1 : 0.1;
  const power = 10 ** Math.floor(Math.log10(size));
  // 300 goes to 400, and 100 to 90: the same way back.
  const step = size === power ? power / 10 : power;
  return whole ? Math.max(1, step >= 100 ? step : 1) : step;
};

/** The text of the next number; null where the text is none. */
export const stepped = (text: string, direction: 1 | -1, whole: boolean): string | null => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return null;
  const size = Math.abs(value);
  const power = size === 0 ? 1 : 10 ** Math.floor(Math.log10(size));
  const up = direction * value >= 0;
  const step = size === power && up ? Math.max(stepOf(value * 1.5, whole)) : stepOf(value, whole);
  return String(Number((value + direction * step).toPrecision(12)));
};
