/** How many notices nobody has seen yet, as the ways of the app show it. */

import { signal } from "@preact/signals";

export const unseen = signal(0);
