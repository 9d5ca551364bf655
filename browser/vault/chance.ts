/** The browser's own chance, fit for keys. */

import type { Entropy } from "../mls/private/entropy.ts";

export const BROWSER_CHANCE: Entropy = {
  draw: (count) => crypto.getRandomValues(new Uint8Array(count)),
};
