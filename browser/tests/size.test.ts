/**
 * What a person's browser has to fetch of the device: part of its worker's 45 kB. Files are compressed
 * once, as well as can be; the licences of what is bundled are served beside them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

for (const [page, largest] of [
  ["mls/index.ts", 36_000],
  ["device/device.ts", 45_000],
  ["vault/vault.ts", 15_000],
  ["worker/tab.ts", 2_000],
] as const) {
  test(`${page} is small, and needs nothing that a browser has not`, async () => {
    const built = await build({
      entryPoints: [fileURLToPath(new URL(`../${page}`, import.meta.url))],
      bundle: true,
      minify: true,
      legalComments: "none",
      write: false,
      format: "esm",
      target: "es2023",
      platform: "browser",
    });
    assert.deepEqual(built.warnings, []);
    const [bundle] = built.outputFiles;
    assert(bundle !== undefined);
    const size = gzipSync(bundle.contents, { level: 9 }).length;
    assert(size < largest, `${size} bytes`);
  });
}
