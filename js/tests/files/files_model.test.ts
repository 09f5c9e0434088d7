import { expect, test } from "vitest";
import { FilesModel } from "../../src/files/files_model.js";

test("files are sorted as people count, filtered, and folded by folder", () => {
  const model = new FilesModel();
  const file = (path: string, size = 1) => ({ path, size, modified: 0, kind: "json" });
  model.set([file("s1/1000.0.json", 5), file("s1/200.0.json", 7), file("s2/1.json", 9)]);
  const paths = () => model.rows.map((row) => ("folder" in row ? row.folder : row.path));
  expect(paths()).toEqual(["s1/", "s1/200.0.json", "s1/1000.0.json", "s2/", "s2/1.json"]);
  model.toggle("s1/");
  expect(paths()).toEqual(["s1/", "s2/", "s2/1.json"]);
  model.sortBy("size");
  expect(paths()).toEqual(["s2/1.json", "s1/200.0.json", "s1/1000.0.json"]);
  model.setFilter("S2");
  expect(paths()).toEqual(["s2/1.json"]);
});

test("a hundred thousand files are arranged, each once", () => {
  const model = new FilesModel();
  const files = Array.from({ length: 100_000 }, (_, n) => ({
    path: `d${n % 100}/${n}.json`,
    size: n,
    modified: n,
    kind: "json",
  }));
  model.fold(false);
  model.set(files);
  expect(model.rows.length).toBe(100_100);
  model.sortBy("modified");
  expect((model.rows[0] as { path: string }).path).toBe("d99/99999.json");
});
