/** The words of settings and administration, which are loaded with their screens. */

import { sayer } from "../words/index.ts";
import en from "../words/settings.en.json" with { type: "json" };

export const sayHere = sayer("settings", en, {
  de: () => import("../words/settings.de.json"),
  es: () => import("../words/settings.es.json"),
  ar: () => import("../words/settings.ar.json"),
});
export type HereKey = keyof typeof en;
