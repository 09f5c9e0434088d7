import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FilesPane, loadLine } from "../../src/files/files_pane.js";
import type { FileInfo, RunFiles } from "../../src/files/run_files.js";
import { button, drawn, layout, until, words } from "../layout.js";

const file = (path: string, more: Partial<FileInfo> = {}): FileInfo => ({
  path,
  size: 1000,
  modified: 100,
  kind: "json",
  ...more,
});

const source: RunFiles = {
  kind: "kernel",
  read: async () => ({ bytes: new TextEncoder().encode('{"a": 1}'), size: 8 }),
  cancel: async () => undefined,
  url: async () => null,
  folder: () => null,
};

let restore: () => void;
let files: FileInfo[];
let note: string;
let problem: Error | null;
let listings: number;
let pane: FilesPane;

beforeEach(() => {
  restore = layout(600, 234);
  files = [file("s1/300.0_erlang.json"), file("s1/400.0_erlang.json", { size: 5000 })];
  note = "";
  problem = null;
  listings = 0;
  pane = new FilesPane({
    id: "0123456789ab",
    files: async () => source,
    list: async () => {
      listings += 1;
      if (problem) throw problem;
      return { files, note };
    },
    table: async () => ({ columns: [], rows: [], total_rows: 0, total_columns: 0 }),
    now: () => 172,
    ended: () => false,
  });
  document.body.replaceChildren(pane.element);
});
afterEach(() => {
  pane.dispose();
  restore();
  vi.restoreAllMocks();
});

const names = (): string[] =>
  [...pane.element.querySelectorAll(".fj-open")].map((each) => words(each));
const listed = async (): Promise<void> => {
  pane.update(listings + 1);
  await until(() => names().length > 0);
};

test("files are listed with size, age and kind, once for each change", async () => {
  expect(words(pane.element)).toContain("No files yet");
  await listed();
  expect(names()).toEqual(["s1/300.0_erlang.json", "s1/400.0_erlang.json"]);
  expect(words(pane.element)).toContain("2 files · 6.00 kB");
  expect(words(pane.element)).toContain("1 min ago");
  pane.update(1);
  await drawn();
  expect(listings).toBe(1);
});

test("a chosen file shows the line that loads it, which can be copied", async () => {
  const copied: string[] = [];
  vi.stubGlobal("navigator", {
    clipboard: { writeText: async (text: string) => copied.push(text) },
  });
  await listed();
  button(pane.element, "s1/300.0_erlang.json").click();
  await drawn();
  const line = loadLine("0123456789ab", "s1/300.0_erlang.json");
  expect(words(pane.element.querySelector("code"))).toBe(line);
  button(pane.element, "Copy the line that loads this file").click();
  await until(() => copied.length === 1);
  expect(copied[0]).toBe('fj.run("0123456789ab").load("s1/300.0_erlang.json")');
  button(pane.element, "s1/300.0_erlang.json").click();
  await drawn();
  expect(pane.element.querySelector<HTMLElement>(".fj-detail")!.hidden).toBe(true);
  vi.unstubAllGlobals();
});

test("the preview follows the choice, and closes with it", async () => {
  await listed();
  button(pane.element, "s1/300.0_erlang.json").click();
  await drawn();
  button(pane.element, "Preview").click();
  await until(() => pane.element.querySelectorAll(".fj-preview td").length === 2);
  expect(button(pane.element, "Close preview").getAttribute("aria-expanded")).toBe("true");
  button(pane.element, "s1/300.0_erlang.json").click();
  await drawn();
  expect(pane.element.querySelector<HTMLElement>(".fj-preview")!.hidden).toBe(true);
});

test("arrow keys go from file to file and take the focus along", async () => {
  await listed();
  const body = pane.element.querySelector<HTMLElement>(".fj-table-body")!;
  const press = (key: string): void => {
    (document.activeElement === document.body ? body : document.activeElement!).dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
  };
  body.focus();
  press("ArrowDown");
  press("ArrowDown");
  await drawn();
  expect(words(document.activeElement)).toBe("s1/400.0_erlang.json");
  press("ArrowUp");
  await drawn();
  expect(words(document.activeElement)).toBe("s1/300.0_erlang.json");
  expect(words(pane.element.querySelector("code"))).toContain("300.0");
});

test("four rows are shown until more are asked for, and five need no asking", async () => {
  files = [..."abcde"].map((letter) => file(`${letter}.csv`));
  await listed();
  const more = () => pane.element.querySelector<HTMLElement>(".fj-more")!;
  expect([names().length, more().hidden]).toEqual([5, true]);
  files = [..."abcdefghijklmnop"].map((letter) => file(`${letter}.csv`));
  pane.update(77);
  await until(() => !more().hidden);
  expect(names()).toEqual(["a.csv", "b.csv", "c.csv", "d.csv"]);
  expect(words(more())).toBe("12 more");
  button(pane.element, "12 more").click();
  expect(names().length).toBeGreaterThan(9);
  button(pane.element, "Show fewer").click();
  expect(names().length).toBe(4);
});

test("folders are rows that close, and many files can be filtered", async () => {
  files = [..."abcdefghij"].map((letter) => file(`${letter < "f" ? "x" : "y"}/${letter}.csv`));
  await listed();
  button(pane.element, "7 more").click();
  expect(names().filter((name) => name.startsWith("▾"))).toEqual(["▾ x/", "▾ y/"]);
  const folder = pane.element.querySelector<HTMLButtonElement>(".fj-folder")!;
  folder.click();
  expect(folder.getAttribute("aria-expanded")).toBe("false");
  expect(names()).not.toContain("a.csv");
  const filter = pane.element.querySelector<HTMLInputElement>(".fj-filter")!;
  expect(filter.hidden).toBe(false);
  filter.value = "J.CSV";
  filter.dispatchEvent(new Event("input"));
  await drawn();
  expect(names()).toEqual(["y/j.csv"]);
});

test("what a listing lacks, or why there is none, is said beside the files", async () => {
  note = "2 new entries not listed while the kernel is away";
  await listed();
  expect(words(pane.element.querySelector(".fj-problem"))).toBe(note);
  problem = new Error("output: the server answered 500");
  pane.update(99);
  await until(() => words(pane.element.querySelector(".fj-problem")).includes("500"));
  expect(names().length, "what was listed stays").toBe(2);
});

test("a file that the server does not give is downloaded in pieces", async () => {
  const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
  const clicked: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    clicked.push(`${this.href} ${this.download}`);
  });
  await listed();
  button(pane.element, "s1/300.0_erlang.json").click();
  await drawn();
  button(pane.element, "Download").click();
  await until(() => clicked.length === 1);
  expect(clicked[0]).toBe("blob:x 300.0_erlang.json");
  expect((made.mock.calls[0]![0] as Blob).size).toBe(8);
});
