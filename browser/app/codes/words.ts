/** The words of codes, which are loaded with their screens. */

import en from "../../../node/web/words/codes.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayCode = sayer("codes", en, {
  de: () => import("../../../node/web/words/codes.de.json"),
  es: () => import("../../../node/web/words/codes.es.json"),
  ar: () => import("../../../node/web/words/codes.ar.json"),
});
