/** The words of settings and administration, which are loaded with their screens. */

import en from "../../../node/web/words/settings.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayHere = sayer("settings", en, {
  de: () => import("../../../node/web/words/settings.de.json"),
  es: () => import("../../../node/web/words/settings.es.json"),
  ar: () => import("../../../node/web/words/settings.ar.json"),
});
export type HereKey = keyof typeof en;
