/** What one mutes in the words of others: it is hidden until one wants to see it (INB-11.5). */

import type { Post } from "../api_types.ts";
import { say } from "../words/index.ts";

/** Why the post is hidden; "" where it is not. */
export const hiddenBy = ({ filtered }: Post): string =>
  filtered.length === 0 ? "" : say("feed.filtered", { words: filtered.join(", ") });
