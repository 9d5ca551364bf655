/** The words of notices, which are loaded with their screen. */

import en from "../../../node/web/words/notices.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayNotice = sayer("notices", en, {
  de: () => import("../../../node/web/words/notices.de.json"),
  es: () => import("../../../node/web/words/notices.es.json"),
  ar: () => import("../../../node/web/words/notices.ar.json"),
});
export type NoticeKey = keyof typeof en;
