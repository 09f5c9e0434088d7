import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LogPane } from "../../src/log/log_pane.js";
import { GrowingFile } from "../growing_file.js";
import { button, drawn, layout, until, words } from "../layout.js";

const LINES = Array.from({ length: 3000 }, (_, n) => `line ${n}${n % 500 === 7 ? " needle" : ""}`);

let restore: () => void;
let file: GrowingFile;
let pane: LogPane;

const update = (count = LINES.length): void =>
  pane.update({ count, tail: { first: count - 100, lines: LINES.slice(count - 100, count) } });

beforeEach(() => {
  restore = layout(500, 180);
  file = new GrowingFile();
  file.append(`${LINES.join("\n")}\n`);
  pane = new LogPane(file);
  document.body.replaceChildren(pane.element);
});
afterEach(() => {
  pane.dispose();
  restore();
  vi.unstubAllGlobals();
});

const field = (label: string): HTMLInputElement =>
  pane.element.querySelector(`input[aria-label="${label}"]`)!;
const rows = (): string[] =>
  [...pane.element.querySelectorAll<HTMLElement>(".fj-row")].map((row) => row.textContent!);
const result = (): string => words(pane.element.querySelector(".fj-result"));

const type = (text: string): void => {
  field("Search the log").value = text;
  field("Search the log").dispatchEvent(new Event("input"));
};
const press = (input: HTMLInputElement, key: string): void => {
  input.dispatchEvent(new KeyboardEvent("keydown", { key }));
};

test("the end of the log is shown and followed, and its lines are counted", async () => {
  update();
  await drawn();
  expect(rows().at(-1)).toBe("line 2999");
  expect(words(pane.element.querySelector(".fj-lines"))).toBe("3,000 lines");
  expect(button(pane.element, "↓ Follow").getAttribute("aria-pressed")).toBe("true");
});

test("a line is gone to by its number, read from the file, and marked", async () => {
  update();
  await drawn();
  field("Line").value = "1,234";
  press(field("Line"), "Enter");
  await until(() => rows().includes("line 1233"));
  await drawn();
  const marked = pane.element.querySelector<HTMLElement>(".fj-current")!;
  expect([marked.textContent, marked.dataset.line]).toEqual(["line 1233", "1234"]);
  expect(button(pane.element, "↓ Follow").getAttribute("aria-pressed")).toBe("false");
});

test("a number that no line has is refused with what is allowed", async () => {
  update();
  for (const wrong of ["0", "3001", "x", "1e2.5"]) {
    field("Line").value = wrong;
    press(field("Line"), "Enter");
    await drawn();
    expect(result()).toBe(`Line ${wrong}: allowed are 1 to 3,000`);
    expect(field("Line").getAttribute("aria-invalid")).toBe("true");
  }
});

test("a search counts, steps through what it found, and highlights it", async () => {
  update();
  await drawn();
  type("needle");
  await until(() => result() === "6 matches");
  // From where the log is shown, which is its end.
  button(pane.element, "Next match").click();
  await until(() => result() === "1 of 6");
  press(field("Search the log"), "Enter");
  await until(() => result() === "2 of 6" && rows().includes("line 507 needle"));
  await drawn();
  const marks = [...pane.element.querySelectorAll(".fj-row mark")].map((mark) => mark.textContent);
  expect(marks).toEqual(["needle"]);
  button(pane.element, "Previous match").click();
  await until(() => result() === "1 of 6");
  press(field("Search the log"), "Escape");
  await until(() => result() === "");
  expect(field("Search the log").value).toBe("");
});

test("Escape empties the field also before what was typed is drawn, and after it", async () => {
  update();
  for (const wait of [async () => {}, () => until(() => result() === "6 matches")]) {
    type("needle");
    await wait();
    press(field("Search the log"), "Escape");
    await until(() => result() === "");
    expect(field("Search the log").value).toBe("");
  }
});

test("a pattern that is none is told, and case can be matched", async () => {
  update();
  button(pane.element, "Regular expression").click();
  type("(");
  await until(() => field("Search the log").getAttribute("aria-invalid") === "true");
  expect(result()).toBe("Not a regular expression: a ( has no )");
  type("NEEDLE$");
  await until(() => result() === "6 matches");
  button(pane.element, "Match case").click();
  await until(() => result() === "no match");
});

test("a log that grows is searched on", async () => {
  update(1000);
  file.bytes = new Uint8Array(0);
  file.append(`${LINES.slice(0, 1000).join("\n")}\n`);
  type("needle");
  await until(() => result() === "2 matches");
  file.append(`${LINES.slice(1000).join("\n")}\n`);
  update();
  await until(() => result() === "6 matches");
});

test("long lines wrap where that is wished", async () => {
  update();
  button(pane.element, "Wrap long lines").click();
  await drawn();
  expect(pane.element.querySelector(".fj-log-view")!.classList.contains("fj-wrap")).toBe(true);
  expect(rows().at(-1)).toBe("line 2999");
  button(pane.element, "Wrap long lines").click();
  await drawn();
  expect(pane.element.querySelector(".fj-wrap")).toBeNull();
});

test("a log that cannot be read says why", async () => {
  file.read = async () => {
    throw new Error("logs/x.log is a link, which is not followed");
  };
  update();
  pane.element
    .querySelector<HTMLElement>(".fj-log-view")!
    .dispatchEvent(new KeyboardEvent("keydown", { key: "Home", cancelable: true }));
  await until(() => result().includes("is a link"));
  expect(pane.element.querySelectorAll(".fj-missing").length).toBeGreaterThan(0);
});

test("everything can be selected and copied, also what is not on the screen", async () => {
  const copied: string[] = [];
  vi.stubGlobal("navigator", {
    clipboard: { writeText: async (text: string) => copied.push(text) },
  });
  update();
  await drawn();
  const view = pane.element.querySelector<HTMLElement>(".fj-log-view")!;
  view.dispatchEvent(new KeyboardEvent("keydown", { key: "a", ctrlKey: true, cancelable: true }));
  view.dispatchEvent(new Event("copy", { cancelable: true }));
  await until(() => copied.length === 1);
  expect(copied[0]!.split("\n")).toEqual(LINES);
  await until(() => result() === "3,000 lines copied");
});
