/** The words of the recorder, which are loaded with it. */

import en from "../../../node/web/words/record.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayRecord = sayer("record", en, {
  de: () => import("../../../node/web/words/record.de.json"),
  es: () => import("../../../node/web/words/record.es.json"),
  ar: () => import("../../../node/web/words/record.ar.json"),
});
