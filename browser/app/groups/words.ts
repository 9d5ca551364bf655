/** The words of groups, which are loaded with the chats. */

import en from "../../../node/web/words/groups.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayGroups = sayer("groups", en, {
  de: () => import("../../../node/web/words/groups.de.json"),
  es: () => import("../../../node/web/words/groups.es.json"),
  ar: () => import("../../../node/web/words/groups.ar.json"),
});
