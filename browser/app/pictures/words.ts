/** The words of pictures, which are loaded with what shows them. */

import en from "../../../node/web/words/pictures.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayPictures = sayer("pictures", en, {
  de: () => import("../../../node/web/words/pictures.de.json"),
  es: () => import("../../../node/web/words/pictures.es.json"),
  ar: () => import("../../../node/web/words/pictures.ar.json"),
});
