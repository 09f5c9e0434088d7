// The page's information about its Jupyter server, and the location of a run below its root.

/** The page's Jupyter settings: base URL, and the served folder if known. */
export interface Server {
  baseUrl: string;
  root: string;
  notebook: boolean;
}

/** The page's server information; null outside JupyterLab and Notebook. */
export const pageServer = (page: Document): Server | null => {
  const text = page.getElementById("jupyter-config-data")?.textContent;
  if (!text) return null;
  try {
    const config = JSON.parse(text) as Record<string, unknown>;
    const { baseUrl, serverRoot, rootUri, appName, notebookPage } = config;
    if (typeof baseUrl !== "string") return null;
    // JupyterLab gives the folder; Notebook 7 only its address.
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

/** Path of a directory relative to the server's root, null if it is elsewhere. */
export const pathBelow = (directory: string, root: string, home: string): string | null => {
  const full = root.startsWith("~") ? home + root.slice(1) : root;
  const start = full.endsWith("/") ? full : `${full}/`;
  if (!directory.startsWith(start)) return null;
  const path = directory.slice(start.length);
  // The server refuses hidden names, so a request would fail.
  return path.split("/").some((part) => part.startsWith(".") || part === "") ? null : path;
};

/** A path as part of an address. */
export const encodePath = (path: string): string =>
  path.split("/").map(encodeURIComponent).join("/");
