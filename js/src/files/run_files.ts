// "Read these bytes of this run's file, write this intent": one interface, two ways. Over HTTP from
// the Jupyter server where the run lies below its root, which works while the kernel is busy or
// dead; by kernel messages everywhere else.

import type { FileInfo, Snapshot } from "../types.js";

export interface Piece {
  bytes: Uint8Array;
  /** Size of the whole file at that moment. */
  size: number;
}

/** The files of one run; paths are relative to the run directory. */
export interface RunFiles {
  readonly kind: "http" | "kernel";
  /** Bytes from `start` up to `end` (excluded), fewer at the end of the file. */
  read(path: string, start: number, end: number): Promise<Piece>;
  /** Size in bytes, 0 where there is no such file. */
  size(path: string): Promise<number>;
  /** Output files, a batch at a time; paths are relative to the output directory. */
  list(batch: (files: FileInfo[]) => void, signal?: AbortSignal): Promise<void>;
  /** Ask for the run's end. */
  cancel(): Promise<void>;
  /** Address of the file for a link, null where there is none. */
  url(path: string): string | null;
  /** Address of the run's folder in Jupyter, null where there is none. */
  folder(): string | null;
}

/** All output files; `show` gets those that are known so far. */
export const allFiles = async (
  files: RunFiles,
  show: (known: FileInfo[]) => void,
  signal?: AbortSignal,
): Promise<FileInfo[]> => {
  const found: FileInfo[] = [];
  await files.list((batch) => {
    for (const file of batch) found.push(file);
    show(found);
  }, signal);
  return found;
};

export class MissingFile extends Error {}

/** The page's Jupyter settings: base URL, and the folder it serves where that is told. */
export interface Server {
  baseUrl: string;
  root: string;
  notebook: boolean;
}

