// A Jupyter server in memory, at the boundary of the network. It behaves as jupyter_server 2.21
// was seen to do: links are followed everywhere, the contents API tells a link's own size and time,
// writing to a link writes to its target, renaming replaces a link. Bytes of what lies outside of
// its root are not given.

import { vi } from "vitest";
import type { Server } from "../src/files/server.js";

type Node =
  | { kind: "file"; bytes: Uint8Array; modified: number }
  | { kind: "folder"; modified: number }
  | { kind: "link"; target: string; modified: number };

const CREATED = 1_764_000_000;

export class Jupyter {
  readonly server: Server = { baseUrl: "http://jupyter.test/", root: "/srv", notebook: false };
  /** Absolute path -> what stands there. */
  readonly nodes = new Map<string, Node>();
  /** Method and path of each request. */
  readonly requests: string[] = [];
  /** What the server's root really is: links may lead anywhere below it. */
  root = "/srv/";
  /** The server does not answer. */
  down = false;

  /** Take the place of the network until `vi.unstubAllGlobals`. */
  install(): void {
    vi.stubGlobal("fetch", (address: string, init: RequestInit = {}) => this.answer(address, init));
  }

  file(path: string, content: string | Uint8Array, modified = CREATED): void {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.folder(path.slice(0, path.lastIndexOf("/")));
    this.nodes.set(path, { kind: "file", bytes, modified });
  }

  folder(path: string): void {
    if (path === "" || this.nodes.has(path)) return;
    this.folder(path.slice(0, path.lastIndexOf("/")));
    this.nodes.set(path, { kind: "folder", modified: CREATED });
  }

  link(path: string, target: string, modified = CREATED): void {
    this.nodes.set(path, { kind: "link", target, modified });
  }

  remove(path: string): void {
    for (const known of [...this.nodes.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) this.nodes.delete(known);
    }
  }

  text(path: string): string | null {
    const node = this.nodes.get(path);
    return node?.kind === "file" ? new TextDecoder().decode(node.bytes) : null;
  }

  /** The path behind all links. */
  private real(path: string): string {
    let real = "";
    for (const part of path.split("/").filter(Boolean)) {
      if (part === "..") real = real.slice(0, real.lastIndexOf("/"));
      else real += `/${part}`;
      const node = this.nodes.get(real);
      if (node?.kind !== "link") continue;
      const folder = real.slice(0, real.lastIndexOf("/"));
      real = this.real(node.target.startsWith("/") ? node.target : `${folder}/${node.target}`);
    }
    return real;
  }

  /** The path behind the links of its folders: what lstat looks at. */
  private address(path: string): string {
    const cut = path.lastIndexOf("/");
    return `${this.real(path.slice(0, cut))}${path.slice(cut)}`;
  }

  private async answer(address: string, init: RequestInit): Promise<Response> {
    const url = new URL(address);
    const method = init.method ?? "GET";
    const path = decodeURIComponent(url.pathname);
    this.requests.push(`${method} ${path}`);
    if (this.down) throw new TypeError("Failed to fetch");
    if (path.startsWith("/files/")) return this.bytes(`/srv/${path.slice(7)}`, method, init);
    const below = `/srv/${path.slice("/api/contents/".length)}`;
    if (method === "PUT") return this.write(below, init);
    if (method === "PATCH") return this.rename(below, init);
    if (method === "DELETE") {
      this.nodes.delete(this.address(below));
      return new Response(null, { status: 204 });
    }
    return this.model(below, url.searchParams.get("content") === "1");
  }

  private bytes(path: string, method: string, init: RequestInit): Response {
    const real = this.real(path);
    const node = this.nodes.get(real);
    // What a link leads to outside of the server's root is forbidden, whatever it is.
    if (node && !real.startsWith(this.root)) return new Response(null, { status: 403 });
    if (node?.kind !== "file") return new Response(null, { status: node ? 403 : 404 });
    const headers: Record<string, string> = {
      "Last-Modified": new Date(Math.floor(node.modified) * 1000).toUTCString(),
    };
    const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init.headers).get("Range") ?? "");
    const size = node.bytes.length;
    if (method === "HEAD") {
      return new Response(null, { headers: { ...headers, "Content-Length": String(size) } });
    }
    if (!range) return new Response(node.bytes as BodyInit, { headers });
    const [start, end] = [Number(range[1]), Math.min(size, Number(range[2]) + 1)];
    if (start >= size) return new Response(null, { status: 416 });
    const part = node.bytes.slice(start, end);
    headers["Content-Range"] = `bytes ${start}-${end - 1}/${size}`;
    return new Response(part as BodyInit, { status: 206, headers });
  }

  private model(path: string, content: boolean): Response {
    const address = this.address(path);
    const node = this.nodes.get(address);
    const behind = this.nodes.get(this.real(path));
    if (!node) return new Response(null, { status: 404 });
    const folder = behind?.kind === "folder";
    const size = node.kind === "file" ? node.bytes.length : 0;
    const model = {
      name: path.slice(path.lastIndexOf("/") + 1),
      type: folder ? "directory" : "file",
      size: folder ? null : node.kind === "link" ? node.target.length : size,
      last_modified: new Date(node.modified * 1000).toISOString(),
      content: null as unknown,
    };
    if (folder && content) {
      const real = `${this.real(path)}/`;
      const names = [...this.nodes.keys()].filter(
        (known) => known.startsWith(real) && !known.slice(real.length).includes("/"),
      );
      model.content = names.map((known) =>
        this.child(known, `${path}/${known.slice(real.length)}`),
      );
    }
    return Response.json(model);
  }

  private child(_known: string, path: string): unknown {
    const address = this.address(path);
    const node = this.nodes.get(address)!;
    const folder = this.nodes.get(this.real(path))?.kind === "folder";
    const size = node.kind === "link" ? node.target.length : 0;
    return {
      name: path.slice(path.lastIndexOf("/") + 1),
      type: folder ? "directory" : "file",
      size: folder ? null : node.kind === "file" ? node.bytes.length : size,
      last_modified: new Date(node.modified * 1000).toISOString(),
    };
  }

  private write(path: string, init: RequestInit): Response {
    const { content } = JSON.parse(String(init.body)) as { content: string };
    this.file(this.real(path), content);
    return new Response("{}", { status: 201 });
  }

  private rename(path: string, init: RequestInit): Response {
    const target = `/srv/${(JSON.parse(String(init.body)) as { path: string }).path}`;
    if (this.nodes.has(this.real(target))) return new Response(null, { status: 409 });
    const node = this.nodes.get(this.address(path))!;
    this.nodes.delete(this.address(path));
    this.nodes.set(this.address(target), node);
    return new Response("{}");
  }
}
