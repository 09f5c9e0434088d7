import { expect, test } from "vitest";
import { Tail } from "../../src/watch/tail.js";
import { GrowingFile } from "../growing_file.js";
import { random } from "../random.js";

const lines = async (tail: Tail): Promise<string[]> => (await tail.poll()).lines;

test("lines come when they are finished, however the file grows", async () => {
  const next = random(5);
  const expected = Array.from({ length: 300 }, (_, n) => `${n} ${"ä€😀".repeat(n % 4)}`);
  const bytes = new TextEncoder().encode(`${expected.join("\n")}\n`);
  const file = new GrowingFile();
  const tail = new Tail(file);
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(next() * 40);
    file.append(bytes.slice(at, at + size));
    at += size;
    found.push(...(await lines(tail)));
  }
  expect(found).toEqual(expected);
});

test("a file that is not there yet has no lines, and then all of them", async () => {
  const file = new GrowingFile();
  file.missing = true;
  const tail = new Tail(file);
  expect(await tail.poll()).toEqual({ lines: [], restarted: false });
  file.missing = false;
  file.append("first\n");
  expect(await lines(tail)).toEqual(["first"]);
});

test("joined in the middle of a line, that line is left out", async () => {
  const file = new GrowingFile();
  file.append("abc\ndef\nghi\n");
  expect(await lines(new Tail(file, 2, true))).toEqual(["def", "ghi"]);
  expect(await lines(new Tail(file, 4))).toEqual(["def", "ghi"]);
});

test("a shorter file is another one, whose lines begin anew", async () => {
  const file = new GrowingFile();
  file.append("one\ntwo\nthr");
  const tail = new Tail(file);
  await tail.poll();
  file.replace("new\n");
  expect(await tail.poll()).toEqual({ lines: ["new"], restarted: true });
  expect(await tail.poll()).toEqual({ lines: [], restarted: false });
});

test("a mark of byte order stays in its line", async () => {
  const file = new GrowingFile();
  file.append("\ufeffa\n");
  expect(await lines(new Tail(file))).toEqual(["\ufeffa"]);
});

test("a large file is read in pieces", async () => {
  const file = new GrowingFile();
  file.append("x".repeat(99).concat("\n").repeat(20_000));
  expect((await lines(new Tail(file))).length).toBe(20_000);
  expect(file.reads).toBeGreaterThan(3);
});
