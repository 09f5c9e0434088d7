// "Read these bytes of this run's file, write this intent": one interface, two implementations.
// Over HTTP from the Jupyter server if the run is below its root, which works while the kernel is
// busy or dead; otherwise by kernel messages.

export interface Piece {
  bytes: Uint8Array;
  /** Size of the whole file at that time. */
  size: number;
}

/** An output file; its path is relative to the output directory. */
export interface FileInfo {
  path: string;
  size: number;
  /** Seconds since 1970. */
  modified: number;
  kind: string;
}

/** A folder as Jupyter shows it. */
export interface Folder {
  /** Address of a page that shows it. */
  address: string;
  /** Path for the file browser of this very page; null where it has none. */
  path: string | null;
}

/** The files of one run; paths are relative to the run directory. */
export interface RunFiles {
  readonly kind: "http" | "kernel";
  /** Bytes from `start` up to `end` (excluded), fewer at the end of the file. */
  read(path: string, start: number, end: number): Promise<Piece>;
  /** Request a cancel. */
  cancel(): Promise<void>;
  /** Address from which the browser can load a file directly; null if there is none. */
  url(path: string): Promise<string | null>;
  /** The run's folder in Jupyter, null if it is not visible there. */
  folder(): Folder | null;
}

/** A whole file, read in pieces that fit into messages. */
export const readAll = async (files: RunFiles, path: string): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const { bytes, size } = await files.read(path, at, at + 1024 * 1024);
    pieces.push(bytes);
    at += bytes.length;
    if (bytes.length === 0 || at >= size) break;
  }
  const whole = new Uint8Array(at);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
};
