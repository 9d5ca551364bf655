/** The words of changed posts, which are loaded when they are needed. */

import en from "../../../node/web/words/edits.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayEdits = sayer("edits", en, {
  de: () => import("../../../node/web/words/edits.de.json"),
  es: () => import("../../../node/web/words/edits.es.json"),
  ar: () => import("../../../node/web/words/edits.ar.json"),
});
