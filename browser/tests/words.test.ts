/** The catalogues of the app and the pages: every language has every word, with the same places to fill. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

type Entry = string | Readonly<Record<string, string>>;
type Catalogue = Readonly<Record<string, Entry>>;

const FOLDER = new URL("../../node/web/words/", import.meta.url);
const LANGUAGES = ["en", "de", "es", "ar"];

const read = (name: string): Catalogue => {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Catalogue;
};
const forms = (entry: Entry): string[] => {
  return typeof entry === "string" ? [entry] : Object.values(entry);
};
const places = (entry: Entry): string[] => {
  const found = forms(entry).flatMap((form) => form.match(/\{\w+\}/g) ?? []);
  return [...new Set(found)].sort();
};

// `en.json`, `settings.en.json`: a part of the app and its languages.
const parts = readdirSync(FOLDER)
  .filter((name) => name.endsWith("en.json"))
  .map((name) => name.slice(0, -"en.json".length));

for (const part of parts) {
  const english = read(`${part}en.json`);
  for (const language of LANGUAGES) {
    test(`${part}${language}.json says what the English one says`, () => {
      const words = read(`${part}${language}.json`);
      assert.deepEqual(Object.keys(words).sort(), Object.keys(english).sort());
      const rules = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      for (const [key, entry] of Object.entries(words)) {
        const wanted = english[key];
        assert(wanted !== undefined && forms(entry).every((form) => form.trim() !== ""), key);
        assert.equal(typeof entry, typeof wanted, key);
        assert.deepEqual(places(entry), places(wanted), key);
        if (typeof entry !== "string" && language !== "es") {
          assert.deepEqual(Object.keys(entry).sort(), [...rules].sort(), key);
        }
      }
    });
  }
}
