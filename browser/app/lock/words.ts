/** The words of the lock, which are loaded with what shows them. */

import en from "../../../node/web/words/lock.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayLock = sayer("lock", en, {
  de: () => import("../../../node/web/words/lock.de.json"),
  es: () => import("../../../node/web/words/lock.es.json"),
  ar: () => import("../../../node/web/words/lock.ar.json"),
});
