// List the output files by the access that works now. The Python half lists them without following
// links, and sends the first ones with each state. The server follows links, so without the kernel
// only folders that Python has listed are entered.

import type { Snapshot } from "../types.js";
import type { HttpFiles } from "./http_files.js";
import { fileOf, type KernelFiles } from "./kernel_files.js";
import type { FileInfo } from "./run_files.js";

export interface Listed {
  files: FileInfo[];
  /** What is missing, in words; empty if nothing is. */
  note: string;
}

/** The run as the page knows it. */
export interface ListedRun {
  readonly snapshot: Snapshot;
  /** `artifacts_version` of the kernel's last state. */
  readonly toldVersion: number;
  readonly silent: boolean;
  readonly http: HttpFiles | null;
  readonly kernel: KernelFiles;
}

/** The folder of a path, ending in "/"; empty for none. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** A folder and all its parents, starting with the output folder, which is "". */
const withParents = (folder: string): string[] => {
  const found = [""];
  for (let at = folder.indexOf("/"); at >= 0; at = folder.indexOf("/", at + 1)) {
    found.push(folder.slice(0, at + 1));
  }
  return found;
};

export class Listing {
  /** Files that the Python half has listed. */
  private told = new Map<string, FileInfo>();

  constructor(private readonly run: ListedRun) {}

  /** All files; `show` receives those known so far. */
  async list(show: (known: FileInfo[]) => void): Promise<Listed> {
    const { files } = this.run.snapshot;
    if (files) {
      const first = files.rows.map(fileOf);
      if (files.complete) this.tell(first);
      else for (const file of first) this.told.set(file.path, file);
    }
    // The kernel's list is complete, even if it sends nothing more.
    const current = this.run.snapshot.artifacts_version === this.run.toldVersion;
    if (files?.complete && current) return { files: [...this.told.values()], note: "" };
    if (this.run.silent) return this.offline();
    show([...this.told.values()]);
    const found: FileInfo[] = [];
    await this.run.kernel.list((batch) => {
      for (const file of batch) found.push(file);
      if (found.length > this.told.size) show(found);
    });
    this.tell(found);
    return { files: found, note: "" };
  }

  private tell(files: FileInfo[]): void {
    this.told = new Map(files.map((file) => [file.path, file]));
  }

  private async offline(): Promise<Listed> {
    const { http } = this.run;
    const known = [...this.told.values()];
    if (!http) return { files: known, note: "as of when the kernel was last heard" };
    const folders = new Set<string>([""]);
    for (const path of this.told.keys()) {
      for (const folder of withParents(folderOf(path))) folders.add(folder);
    }
    const found: FileInfo[] = [];
    let leftOut = 0;
    for (const folder of [...folders].sort()) {
      const listed = await http.list(folder, folders, (path) => this.told.has(path));
      found.push(...listed.files);
      leftOut += listed.leftOut;
    }
    const what = `${leftOut} new ${leftOut === 1 ? "entry" : "entries"}`;
    return { files: found, note: leftOut ? `${what} not listed while the kernel is away` : "" };
  }
}
