/** Pure: the chance that the library is lent; its own word for it, for it stands by itself. */

import type { Bytes } from "../../wire/bytes.ts";

/** Chance fit for keys. */
export interface Entropy {
  /** `count` unpredictable bytes. */
  draw(count: number): Bytes;
}
