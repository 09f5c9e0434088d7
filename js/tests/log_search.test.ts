import { expect, test } from "vitest";
import { compile, LineMatcher } from "../src/log/line_matcher.js";
import { LogSearch } from "../src/log/log_search.js";
import { LineIndex, type LogReader, LogStore } from "../src/log/log_store.js";
import { ScrollModel } from "../src/ui/scroll_model.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

// A generator with a seed, so that a failure can be seen again.
const random = (seed: number) => () =>
  (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;

/** A file in memory, at the boundary of the server. */
class File implements LogReader {
  bytes: Uint8Array = new Uint8Array(0);
  reads = 0;
  append(text: string): void {
    const more = encode(text);
    const whole = new Uint8Array(this.bytes.length + more.length);
    whole.set(this.bytes);
    whole.set(more, this.bytes.length);
    this.bytes = whole;
  }
  async read(start: number, end: number) {
    this.reads += 1;
    return { bytes: this.bytes.slice(start, end), size: this.bytes.length };
  }
  async index() {
    return null;
  }
}

test("a text cut into pieces anywhere gives the same lines", () => {
  const next = random(7);
  for (let round = 0; round < 300; round += 1) {
    const lines = Array.from(
      { length: 8 },
      () => "aä\u2028€😀x".repeat(Math.floor(next() * 3)) + (next() < 0.3 ? "Hit" : ""),
    );
    const bytes = encode(`${lines.join("\n")}\n`);
    const matcher = new LineMatcher(compile("hit", false, false)!);
    const found: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + Math.floor(next() * 9);
      found.push(...matcher.take(bytes.subarray(at, at + size)));
      at += size;
    }
    const expected = lines.flatMap((line, number) => (line.includes("Hit") ? [number] : []));
    expect(found).toEqual(expected);
    expect(matcher.lines).toBe(lines.length);
  }
});

test("words are taken as they are, patterns as patterns, and case as it is wished", () => {
  const count = (query: string, regular: boolean, matchCase: boolean): number =>
    new LineMatcher(compile(query, regular, matchCase)!).take(
      encode("a.b\nA.B\nacb\n\x1b[31ma\x1b[0m.b\n"),
    ).length;
  expect([count("a.b", false, false), count("a.b", false, true), count("a.b", true, true)]).toEqual(
    [3, 2, 3],
  );
  expect(compile("", false, false)).toBeNull();
  expect(() => compile("(", true, false)).toThrow(SyntaxError);
});

test("a line of many megabytes counts once, and does not fill the memory", () => {
  const matcher = new LineMatcher(compile("x{3}", true, false)!);
  const found: number[] = [];
  for (let n = 0; n < 5; n += 1) found.push(...matcher.take(encode("x".repeat(900_000))));
  found.push(...matcher.take(encode("\nxxx\n")));
  expect(found).toEqual([0, 1]);
});

test("a search goes through all of a large log, and on where the log grows", async () => {
  const file = new File();
  const line = (n: number) =>
    `${String(n).padStart(7, "0")} ${n % 1000 === 0 ? "needle" : "hay"} ${"-".repeat(40)}\n`;
  file.append(Array.from({ length: 60_000 }, (_, n) => line(n)).join(""));
  const search = new LogSearch(file, compile("needle", false, false)!, () => undefined);
  await search.run();
  expect([search.total, search.found[59], search.searched]).toEqual([
    60,
    59_000,
    file.bytes.length,
  ]);
  const read = file.reads;
  await search.run();
  expect(file.reads - read).toBeLessThanOrEqual(1);
  file.append(Array.from({ length: 1001 }, (_, n) => line(60_000 + n)).join(""));
  await search.run();
  expect(search.found.slice(-2)).toEqual([60_000, 61_000]);
  expect(search.lines).toBe(61_001);
});

test("every line of a log is found by its number, wherever the blocks are cut", async () => {
  const file = new File();
  const next = random(3);
  const lines = Array.from(
    { length: 9000 },
    (_, n) =>
      `${n} ${"y".repeat(Math.floor(next() * 60))}${n % 700 === 0 ? "z".repeat(70_000) : ""}`,
  );
  file.append(`${lines.join("\n")}\n`);
  const store = new LogStore(file, () => undefined);
  store.update({ count: lines.length, tail: { first: lines.length - 1, lines: [lines.at(-1)!] } });
  for (const number of [0, 1, 699, 700, 701, 4321, 8399, 8400, 8401, 8999]) {
    const [text] = await store.lines(number, number);
    expect(text!.slice(0, 50)).toBe(lines[number]!.slice(0, 50));
  }
});

test("an index made in pieces is the one that is made at once", () => {
  const bytes = encode("ab\n\nc".repeat(60_000));
  const whole = new LineIndex();
  whole.scan(bytes);
  const parts = new LineIndex();
  const next = random(11);
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(next() * 30_000);
    parts.scan(bytes.subarray(at, at + size));
    at += size;
  }
  expect([parts.before, parts.size, parts.newlines]).toEqual([
    whole.before,
    whole.size,
    whole.newlines,
  ]);
});

test("the scroll bar reaches every one of ten million lines", () => {
  const scroll = new ScrollModel();
  const sizes = { total: 10_000_000, height: 360, wrap: false };
  scroll.resize(sizes);
  expect(scroll.top).toBe(10_000_000 - 20);
  scroll.scrolled(0);
  expect([scroll.top, scroll.follow]).toEqual([0, false]);
  for (let n = 0; n < 5; n += 1) scroll.move(1);
  expect(scroll.top).toBe(5);
  scroll.reveal(7_654_321);
  scroll.resize({ ...sizes, total: 10_000_100 });
  expect(Math.abs(scroll.top - 7_654_321)).toBeLessThan(20);
  scroll.scrolled(scroll.space - 360);
  expect(scroll.follow).toBe(true);
});
