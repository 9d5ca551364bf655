/**
 * What a person's browser has to fetch of the device. Files are compressed once, as well as can be; the licences
 * of what is bundled are served beside them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { type BuildOptions, build, type OutputFile } from "esbuild";

const HOW: BuildOptions = {
  bundle: true,
  minify: true,
  legalComments: "none",
  format: "esm",
  target: "es2023",
  platform: "browser",
};

async function built(page: string, how: BuildOptions): Promise<readonly OutputFile[]> {
  const entryPoints = [fileURLToPath(new URL(`../${page}`, import.meta.url))];
  const made = await build({ ...HOW, ...how, entryPoints, write: false });
  assert.deepEqual(made.warnings, []);
  return made.outputFiles ?? [];
}

function compressed(file: OutputFile): number {
  return gzipSync(file.contents, { level: 9 }).length;
}

for (const [page, largest] of [
  ["mls/index.ts", 36_000],
  ["device/device.ts", 52_000],
  ["vault/vault.ts", 15_000],
  ["worker/tab.ts", 2_000],
] as const) {
  test(`${page} is small, and needs nothing that a browser has not`, async () => {
    const [bundle] = await built(page, {});
    assert(bundle !== undefined);
    const size = compressed(bundle);
    assert(size < largest, `${size} bytes`);
  });
}

test("the worker is small, and whoever is not logged in fetches a part of it", async () => {
  const files = await built("worker/main.ts", { splitting: true, outdir: "build" });
  const sizes = new Map(files.map((file) => [file.path.replace(/.*[\\/]/, ""), compressed(file)]));
  const isLater = (name: string) => name.startsWith("open_device");
  const isRare = (name: string) => name.startsWith("argon2");
  const sum = (is: (name: string) => boolean) =>
    [...sizes].reduce((all, [name, size]) => all + (is(name) ? size : 0), 0);
  assert.equal([...sizes.keys()].filter((name) => isLater(name) || isRare(name)).length, 2);
  assert(sum((name) => !isLater(name) && !isRare(name)) < 18_000, "before anyone is logged in");
  assert(sum(isLater) < 52_000, "when somebody is");
  assert(sum(isRare) < 6_000, "with a passphrase");
});
