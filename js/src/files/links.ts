// Jupyter Server follows links and does not mark them. But its contents API describes the link
// itself, and HEAD the file behind it: if they differ, it is a link.
//
// A link's size is the length of its target path. So a size that no path can have proves that it is
// a file, and a small file must agree with HEAD in size and time. Folders cannot be distinguished
// from links to folders; a page enters only those that the Python half has listed.
//
// What remains: a run's own program can make a link whose length and time match those of a small
// file elsewhere, or swap in a link between this check and the reading. It runs with the rights of
// the page's user (see `private` in Snapshot), so it could have read that file itself.

import type { Contents, Entry, Head } from "./contents.js";

/** Maximum length of a path: PATH_MAX of Linux; other systems allow less. */
const LONGEST_LINK = 4096;
const TRIES = 3;

const agrees = (entry: Entry, head: Head): boolean =>
  entry.size === head.size && Math.floor(Date.parse(entry.last_modified) / 1000) === head.modified;

/** Whether a path is a file, not a link to one and not a folder. */
export const isRealFile = async (contents: Contents, path: string): Promise<boolean> => {
  let size = -1;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const [entry, head] = await Promise.all([contents.entry(path), contents.head(path)]);
    if (!entry || !head || entry.type === "directory") return false;
    if ((entry.size ?? 0) > LONGEST_LINK || agrees(entry, head)) return true;
    // A growing file differs between the two requests. A link does not grow.
    if (size >= 0 && entry.size !== size) return true;
    size = entry.size ?? 0;
  }
  return false;
};
