/** The words of the recorder, which are loaded with it. */

import { sayer } from "../words/index.ts";
import en from "../words/record.en.json" with { type: "json" };

export const sayRecord = sayer("record", en, {
  de: () => import("../words/record.de.json"),
  es: () => import("../words/record.es.json"),
  ar: () => import("../words/record.ar.json"),
});
