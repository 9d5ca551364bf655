/**
 * What is loaded later has `first` already. Said to the bundler, it puts all of that in one file, where it would
 * make one of every few pages that some of what comes later shares: many small files are a third longer, as
 * each is compressed alone.
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** `first` is a page, as seen from here. */
export function firstInOne(first: string): Plugin {
  return {
    name: "first-in-one",
    setup(building) {
      building.onResolve({ filter: /\.tsx?$/ }, async ({ kind, path, namespace, ...from }) => {
        if (kind !== "dynamic-import" || namespace !== "file") return undefined;
        const found = await building.resolve(path, { kind: "import-statement", ...from });
        // Names of files are made of paths, too: they are the same wherever the project lies.
        const at = relative(HERE, found.path);
        return at === first ? found : { path: `./${at}`, namespace: "later" };
      });
      building.onLoad({ filter: /.*/, namespace: "later" }, ({ path }) => ({
        contents: `import "./${first}"; export * from ${JSON.stringify(path)};`,
        resolveDir: HERE,
      }));
    },
  };
}
