/** The words of reports and of what administrators did, which are loaded when they are needed. */

import en from "../../../node/web/words/report.en.json" with { type: "json" };
import { sayer } from "../words/index.ts";

export const sayReport = sayer("report", en, {
  de: () => import("../../../node/web/words/report.de.json"),
  es: () => import("../../../node/web/words/report.es.json"),
  ar: () => import("../../../node/web/words/report.ar.json"),
});
export type ReportKey = keyof typeof en;
