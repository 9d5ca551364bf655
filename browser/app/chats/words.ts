/** The words of what is done to messages, which are loaded with the chats. */

import en from "../../../node/web/words/said.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const saySaid = sayer("said", en, {
  de: () => import("../../../node/web/words/said.de.json"),
  es: () => import("../../../node/web/words/said.es.json"),
  ar: () => import("../../../node/web/words/said.ar.json"),
});
