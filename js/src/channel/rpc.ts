// Questions to a widget's Python half. Their answers come over the channel.

import type { Channel } from "./channel.js";
import type { Model } from "./model.js";

/** A question: the operation with its arguments, and what comes back. */
export type Ask = (
  operation: string,
  details?: Record<string, unknown>,
) => Promise<{ value: Record<string, unknown>; bytes: Uint8Array }>;

/** Ask a widget's Python half over whatever channel there is. */
export const asker =
  (model: Model, channel: Promise<Channel | null>): Ask =>
  async (operation, details) => {
    const found = await channel;
    if (!found) throw new Error("There is no kernel");
    return found.ask(model, operation, details);
  };
