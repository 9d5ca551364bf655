/**
 * What a browser has to fetch before it shows the first screen: the shell, its sheet, its script and what
 * that imports at once. Sent compressed, at most 45 kB; in few files, as each is compressed alone.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const FOLDER = new URL("../../node/web/static/app/", import.meta.url);
const MOST = 45_000;
const MOST_FILES = 6;
const MOST_OF_WORKER = 20_000;

const read = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");

/** The files that `name` imports statically, itself first. */
function needed(name: string, known: Set<string> = new Set()): Set<string> {
  if (known.has(name)) return known;
  known.add(name);
  for (const found of read(name).matchAll(/(?:from|import)\s*"\/app\/([^"]+)"/g)) {
    needed(found[1] ?? "", known);
  }
  return known;
}

test("the first view is small", () => {
  const shell = read("index.html");
  // What is named as early as can be (`modulepreload`) is of the page or of the device's worker.
  const named = [
    ...shell.matchAll(/<(?:script|link rel="stylesheet")[^>]+"\/app\/([^"]+\.(?:js|css))"/g),
  ].map((found) => found[1] ?? "");
  const files = new Set(["index.html", ...named.flatMap((name) => [...needed(name)])]);
  assert(files.size >= 3, "the shell names its script and its sheet");
  const sizes = [...files].map((name) => gzipSync(read(name), { level: 9 }).length);
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  assert(files.size <= MOST_FILES, `${files.size} files: ${[...files].join(", ")}`);
  assert(whole <= MOST, `${whole} bytes in ${[...files].join(", ")}`);
});

test("so is what the device's worker needs before it can say who is here", () => {
  const named = /name="kith-worker" content="\/app\/([^"]+)"/.exec(read("index.html"));
  const files = needed(named?.[1] ?? "");
  const sizes = [...files].map((name) => gzipSync(read(name), { level: 9 }).length);
  assert(sizes.reduce((sum, size) => sum + size, 0) <= MOST_OF_WORKER, [...files].join(", "));
});
