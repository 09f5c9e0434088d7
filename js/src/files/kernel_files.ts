// A run's files by requests to the kernel, whose Python half opens them without following links.

import type { Ask } from "../channel/rpc.js";
import type { FileRow } from "../types.js";
import type { FileInfo, Piece, RunFiles } from "./run_files.js";

/** A row of a message as a file. */
export const fileOf = ([path, size, modified, kind]: FileRow): FileInfo => ({
  path,
  size,
  modified,
  kind,
});

export class KernelFiles implements RunFiles {
  readonly kind = "kernel";

  constructor(private readonly ask: Ask) {}

  async read(path: string, start: number, end: number): Promise<Piece> {
    const { value, bytes } = await this.ask("read", { path, start, end });
    return { bytes, size: Number(value.size) };
  }

  /** Output files, a batch at a time; paths are relative to the output directory. */
  async list(batch: (files: FileInfo[]) => void): Promise<void> {
    for (let first = 0; ; ) {
      const { value, bytes } = await this.ask("list", { first });
      const rows = JSON.parse(new TextDecoder().decode(bytes)) as FileRow[];
      batch(rows.map(fileOf));
      first += rows.length;
      if (rows.length === 0 || first >= Number(value.total)) return;
    }
  }

  async cancel(): Promise<void> {
    await this.ask("cancel");
  }

  async url(): Promise<null> {
    return null;
  }

  folder(): null {
    return null;
  }
}
