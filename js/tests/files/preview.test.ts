import { render } from "lit-html";
import { expect, test, vi } from "vitest";
import { preview } from "../../src/files/preview.js";
import { PreviewPane } from "../../src/files/preview_pane.js";
import type { FileInfo, RunFiles } from "../../src/files/run_files.js";
import type { Grid } from "../../src/types.js";
import { until, words } from "../layout.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Files in memory, at the boundary of the server and the kernel. */
const filesOf = (contents: Record<string, Uint8Array>): RunFiles => ({
  kind: "kernel",
  read: async (path, start, end) => {
    const bytes = contents[path.replace(/^output\//, "")];
    if (!bytes) throw new Error(`${path} cannot be read`);
    return { bytes: bytes.slice(start, end), size: bytes.length };
  },
  cancel: async () => undefined,
  url: async () => null,
  folder: () => null,
});

const file = (path: string, size: number): FileInfo => ({ path, size, modified: 0, kind: "" });

const table = async (path: string): Promise<Grid> => {
  if (path.startsWith("bad")) throw new Error("it is not a whole npy file");
  return { columns: ["a"], rows: [[1], ["<b>x</b>"]], total_rows: 900, total_columns: 1 };
};

const show = async (name: string, content: string | Uint8Array): Promise<HTMLElement> => {
  const bytes = typeof content === "string" ? encode(content) : content;
  const { content: shown } = await preview(
    filesOf({ [name]: bytes }),
    file(name, bytes.length),
    table,
  );
  const element = document.createElement("div");
  render(shown, element);
  return element;
};

test("JSON and separated values are tables, numbers to the right", async () => {
  const json = await show("a.json", '[{"load": 300, "name": "<b>x</b>"}]');
  expect([...json.querySelectorAll("th")].map((cell) => words(cell))).toEqual(["load", "name"]);
  expect(json.querySelector("td")!.className).toBe("fj-right");
  expect(json.querySelector("b")).toBeNull();
  expect((await show("a.csv", "a,b\n1,2\n")).querySelectorAll("td").length).toBe(2);
  expect((await show("a.tsv", "a\tb\n1\t2\n")).querySelectorAll("td").length).toBe(2);
});

test("JSON that is torn is shown as text and says so", async () => {
  const torn = await show("a.json", '{"a": ');
  expect(words(torn.querySelector("pre"))).toBe('{"a":');
  expect(words(torn)).toContain("Not complete JSON");
});

test("a long table and a long text say what part is shown", async () => {
  const rows = Array.from({ length: 500 }, (_, n) => ({ n }));
  expect(words(await show("a.json", JSON.stringify(rows)))).toContain("the first 200 of 500 rows");
  expect(words(await show("a.txt", "x".repeat(30_000)))).toContain("The first 20,000 characters");
  expect(words(await show("a.log", "y".repeat(300_000)))).toMatch(/The first/);
});

test("hidden characters of a file are shown by name", async () => {
  expect(words(await show("a.txt", "safe\u202egnp.exe"))).toContain("⟨U+202E⟩");
});

test("binary data is not shown", async () => {
  expect(words(await show("a.bin", new Uint8Array([1, 0, 2])))).toContain("Binary data");
});

test("a picture is a picture, and one that is too large is not read", async () => {
  const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
  const shown = await show("plot.png", new Uint8Array(10));
  expect(shown.querySelector("img")!.getAttribute("alt")).toBe("plot.png");
  const large = await preview(filesOf({}), file("huge.png", 20_000_000), table);
  const element = document.createElement("div");
  render(large.content, element);
  expect(words(element)).toContain("too large");
  made.mockRestore();
});

test("arrays and Parquet are read by the kernel", async () => {
  const shown = await show("x/a.npy", "");
  expect(words(shown)).toContain("the first 200 of 900 rows");
  expect(shown.querySelector("b")).toBeNull();
  await expect(show("bad.parquet", "")).rejects.toThrow("not a whole npy file");
});

test("a PDF is given to the browser's own viewer as what it says it is", async () => {
  const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
  const shown = await show("plot.pdf", "<script>alert(1)</script>");
  expect(shown.querySelector("object")!.getAttribute("type")).toBe("application/pdf");
  expect((made.mock.calls[0]![0] as Blob).type).toBe("application/pdf");
  made.mockRestore();
});

test("Markdown is elements of ours and text, whatever stands in it", async () => {
  const text = [
    "# Notes *here*",
    "Some **bold** and `code <i>`,",
    "<img src=x onerror=alert(1)> ![pic](http://x.test/p.png)",
    "",
    "- one",
    "  - two [good](https://a.test/b) [bad](javascript:alert(1))",
    "```py",
    "# no heading <b>",
    "```",
  ].join("\n");
  const shown = await show("notes.md", text);
  expect(words(shown.querySelector('[role="heading"]'))).toBe("Notes here");
  expect(shown.querySelector("em")!.textContent).toBe("here");
  expect(words(shown.querySelector("code"))).toBe("code <i>");
  expect(shown.querySelectorAll("img, i, script").length).toBe(0);
  expect([...shown.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual([
    "https://a.test/b",
  ]);
  expect(shown.querySelector("a")!.rel).toBe("noopener noreferrer");
  expect(shown.querySelectorAll("li").length).toBe(2);
  expect(shown.querySelector("pre")!.textContent).toBe("# no heading <b>");
  expect(words(await show("a.md", "*a ".repeat(6000)))).toContain("*a *a");
});

test("an extension that is a name of JavaScript's is no picture", async () => {
  expect(words(await show("a.constructor", "text"))).toBe("text");
});

test("the pane shows the file that was chosen last, and what went wrong", async () => {
  const contents: Record<string, Uint8Array> = {
    "a.txt": encode("first"),
    "b.txt": encode("second"),
  };
  let release: () => void = () => undefined;
  const slow = new Promise<void>((done) => {
    release = done;
  });
  const files = filesOf(contents);
  const pane = new PreviewPane(async () => files, table);
  const read = files.read;
  files.read = async (path, start, end) => {
    if (path.endsWith("a.txt")) await slow;
    return read(path, start, end);
  };
  const first = pane.open(file("a.txt", 5));
  await pane.open(file("b.txt", 6));
  release();
  await first;
  expect(words(pane.element)).toBe("second");
  await pane.open(file("gone.txt", 5));
  await until(() => words(pane.element).includes("cannot be read"));
  expect(pane.isOpen).toBe(true);
  pane.close();
  expect([pane.isOpen, pane.element.hidden, words(pane.element)]).toEqual([false, true, ""]);
});
