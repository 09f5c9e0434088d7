// Requests to a widget's Python half. Answers arrive over the channel.

import { type Channel, NO_KERNEL } from "./channel.js";
import type { Model } from "./model.js";

/** A request (an operation with its arguments) and its answer. */
export type Ask = (
  operation: string,
  details?: Record<string, unknown>,
) => Promise<{ value: Record<string, unknown>; bytes: Uint8Array }>;

/** Send a request to a widget's Python half over the current channel. */
export const asker =
  (model: Model, channel: Promise<Channel | null>): Ask =>
  async (operation, details) => {
    const found = await channel;
    if (!found) throw new Error(NO_KERNEL);
    return found.ask(model, operation, details);
  };
