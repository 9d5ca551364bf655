/** The words of files in chats, which are loaded with them. */

import en from "../../../node/web/words/files.en.json" with { type: "json" };
import { locale, sayer } from "../words/index.ts";

export const sayFiles = sayer("files", en, {
  de: () => import("../../../node/web/words/files.de.json"),
  es: () => import("../../../node/web/words/files.es.json"),
  ar: () => import("../../../node/web/words/files.ar.json"),
});

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** A length in bytes, as people say it. */
export function sizeWords(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const how = { style: "unit", unit: UNITS[power] ?? "byte", unitDisplay: "short" } as const;
  return new Intl.NumberFormat(locale(), {
    ...how,
    maximumFractionDigits: power > 1 ? 1 : 0,
  }).format(bytes / 1000 ** power);
}
