// A run's files through the page's Jupyter server.

import { CANCEL_FILE, OUTPUT_FOLDER, RUN_FILE, type Snapshot } from "../types.js";
import { Contents, type Head, MissingFileError } from "./contents.js";
import { kindOf } from "./kinds.js";
import { isRealFile } from "./links.js";
import type { FileInfo, Folder, Piece, RunFiles } from "./run_files.js";
import { encodePath, pathBelow, type Server } from "./server.js";

// How long a file that was checked not to be a link is trusted.
const TRUSTED_MS = 2000;
// Maximum number of new files checked per listing; each takes two requests.
const MOST_CHECKED = 200;

export interface Listed {
  files: FileInfo[];
  /** Number of folders, and of files beyond those that could be checked, that were omitted. */
  leftOut: number;
}

/** Properties of a run that are checked before its files are read over HTTP. */
export type Located = Pick<Snapshot, "directory" | "home" | "private" | "created">;

export class HttpFiles implements RunFiles {
  readonly kind = "http";
  private readonly checked = new Map<string, number>();

  /**
   * @param contents the run directory
   * @param kernel the alternative access, which knows which links it may follow
   */
  constructor(
    private readonly contents: Contents,
    private readonly kernel: RunFiles,
  ) {}

  /** The files of a run over HTTP, null if the server does not serve exactly this run. */
  static async find(
    snapshot: Located,
    server: Server | null,
    kernel: RunFiles,
  ): Promise<HttpFiles | null> {
    if (!server || !snapshot.private) return null;
    const path = pathBelow(snapshot.directory, server.root, snapshot.home);
    if (path === null) return null;
    const contents = new Contents(server, path);
    const files = new HttpFiles(contents, kernel);
    try {
      // The same path may exist on another machine with another run: run.json must be this run's.
      const { bytes } = await contents.bytes(RUN_FILE, 0, 1 << 20);
      const asked = JSON.parse(new TextDecoder().decode(bytes)) as { created_at?: string };
      const created = Date.parse(asked.created_at ?? "") / 1000;
      const same = snapshot.created !== null && Math.abs(created - snapshot.created) < 0.002;
      return same ? files : null;
    } catch {
      return null;
    }
  }

  async read(path: string, start: number, end: number): Promise<Piece> {
    if (await this.isFile(path)) return this.contents.bytes(path, start, end);
    return this.kernel.read(path, start, end);
  }

  /** Size and time of a file; null if there is none. */
  async head(path: string): Promise<Head | null> {
    const head = await this.contents.head(path);
    return head && (await this.isFile(path)) ? head : null;
  }

  /** Whether a path exists, whatever its type; an empty path is the run's folder. */
  async exists(path: string): Promise<boolean> {
    return (await this.contents.entry(path)) !== null;
  }

  /**
   * The files in a folder of the output, without links.
   * @param folder relative to the output directory, ending in "/"; it must be known not to be a
   * link
   * @param folders all known folders
   * @param known whether a file needs no check, because the Python half has listed it
   */
  async list(
    folder: string,
    folders: ReadonlySet<string>,
    known: (path: string) => boolean,
  ): Promise<Listed> {
    const below = `${OUTPUT_FOLDER}/${folder}`.slice(0, -1);
    const files: FileInfo[] = [];
    let leftOut = 0;
    let checks = 0;
    for (const entry of (await this.contents.children(below)) ?? []) {
      const path = folder + entry.name;
      if (entry.type === "directory") {
        if (!folders.has(`${path}/`)) leftOut += 1;
        continue;
      }
      if (!known(path)) {
        checks += 1;
        if (checks > MOST_CHECKED) leftOut += 1;
        if (checks > MOST_CHECKED || !(await isRealFile(this.contents, `${OUTPUT_FOLDER}/${path}`)))
          continue;
      }
      const modified = Date.parse(entry.last_modified) / 1000;
      files.push({ path, size: entry.size ?? 0, modified, kind: kindOf(entry.name) });
    }
    return { files, leftOut };
  }

  /**
   * Write the intent under an unpredictable name, then rename it: a server that writes to a path
   * follows a link there, even to a file that does not exist, but renaming replaces a link.
   */
  async cancel(): Promise<void> {
    // It exists already. A dangling link does not count, because the run would not see it.
    if (await this.contents.head(CANCEL_FILE)) return;
    const random = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const draft = `cancel-${random}.json`;
    await this.contents.write(draft, JSON.stringify({ requested_at: new Date().toISOString() }));
    const renamed = await this.contents.rename(draft, CANCEL_FILE).catch(async (error) => {
      await this.contents.remove(draft);
      throw error;
    });
    // Requested by another client meanwhile.
    if (!renamed) await this.contents.remove(draft);
  }

  async url(path: string): Promise<string | null> {
    return (await this.isFile(path)) ? this.contents.address(path) : null;
  }

  folder(): Folder {
    const { server, root } = this.contents;
    const page = server.notebook ? "tree" : "lab/tree";
    const address = `${server.baseUrl}${page}/${encodePath(root)}`;
    return { address, path: server.notebook ? null : root };
  }

  /** False for a link; throws MissingFileError if there is nothing. */
  private async isFile(path: string): Promise<boolean> {
    const now = performance.now();
    if (now - (this.checked.get(path) ?? -Infinity) < TRUSTED_MS) return true;
    if (await isRealFile(this.contents, path)) {
      this.checked.set(path, now);
      return true;
    }
    if (!(await this.exists(path))) throw new MissingFileError(`${path}: there is no such file`);
    return false;
  }
}
