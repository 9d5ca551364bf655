/** The words on what was written and may be posted already, which are loaded with what writes. */

import en from "../../../node/web/words/written.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayWritten = sayer("written", en, {
  de: () => import("../../../node/web/words/written.de.json"),
  es: () => import("../../../node/web/words/written.es.json"),
  ar: () => import("../../../node/web/words/written.ar.json"),
});
