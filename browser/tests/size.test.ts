/**
 * What a person's browser has to fetch of the device. Files are compressed once, as well as can be; the licences
 * of what is bundled are served beside them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { type BuildOptions, build, type Metafile, type OutputFile } from "esbuild";

import { firstInOne } from "../first_in_one.ts";

const HOW: BuildOptions = {
  bundle: true,
  minify: true,
  legalComments: "none",
  format: "esm",
  target: "es2023",
  platform: "browser",
};

interface Made {
  readonly outputFiles: readonly OutputFile[];
  readonly metafile: Metafile;
}

async function made(page: string, how: BuildOptions): Promise<Made> {
  const entryPoints = [fileURLToPath(new URL(`../${page}`, import.meta.url))];
  const found = await build({ ...HOW, ...how, entryPoints, write: false });
  assert.deepEqual(found.warnings, []);
  return {
    outputFiles: found.outputFiles ?? [],
    metafile: found.metafile ?? { inputs: {}, outputs: {} },
  };
}

function nameOf(path: string): string {
  return path.replace(/.*[\\/]/, "");
}

function compressed(file: OutputFile): number {
  return gzipSync(file.contents, { level: 9 }).length;
}

// With all that is loaded later.
for (const [page, largest] of [
  ["mls/index.ts", 37_000],
  ["device/device.ts", 86_000],
  ["vault/vault.ts", 15_000],
  ["worker/tab.ts", 2_000],
] as const) {
  test(`${page} is small, and needs nothing that a browser has not`, async () => {
    const [bundle] = (await made(page, {})).outputFiles;
    assert(bundle !== undefined);
    const size = compressed(bundle);
    assert(size < largest, `${size} bytes`);
  });
}

/** The files that `name` needs at once, itself first. */
function needed(name: string, { outputs }: Metafile): ReadonlySet<string> {
  const found = new Set([name]);
  for (const one of found) {
    for (const { path, kind } of outputs[one]?.imports ?? []) {
      if (kind === "import-statement") found.add(path);
    }
  }
  return found;
}

test("the worker is small, and whoever is not logged in fetches a part of it", async () => {
  const plugins = [firstInOne("worker/open_device.ts")];
  const how = { splitting: true, outdir: "build", metafile: true, plugins };
  const { outputFiles, metafile } = await made("worker/main.ts", how);
  const sizes = new Map(outputFiles.map((file) => [nameOf(file.path), compressed(file)]));
  const named = (start: string) => {
    const name = Object.keys(metafile.outputs).find((one) => nameOf(one).startsWith(start));
    return needed(name ?? "", metafile);
  };
  const sum = (names: Iterable<string>) =>
    [...names].reduce((all, name) => all + (sizes.get(nameOf(name)) ?? 0), 0);
  const [first, open] = [named("main"), named("open_device")];
  const besides = (start: string, ...known: readonly ReadonlySet<string>[]) =>
    [...named(start)].filter((name) => !known.some((one) => one.has(name)));
  assert(sum(first) < 18_000, "before anyone is logged in");
  const opened = sum(besides("open_device", first));
  assert(opened < 82_500, `when somebody is: ${opened} bytes`);
  assert(sum(besides("argon2", first, open)) < 6_000, "with a passphrase");
  assert(sum(besides("handshake_part", first, open)) < 11_000, "when a group changes");
  assert(sum(besides("key_changes", first, open)) < 3_000, "when the keys change");
  assert(sum(besides("restoring", first, open)) < 2_000, "when the archive is read");
  assert(sum(besides("put_again", first, open)) < 2_000, "when the node was put back");
  assert(sum(besides("key_verbs", first, open)) < 14_000, "when the keys are looked at");
  assert(sum(besides("linking", first, open)) < 8_000, "when another device is linked");
});
