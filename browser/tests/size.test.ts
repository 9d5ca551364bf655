/** What a person's browser has to fetch of the library: part of the device worker's 45 kB. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const LARGEST = 36_000;

test("the library is small, and needs nothing that a browser has not", async () => {
  const entry = fileURLToPath(new URL("../mls/index.ts", import.meta.url));
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2023",
    platform: "browser",
  });
  assert.deepEqual(built.warnings, []);
  const [bundle] = built.outputFiles;
  assert(bundle !== undefined);
  const size = gzipSync(bundle.contents).length;
  assert(size < LARGEST, `${size} bytes`);
});
