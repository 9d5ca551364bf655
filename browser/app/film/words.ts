/** The words of films that are about to be posted, which are loaded with the screen for that. */

import en from "../../../node/web/words/film.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayFilm = sayer("film", en, {
  de: () => import("../../../node/web/words/film.de.json"),
  es: () => import("../../../node/web/words/film.es.json"),
  ar: () => import("../../../node/web/words/film.ar.json"),
});
