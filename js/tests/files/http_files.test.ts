import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MissingFileError } from "../../src/files/contents.js";
import { HttpFiles } from "../../src/files/http_files.js";
import type { RunFiles } from "../../src/files/run_files.js";
import { Jupyter } from "../jupyter.js";
import { snapshotOf } from "../snapshots.js";

const RUN = "/srv/study/fusion_runs/0123456789ab";
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The kernel's way, which says what it was asked for. */
const kernel: RunFiles = {
  kind: "kernel",
  read: async (path) => ({ bytes: new TextEncoder().encode(`kernel: ${path}`), size: 99 }),
  cancel: async () => undefined,
  url: async () => null,
  folder: () => null,
};

let jupyter: Jupyter;

beforeEach(() => {
  jupyter = new Jupyter();
  jupyter.install();
  jupyter.file(`${RUN}/run.json`, JSON.stringify({ created_at: new Date(1_764_000_000_000) }));
  jupyter.folder(`${RUN}/output`);
});

afterEach(() => vi.unstubAllGlobals());

const found = async () => (await HttpFiles.find(snapshotOf(), jupyter.server, kernel))!;
const list = async (files: HttpFiles, folder = "", known: string[] = [], folders = [""]) =>
  files.list(folder, new Set(folders), (path) => known.includes(path));

test("a run is found below the server's root, and only this very run", async () => {
  expect(await found()).not.toBeNull();
  const elsewhere = snapshotOf({ directory: "/data/runs/0123456789ab" });
  expect(await HttpFiles.find(elsewhere, jupyter.server, kernel)).toBeNull();
  const older = snapshotOf({ created: 1_600_000_000 });
  expect(await HttpFiles.find(older, jupyter.server, kernel)).toBeNull();
  expect(await HttpFiles.find(snapshotOf(), null, kernel)).toBeNull();
  jupyter.down = true;
  expect(await HttpFiles.find(snapshotOf(), jupyter.server, kernel)).toBeNull();
});

test("a folder that others can write to is not read over HTTP, and nobody asks", async () => {
  jupyter.requests.length = 0;
  const shared = snapshotOf({ private: false });
  expect(await HttpFiles.find(shared, jupyter.server, kernel)).toBeNull();
  expect(jupyter.requests).toEqual([]);
});

test("bytes are read in ranges, with the size of the whole", async () => {
  jupyter.file(`${RUN}/logs/a.log`, "0123456789");
  const files = await found();
  const { bytes, size } = await files.read("logs/a.log", 2, 5);
  expect([text(bytes), size]).toEqual(["234", 10]);
  const end = await files.read("logs/a.log", 10, 20);
  expect([end.bytes.length, end.size]).toEqual([0, 10]);
  await expect(files.read("logs/none.log", 0, 1)).rejects.toThrow(MissingFileError);
  expect(await files.head("logs/none.log")).toBeNull();
});

test("a link is read by the kernel, whatever it leads to", async () => {
  jupyter.file("/etc/passwd", "root:x:0:0");
  jupyter.link(`${RUN}/logs`, "/etc");
  jupyter.link(`${RUN}/output/secret.txt`, "/etc/passwd");
  jupyter.link(`${RUN}/output/nowhere.txt`, "/etc/none");
  const files = await found();
  for (const path of ["output/secret.txt", "output/nowhere.txt"]) {
    expect(text((await files.read(path, 0, 50)).bytes)).toBe(`kernel: ${path}`);
    expect(await files.url(path)).toBeNull();
    expect(await files.head(path)).toBeNull();
  }
  expect(
    jupyter.requests.some((each) => each.startsWith("GET /files") && each.includes("secret")),
  ).toBe(false);
});

test("a link as long as the file behind it is told by its time, and a growing file is no link", async () => {
  jupyter.file("/srv/key", "12345678", 1_700_000_000);
  jupyter.link(`${RUN}/output/key`, "/srv/key");
  const files = await found();
  expect(text((await files.read("output/key", 0, 9)).bytes)).toBe("kernel: output/key");
  // Each look at it finds it larger.
  let content = "x";
  const answer = globalThis.fetch;
  vi.stubGlobal("fetch", (address: string, init?: RequestInit) => {
    content += "x";
    jupyter.file(`${RUN}/output/grows.txt`, content);
    return answer(address, init);
  });
  expect(text((await files.read("output/grows.txt", 0, 3)).bytes)).toBe("xxx");
});

