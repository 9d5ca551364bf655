/** The words of keys, devices and kept messages, which are loaded with their screens. */

import en from "../../../node/web/words/keys.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayKeys = sayer("keys", en, {
  de: () => import("../../../node/web/words/keys.de.json"),
  es: () => import("../../../node/web/words/keys.es.json"),
  ar: () => import("../../../node/web/words/keys.ar.json"),
});
export type KeysKey = keyof typeof en;
