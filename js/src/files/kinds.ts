// A file's kind, determined from its name. Mirrors kind_of in fusion_jupyter/artifacts/listing.py,
// whose table is in types.ts.

import { KINDS, type Kind } from "../types.js";

// The load is digits with at most one point: what FUSION writes.
const RESULTS = /^(?:\d+\.?\d*|\.\d+)_erlang\.json$/;

export const kindOf = (name: string): Kind => {
  if (RESULTS.test(name)) return "results";
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(KINDS, extension) ? KINDS[extension]! : "other";
};
