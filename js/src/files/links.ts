// Jupyter Server follows links and marks none. But what its contents API says of a path is of the
// link, and what HEAD says is of the file behind it: where they differ, it is a link.
//
// A link's size is the length of the path that it holds. So a size that no path can have proves a
// file at once, and a small one must agree with HEAD in size and time. Folders cannot be told from
// links to folders; a page enters those alone that the Python half has looked into.
//
// What remains: a run's own program can make a link whose length and time are those of a small file
// elsewhere, or swap a link in between this check and the reading. It runs with the rights of the
// user whose page this is (see `private` in Snapshot), so it could have read that file itself.

import type { Contents, Entry, Head } from "./contents.js";

/** No path is longer: PATH_MAX of Linux, other systems allow less. */
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
    // A file that grows differs between the two looks. A link does not grow.
    if (size >= 0 && entry.size !== size) return true;
    size = entry.size ?? 0;
  }
  return false;
};
