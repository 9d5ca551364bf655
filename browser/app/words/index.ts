/** The words of the app, in the language of who reads them: `say("feed.end")`. */

import { effect, signal } from "@preact/signals";

import en from "../../../node/web/words/en.json" with { type: "json" };

export type Key = keyof typeof en;
type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
export type Catalogue = Readonly<Record<string, string | Forms>>;
export type Params = Readonly<Record<string, string | number>>;

/** The languages that there are, each by its own name. */
export const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  es: "Español",
  ar: "العربية",
} as const;
export type Language = keyof typeof LANGUAGES;

const OTHERS: Readonly<Record<Language, () => Promise<{ default: Catalogue }>>> = {
  en: async () => ({ default: en }),
  de: () => import("../../../node/web/words/de.json"),
  es: () => import("../../../node/web/words/es.json"),
  ar: () => import("../../../node/web/words/ar.json"),
};
const RIGHT_TO_LEFT: readonly Language[] = ["ar"];
const KEY = "kith.language";

function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}

/** What the person chose, else the first of their browser's languages that we have. */
function wanted(): Language {
  const tags = [localStorage.getItem(KEY) ?? "", ...navigator.languages];
  return tags.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

const known = signal<{ readonly language: Language; readonly words: Catalogue }>({
  language: "en",
  words: en,
});
// The words of screens that are loaded when they are needed, by part and language.
const parts = signal<Readonly<Record<string, Catalogue>>>({});

/** The language that is spoken now. */
export const language = (): Language => known.value.language;

/** The language with the region of who reads, if their browser names one: how dates are written. */
export function locale(): string {
  const spoken = known.value.language;
  return navigator.languages.find((tag) => tag.split("-")[0] === spoken) ?? spoken;
}

/** Speak another language from now on; "" is the browser's. */
export async function speak(chosen: Language | ""): Promise<void> {
  if (chosen === "") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, chosen);
  await begin();
}

/** Load the words of who is here. */
export async function begin(): Promise<void> {
  const chosen = wanted();
  const { default: words } = await OTHERS[chosen]().catch(() => ({ default: en as Catalogue }));
  known.value = { language: chosen, words };
}

effect(() => {
  document.documentElement.lang = known.value.language;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(known.value.language) ? "rtl" : "ltr";
});

const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/gu;

/** The names of others say nothing about the direction of our sentence, and end nothing but themselves. */
const isolated = (value: string): string => `\u2068${value.replace(DIRECTIONS, "")}\u2069`;

/** Names in a row, of which none turns another. */
export const inRow = (names: readonly string[]): string =>
  names.length === 1 ? (names[0] ?? "") : names.map(isolated).join(", ");

function formOf(entry: string | Forms, params: Params): string {
  if (typeof entry === "string") return entry;
  const rule = new Intl.PluralRules(known.value.language).select(Number(params.count ?? 0));
  return entry[rule] ?? entry.other ?? "";
}

/** `key` of `words`, filled with `params`; numbers as the language writes them. */
export function filled(entry: string | Forms, params: Params): string {
  return formOf(entry, params).replace(/\{(\w+)\}/gu, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : isolated(value);
  });
}

/** What stands under `key`, in the language that is spoken. */
export function say(key: Key, params: Params = {}): string {
  const entry = known.value.words[key] ?? (en as Catalogue)[key];
  return entry === undefined ? key : filled(entry, params);
}

/** The words of a part that is loaded later; `load` gives them in each language. */
export function sayer<T extends Catalogue>(
  name: string,
  english: T,
  load: Readonly<Record<Exclude<Language, "en">, () => Promise<{ default: Catalogue }>>>,
): (key: keyof T & string, params?: Params) => string {
  parts.value = { ...parts.peek(), [`${name}.en`]: english };
  effect(() => {
    const spoken = known.value.language;
    if (spoken === "en" || `${name}.${spoken}` in parts.peek()) return;
    load[spoken]().then(
      ({ default: words }) => {
        parts.value = { ...parts.peek(), [`${name}.${spoken}`]: words };
      },
      () => undefined, // English is said then
    );
  });
  return (key, params = {}) => {
    const words = parts.value[`${name}.${known.value.language}`];
    return filled(words?.[key] ?? english[key] ?? key, params);
  };
}

/** What stands under `key` in a part that is loaded; null where it stands in none. */
export function sayPart(key: string, params: Params = {}): string | null {
  const spoken = known.value.language;
  for (const language of [spoken, "en"]) {
    for (const [name, words] of Object.entries(parts.value)) {
      const entry = name.endsWith(`.${language}`) ? words[key] : undefined;
      if (entry !== undefined) return filled(entry, params);
    }
  }
  return null;
}

/** A number as the language writes it. */
export function number(value: number): string {
  return new Intl.NumberFormat(known.value.language).format(value);
}

/** A number where there is little room: 1.2K. */
export function short(value: number): string {
  const how = { notation: "compact", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(known.value.language, how).format(value);
}

/** One and another, as the language joins them. */
export function list(items: readonly string[]): string {
  return new Intl.ListFormat(known.value.language, { type: "conjunction" }).format(items);
}

// How many of each unit are one of the next.
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number, number][] = [
  ["minute", 60, 60],
  ["hour", 3_600, 24],
  ["day", 86_400, 31],
  ["month", 2_628_000, 12], // of a year of 365 days
  ["year", 31_536_000, Number.POSITIVE_INFINITY],
];

/** How long ago or until when, in a word or two: 1 day, which is not always the day before or after today. */
export function ago(instant: string | number, now = Date.now()): string {
  const seconds = (new Date(instant).getTime() - now) / 1000;
  const isPast = seconds < 0;
  // What is past is full years, days, hours; what comes is read as it was said, also a moment later.
  const count = (length: number) => Math[isPast ? "floor" : "round"](Math.abs(seconds) / length);
  const written = (value: number, unit: Intl.RelativeTimeFormatUnit) => {
    const numeric = unit === "second" ? "auto" : "always"; // now
    const how = { numeric, style: "short" } as const;
    const language = known.value.language;
    return new Intl.RelativeTimeFormat(language, how).format(isPast ? -value : value, unit);
  };
  const [unit, length] = UNITS.find(([, one, most]) => count(one) < most) ?? ["year", 31_536_000];
  if (!(count(60) >= 1)) return written(0, "second"); // also of what is no date
  return written(Math.max(1, count(length)), unit);
}

/** A size in words: 4.2 MB. */
export function bytes(value: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let index = 0;
  let left = value;
  while (left >= 1000 && index < units.length - 1) {
    left /= 1000;
    index++;
  }
  return new Intl.NumberFormat(known.value.language, {
    style: "unit",
    unit: units[index] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: left < 10 && index > 0 ? 1 : 0,
  }).format(left);
}