/** What the page says of its server; null outside of JupyterLab and Notebook. */
export const pageServer = (page: Document): Server | null => {
  const text = page.getElementById("jupyter-config-data")?.textContent;
  if (!text) return null;
  try {
    const config = JSON.parse(text) as Record<string, unknown>;
    const { baseUrl, serverRoot, rootUri, appName, notebookPage } = config;
    if (typeof baseUrl !== "string") return null;
    // JupyterLab tells the folder; Notebook 7 tells its address alone.
    const root = typeof serverRoot === "string" ? serverRoot : folderOfUri(rootUri);
    if (root === null) return null;
    return {
      baseUrl: new URL(baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`, page.baseURI).href,
      root,
      notebook: notebookPage !== undefined || appName === "Jupyter Notebook",
    };
  } catch {
    return null;
  }
};

const folderOfUri = (uri: unknown): string | null =>
  typeof uri === "string" && uri.startsWith("file:///")
    ? decodeURIComponent(new URL(uri).pathname)
    : null;

/** Path of a directory below the server's root, null where it lies elsewhere. */
export const pathBelow = (directory: string, root: string, home: string): string | null => {
  const full = root.startsWith("~") ? home + root.slice(1) : root;
  const start = full.endsWith("/") ? full : `${full}/`;
  if (!directory.startsWith(start)) return null;
  const path = directory.slice(start.length);
  // The server refuses hidden names, so there is no use in asking.
  return path.split("/").some((part) => part.startsWith(".") || part === "") ? null : path;
};

const encode = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

const cookie = (name: string): string | null =>
  document.cookie.match(new RegExp(`(?:^|; *)${name}=([^;]*)`))?.[1] ?? null;

interface Entry {
  name: string;
  path: string;
  type: "file" | "directory" | "notebook";
  size: number | null;
  last_modified: string;
  content?: Entry[] | null;
}

export class HttpFiles implements RunFiles {
  readonly kind = "http";

  constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {}

  /** The files of a run over HTTP, null where the server does not show this very run. */
  static async find(snapshot: Snapshot, server: Server | null): Promise<HttpFiles | null> {
    if (!server) return null;
    const path = pathBelow(snapshot.directory, server.root, snapshot.home);
    if (path === null) return null;
    const files = new HttpFiles(server, path);
    try {
      // The same path may exist on another machine with another run: the request must be ours.
      const { bytes } = await files.read("run.json", 0, 1 << 20);
      const asked = JSON.parse(new TextDecoder().decode(bytes)) as { created_at?: string };
      const created = Date.parse(asked.created_at ?? "") / 1000;
      const same = snapshot.created !== null && Math.abs(created - snapshot.created) < 0.002;
      return same ? files : null;
    } catch {
      return null;
    }
  }

  async read(path: string, start: number, end: number): Promise<Piece> {
    if (end <= start) return { bytes: new Uint8Array(0), size: await this.size(path) };
    const response = await this.fetch(this.address(path), {
      headers: { Range: `bytes=${start}-${end - 1}` },
    });
    if (response.status === 206) {
      const bytes = new Uint8Array(await response.arrayBuffer());
      const size = Number(response.headers.get("Content-Range")?.split("/")[1] ?? NaN);
      return { bytes, size: Number.isFinite(size) ? size : start + bytes.length };
    }
    if (response.status === 416) return { bytes: new Uint8Array(0), size: await this.size(path) };
    if (!response.ok) throw this.problem(response, path);
    // The whole file: it is empty, or a server in between knows no ranges.
    const whole = new Uint8Array(await response.arrayBuffer());
    return { bytes: whole.subarray(start, end), size: whole.length };
  }

  async size(path: string): Promise<number> {
    const response = await this.fetch(this.address(path), { method: "HEAD" });
    if (response.status === 404) return 0;
    if (!response.ok) throw this.problem(response, path);
    return Number(response.headers.get("Content-Length") ?? 0);
  }

  async list(batch: (files: FileInfo[]) => void, signal?: AbortSignal): Promise<void> {
    const waiting = ["output"];
    while (waiting.length > 0) {
      signal?.throwIfAborted();
      const folder = waiting.shift()!;
      const response = await this.fetch(`${this.contents(folder)}?content=1&type=directory`);
      if (response.status === 404 && folder === "output") return;
      if (!response.ok) throw this.problem(response, folder);
      const entries = ((await response.json()) as Entry).content ?? [];
      const files: FileInfo[] = [];
      for (const entry of entries) {
        const path = `${folder}/${entry.name}`;
        if (entry.type === "directory") waiting.push(path);
        else {
          const modified = Date.parse(entry.last_modified) / 1000;
          const shown = path.slice("output/".length);
          files.push({ path: shown, size: entry.size ?? 0, modified, kind: kindOf(entry.name) });
        }
      }
      batch(files);
    }
  }

  async cancel(): Promise<void> {
    const content = JSON.stringify({ requested_at: new Date().toISOString() });
    const response = await this.fetch(this.contents("cancel.json"), {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ type: "file", format: "text", content }),
    });
    if (!response.ok) throw this.problem(response, "cancel.json");
  }

  url(path: string): string {
    return this.address(path);
  }

  folder(): string {
    const page = this.server.notebook ? "tree" : "lab/tree";
    return `${this.server.baseUrl}${page}/${encode(this.path)}`;
  }

  private address(path: string): string {
    return `${this.server.baseUrl}files/${encode(`${this.path}/${path}`)}`;
  }

  private contents(path: string): string {
    return `${this.server.baseUrl}api/contents/${encode(`${this.path}/${path}`)}`;
  }

  private fetch(address: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = cookie("_xsrf");
    if (token) headers.set("X-XSRFToken", token);
    return fetch(address, { ...init, headers, credentials: "same-origin", cache: "no-store" });
  }

  private problem(response: Response, path: string): Error {
    const message = `${path}: the server answered ${response.status} ${response.statusText}`;
    return response.status === 404 ? new MissingFile(message) : new Error(message);
  }
}

/** A question to the kernel: the operation with its arguments, and what comes back. */
export type Ask = (
  operation: string,
  details?: Record<string, unknown>,
) => Promise<{ value: Record<string, unknown>; bytes: Uint8Array }>;

export class KernelFiles implements RunFiles {
  readonly kind = "kernel";

  constructor(private readonly ask: Ask) {}

  async read(path: string, start: number, end: number): Promise<Piece> {
    const { value, bytes } = await this.ask("read", { path, start, end });
    return { bytes, size: Number(value.size) };
  }

  async size(path: string): Promise<number> {
    return Number((await this.ask("read", { path, start: 0, end: 0 })).value.size);
  }

  async list(batch: (files: FileInfo[]) => void, signal?: AbortSignal): Promise<void> {
    for (let first = 0; ; ) {
      signal?.throwIfAborted();
      const { value, bytes } = await this.ask("list", { first });
      const rows = JSON.parse(new TextDecoder().decode(bytes)) as [
        string,
        number,
        number,
        string,
      ][];
      batch(rows.map(([path, size, modified, kind]) => ({ path, size, modified, kind })));
      first += rows.length;
      if (rows.length === 0 || first >= Number(value.total)) return;
    }
  }

  async cancel(): Promise<void> {
    await this.ask("cancel");
  }

  url(): null {
    return null;
  }

  folder(): null {
    return null;
  }
}

const KINDS: [RegExp, string][] = [
  [/_erlang\.json$/, "results"],
  [/\.(csv|tsv|parquet|feather)$/, "table"],
  [/\.jsonl?$/, "json"],
  [/\.(png|jpe?g|gif|svg|webp|pdf)$/, "image"],
  [/\.(npy|npz|h5|hdf5|pkl)$/, "array"],
  [/\.(ini|toml|ya?ml|cfg)$/, "config"],
  [/\.(txt|log|md)$/, "text"],
];

/** Kind of a file by its name, as the Python half tells it. */
export const kindOf = (name: string): string =>
  KINDS.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1] ?? "other";
