// Jupyter Server's own addresses: metadata of a path, its bytes, and writing.

import type { Piece } from "./run_files.js";
import { encodePath, type Server } from "./server.js";

/** The contents API's entry of a path. For a link it has the link's own size and time. */
export interface Entry {
  name: string;
  type: "file" | "directory" | "notebook";
  size: number | null;
  last_modified: string;
  content?: Entry[] | null;
}

/** Size and time of the file itself, with links followed. */
export interface Head {
  size: number;
  /** Seconds since 1970, whole. */
  modified: number;
}

export class MissingFileError extends Error {}

const cookie = (name: string): string | null =>
  document.cookie.match(new RegExp(`(?:^|; *)${name}=([^;]*)`))?.[1] ?? null;

export class Contents {
  /**
   * @param server the page's Jupyter server
   * @param root base folder of all paths, relative to the server's root
   */
  constructor(
    readonly server: Server,
    readonly root: string,
  ) {}

  /** The entry at a path; null if there is none. */
  async entry(path: string, content = false): Promise<Entry | null> {
    const response = await this.fetch(`${this.contents(path)}?content=${content ? 1 : 0}`);
    if (response.status === 404) return null;
    if (!response.ok) throw problem(response, path);
    return (await response.json()) as Entry;
  }

  /** The entries of a folder; null if it does not exist. */
  async children(path: string): Promise<Entry[] | null> {
    const entry = await this.entry(path, true);
    return entry?.type === "directory" ? (entry.content ?? []) : null;
  }

  /** Size and time of a file; null if the server has no such file. */
  async head(path: string): Promise<Head | null> {
    const response = await this.fetch(this.address(path), { method: "HEAD" });
    // 403: a folder, or a link to outside the server's root.
    if (response.status === 404 || response.status === 403) return null;
    if (!response.ok) throw problem(response, path);
    const { headers } = response;
    return {
      size: Number(headers.get("Content-Length") ?? 0),
      modified: Date.parse(headers.get("Last-Modified") ?? "") / 1000,
    };
  }

  /** Bytes of a file; throws MissingFileError if there is none. */
  async bytes(path: string, start: number, end: number): Promise<Piece> {
    const nothing = new Uint8Array(0);
    const size = async (): Promise<number> => (await this.head(path))?.size ?? 0;
    if (end <= start) return { bytes: nothing, size: await size() };
    const headers = { Range: `bytes=${start}-${end - 1}` };
    const response = await this.fetch(this.address(path), { headers });
    if (response.status === 206) {
      const bytes = new Uint8Array(await response.arrayBuffer());
      const whole = Number(response.headers.get("Content-Range")?.split("/")[1] ?? Number.NaN);
      return { bytes, size: Number.isFinite(whole) ? whole : start + bytes.length };
    }
    if (response.status === 416) return { bytes: nothing, size: await size() };
    if (!response.ok) throw problem(response, path);
    // The whole file: it is empty, or a proxy does not support ranges.
    const whole = new Uint8Array(await response.arrayBuffer());
    return { bytes: whole.subarray(start, end), size: whole.length };
  }

  async write(path: string, content: string): Promise<void> {
    const response = await this.send("PUT", path, { type: "file", format: "text", content });
    if (!response.ok) throw problem(response, path);
  }

  /** Rename a file; false if the new name already exists. */
  async rename(path: string, target: string): Promise<boolean> {
    const response = await this.send("PATCH", path, { path: `${this.root}/${target}` });
    if (response.status === 409) return false;
    if (!response.ok) throw problem(response, path);
    return true;
  }

  async remove(path: string): Promise<void> {
    const response = await this.fetch(this.contents(path), { method: "DELETE" });
    if (!response.ok && response.status !== 404) throw problem(response, path);
  }

  /** Address of a file's bytes. */
  address(path: string): string {
    return `${this.server.baseUrl}files/${encodePath(this.below(path))}`;
  }

  private contents(path: string): string {
    return `${this.server.baseUrl}api/contents/${encodePath(this.below(path))}`;
  }

  private below(path: string): string {
    return path === "" ? this.root : `${this.root}/${path}`;
  }

  private send(method: string, path: string, body: unknown): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    return this.fetch(this.contents(path), { method, headers, body: JSON.stringify(body) });
  }

  private fetch(address: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = cookie("_xsrf");
    if (token) headers.set("X-XSRFToken", token);
    return fetch(address, { ...init, headers, credentials: "same-origin", cache: "no-store" });
  }
}

const problem = (response: Response, path: string): Error => {
  const message = `${path}: the server answered ${response.status} ${response.statusText}`;
  return response.status === 404 ? new MissingFileError(message) : new Error(message);
};
