/** The words of codes, which are loaded with their screens. */

import en from "../words/codes.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayCode = sayer("codes", en, {
  de: () => import("../words/codes.de.json"),
  es: () => import("../words/codes.es.json"),
  ar: () => import("../words/codes.ar.json"),
});
