// Which files are shown, in which order. Folders are rows of their own that can be closed.

import type { FileInfo } from "../types.js";

export type SortKey = "path" | "size" | "modified" | "kind";

export interface FolderRow {
  folder: string;
  files: number;
  size: number;
}

export type Row = FileInfo | FolderRow;

export const isFolder = (row: Row): row is FolderRow => "folder" in row;

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

const collator = new Intl.Collator("en", { numeric: true });
// Comparing numbers inside of names takes a third of a second for 100,000 files.
const MOST_NATURAL = 5000;
const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The folder that all files share, so that it need not be repeated in each row. */
export const commonFolder = (files: FileInfo[]): string => {
  if (files.length === 0) return "";
  let common = folderOf(files[0]!.path);
  for (const { path } of files) {
    while (common && !path.startsWith(common)) common = folderOf(common.slice(0, -1));
    if (!common) break;
  }
  return common;
};

export class FilesModel {
  files: FileInfo[] = [];
  rows: Row[] = [];
  common = "";
  /** There are rows for folders. */
  hasFolders = false;
  filter = "";
  sortKey: SortKey = "path";
  descending = false;
  private readonly closed = new Set<string>();

  set(files: FileInfo[]): void {
    this.files = files;
    this.arrange();
  }

  sortBy(key: SortKey): void {
    this.descending =
      this.sortKey === key ? !this.descending : key === "size" || key === "modified";
    this.sortKey = key;
    this.arrange();
  }

  toggle(folder: string): void {
    if (!this.closed.delete(folder)) this.closed.add(folder);
    this.arrange();
  }

  isClosed(folder: string): boolean {
    return this.closed.has(folder);
  }

  /** Make the rows from the files, the filter and the order. */
  arrange(): void {
    const wanted = this.filter.toLowerCase();
    const found = wanted
      ? this.files.filter((file) => file.path.toLowerCase().includes(wanted))
      : this.files.slice();
    this.common = commonFolder(this.files);
    const sign = this.descending ? -1 : 1;
    const text =
      found.length > MOST_NATURAL ? plain : (a: string, b: string) => collator.compare(a, b);
    if (this.sortKey === "size") found.sort((a, b) => sign * (a.size - b.size));
    else if (this.sortKey === "modified") found.sort((a, b) => sign * (a.modified - b.modified));
    else if (this.sortKey === "kind") {
      found.sort((a, b) => sign * (plain(a.kind, b.kind) || text(a.path, b.path)));
    } else if (found.length > MOST_NATURAL) found.sort((a, b) => sign * plain(a.path, b.path));
    else {
      found.sort(
        (a, b) => sign * (text(folderOf(a.path), folderOf(b.path)) || text(a.path, b.path)),
      );
    }
    this.rows = this.sortKey === "path" && !wanted ? this.withFolders(found) : found;
    this.hasFolders = this.rows.length > 0 && isFolder(this.rows[0]!);
  }

  private withFolders(files: FileInfo[]): Row[] {
    const groups = new Map<string, FileInfo[]>();
    for (const file of files) {
      const folder = folderOf(file.path);
      const group = groups.get(folder);
      if (group) group.push(file);
      else groups.set(folder, [file]);
    }
    if (groups.size < 2) return files;
    const rows: Row[] = [];
    for (const [folder, group] of groups) {
      if (folder !== this.common) {
        const size = group.reduce((sum, file) => sum + file.size, 0);
        rows.push({ folder, files: group.length, size });
      }
      if (!this.closed.has(folder)) rows.push(...group);
    }
    return rows;
  }
}
