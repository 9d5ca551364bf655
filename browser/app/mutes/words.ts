/** The words of mutes, which are loaded when they are needed. */

import en from "../../../node/web/words/mutes.en.json" with { type: "json" };
import { language, sayer } from "../words/index.ts";

const LOAD = {
  de: () => import("../../../node/web/words/mutes.de.json"),
  es: () => import("../../../node/web/words/mutes.es.json"),
  ar: () => import("../../../node/web/words/mutes.ar.json"),
};

export const sayMutes = sayer("mutes", en, LOAD);

/** The words of the language are here, or cannot be had: a question is asked in one language. */
export async function ready(): Promise<void> {
  const spoken = language();
  if (spoken !== "en") await LOAD[spoken]().catch(() => undefined);
}