test("a listing has the files of a folder and no link", async () => {
  jupyter.file(`${RUN}/output/300.0_erlang.json`, "{}");
  jupyter.file(`${RUN}/output/large.bin`, new Uint8Array(100_000));
  jupyter.link(`${RUN}/output/up`, "..");
  jupyter.link(`${RUN}/output/etc`, "/etc");
  jupyter.link(`${RUN}/output/hosts`, "/etc/hosts");
  jupyter.folder("/etc");
  jupyter.file("/etc/hosts", "127.0.0.1 localhost and some more");
  const { files, leftOut } = await list(await found());
  expect(files.map(({ path, size, kind }) => [path, size, kind])).toEqual([
    ["300.0_erlang.json", 2, "results"],
    ["large.bin", 100_000, "other"],
  ]);
  expect(leftOut).toBe(2);
  expect(jupyter.requests.every((each) => !each.includes("/up/") && !each.includes("/etc/"))).toBe(
    true,
  );
});

test("folders that Python has looked into are listed, others are counted", async () => {
  jupyter.file(`${RUN}/output/s1/a.csv`, "a");
  jupyter.file(`${RUN}/output/s2/b.csv`, "b");
  const files = await found();
  expect((await list(files, "", [], ["", "s1/"])).leftOut).toBe(1);
  const inside = await list(files, "s1/", [], ["", "s1/"]);
  expect(inside.files.map((file) => file.path)).toEqual(["s1/a.csv"]);
  expect(await list(files, "s3/")).toEqual({ files: [], leftOut: 0 });
});

test("of very many new files only so many are checked, and files that Python listed need none", async () => {
  const names = Array.from({ length: 250 }, (_, n) => `${n}.txt`);
  for (const name of names) jupyter.file(`${RUN}/output/${name}`, "x");
  const files = await found();
  const some = await list(files);
  expect([some.files.length, some.leftOut]).toEqual([200, 50]);
  const all = await list(files, "", names);
  expect([all.files.length, all.leftOut]).toEqual([250, 0]);
});

test("the intent to cancel is a file of its own", async () => {
  const files = await found();
  await files.cancel();
  expect(JSON.parse(jupyter.text(`${RUN}/cancel.json`)!)).toHaveProperty("requested_at");
  expect([...jupyter.nodes.keys()].filter((path) => path.includes("cancel-"))).toEqual([]);
  const before = jupyter.text(`${RUN}/cancel.json`);
  await files.cancel();
  expect(jupyter.text(`${RUN}/cancel.json`)).toBe(before);
});

test("a dangling link in the place of the intent is replaced, not written through", async () => {
  jupyter.link(`${RUN}/cancel.json`, "/home/ann/.bashrc-new");
  const files = await found();
  await files.cancel();
  expect(jupyter.text(`${RUN}/cancel.json`)).toContain("requested_at");
  expect(jupyter.nodes.has("/home/ann/.bashrc-new")).toBe(false);
});

test("where nothing can be written, the draft does not stay and the error is told", async () => {
  const files = await found();
  const answer = globalThis.fetch;
  vi.stubGlobal("fetch", (address: string, init?: RequestInit) =>
    init?.method === "PATCH" ? new Response(null, { status: 403 }) : answer(address, init),
  );
  await expect(files.cancel()).rejects.toThrow("403");
  expect([...jupyter.nodes.keys()].some((path) => path.includes("cancel"))).toBe(false);
});

test("the folder has an address in JupyterLab and in Notebook", async () => {
  const files = await found();
  const path = "study/fusion_runs/0123456789ab";
  expect(files.folder()).toEqual({ address: `http://jupyter.test/lab/tree/${path}`, path });
  expect(await files.url("run.json")).toBe(
    "http://jupyter.test/files/study/fusion_runs/0123456789ab/run.json",
  );
});
