import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ask } from "../../src/channel/rpc.js";
import { HttpFiles } from "../../src/files/http_files.js";
import { KernelFiles } from "../../src/files/kernel_files.js";
import { type ListedRun, Listing } from "../../src/files/listing.js";
import type { FileRow, Snapshot } from "../../src/types.js";
import { Jupyter } from "../jupyter.js";
import { snapshotOf } from "../snapshots.js";

const RUN = "/srv/study/fusion_runs/0123456789ab";
const row = (path: string): FileRow => [path, 2, 1_764_000_000, "json"];

/** The Python half, which lists these files. */
class Python {
  rows: FileRow[] = [];
  asked = 0;
  readonly ask: Ask = async (operation, { first } = {}) => {
    if (operation !== "list") throw new Error(operation);
    this.asked += 1;
    const part = this.rows.slice(first as number, (first as number) + 2);
    return {
      value: { total: this.rows.length },
      bytes: new TextEncoder().encode(JSON.stringify(part)),
    };
  };
}

class Page implements ListedRun {
  snapshot: Snapshot = snapshotOf();
  silent = false;
  toldVersion = 0;
  http: HttpFiles | null = null;
  readonly python = new Python();
  readonly kernel = new KernelFiles(this.python.ask);
}

let jupyter: Jupyter;
let page: Page;
let listing: Listing;

beforeEach(async () => {
  jupyter = new Jupyter();
  jupyter.install();
  jupyter.file(`${RUN}/run.json`, JSON.stringify({ created_at: new Date(1_764_000_000_000) }));
  page = new Page();
  page.http = await HttpFiles.find(snapshotOf(), jupyter.server, page.kernel);
  listing = new Listing(page);
});
afterEach(() => vi.unstubAllGlobals());

const paths = async () => (await listing.list(() => undefined)).files.map((file) => file.path);
const say = (names: string[], complete = true): void => {
  page.snapshot = snapshotOf({ files: { rows: names.map(row), complete } });
};

test("what the state brings is all there is, and nobody is asked", async () => {
  say(["a.json", "s1/b.json"]);
  jupyter.requests.length = 0;
  expect(await paths()).toEqual(["a.json", "s1/b.json"]);
  expect([page.python.asked, jupyter.requests]).toEqual([0, []]);
  say(["a.json"]);
  expect(await paths()).toEqual(["a.json"]);
});

test("of more files the first are shown at once, and the rest is asked for in parts", async () => {
  say(["a.json", "b.json"], false);
  page.python.rows = ["a.json", "b.json", "c.json", "d.json", "e.json"].map(row);
  const shown: number[] = [];
  const { files, note } = await listing.list((known) => shown.push(known.length));
  expect(files.map((file) => file.path)).toEqual([
    "a.json",
    "b.json",
    "c.json",
    "d.json",
    "e.json",
  ]);
  expect([shown[0], shown.at(-1), page.python.asked, note]).toEqual([2, 5, 3, ""]);
});

test("without the kernel, new files appear in folders that Python has looked into", async () => {
  jupyter.file(`${RUN}/output/net/s1/300.0_erlang.json`, "{}");
  say(["net/s1/300.0_erlang.json"]);
  await paths();
  page.silent = true;
  expect(await paths(), "the kernel may only have nothing more to say").toHaveLength(1);
  // The offline watch has seen that the run goes on.
  page.snapshot = { ...page.snapshot, artifacts_version: 1 };
  jupyter.file(`${RUN}/output/net/s1/400.0_erlang.json`, "{}");
  jupyter.file(`${RUN}/output/done.txt`, "done");
  jupyter.file(`${RUN}/output/net/s2/hidden.json`, "{}");
  jupyter.link(`${RUN}/output/net/up`, "..");
  const { files, note } = await listing.list(() => undefined);
  expect(files.map((file) => file.path).sort()).toEqual([
    "done.txt",
    "net/s1/300.0_erlang.json",
    "net/s1/400.0_erlang.json",
  ]);
  expect(note).toBe("2 new entries not listed while the kernel is away");
});

test("without the kernel and another way, the last listing stays and says that it is the last", async () => {
  say(["a.json"]);
  await paths();
  page.silent = true;
  page.snapshot = { ...page.snapshot, artifacts_version: 1 };
  page.http = null;
  const { files, note } = await listing.list(() => undefined);
  expect(files.length).toBe(1);
  expect(note).toContain("as of when the kernel was last heard");
});

test("a listing that walks up or elsewhere ends at once", async () => {
  for (const [name, target] of [
    ["up", ".."],
    ["self", "."],
    ["etc", "/etc"],
    ["root", "/"],
  ] as const) {
    jupyter.link(`${RUN}/output/${name}`, target);
  }
  for (let n = 0; n < 50; n += 1) jupyter.file(`/etc/conf${n}`, "secret");
  page.silent = true;
  const { files } = await listing.list(() => undefined);
  expect(files).toEqual([]);
  expect(jupyter.requests.length).toBeLessThan(10);
});
