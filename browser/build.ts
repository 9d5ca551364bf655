/**
 * Builds the app that a node serves: `node build.ts` writes it to `node/web/static/app`, `node build.ts
 * check` says whether what stands there is what would be built, byte for byte.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { type BuildOptions, build, type Plugin, transform } from "esbuild";

import { firstInOne } from "./first_in_one.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const FOLDER = fileURLToPath(new URL("../node/web/static/app/", import.meta.url));
const ICONS = fileURLToPath(new URL("app/icons/", import.meta.url));
const AT = "/app/"; // where the node serves it
// Names of chunks are made of their content, so the same sources give the same files everywhere.
const COMMON: BuildOptions = {
  absWorkingDir: HERE,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2023",
  platform: "browser",
  legalComments: "none",
  outdir: FOLDER,
  publicPath: AT,
  metafile: true,
  write: false,
  logLevel: "warning",
};

type Files = Map<string, Uint8Array>;

/** Sheets that the first view does not wait for are text in the scripts that need them. */
const LATER_SHEETS: Plugin = {
  name: "later-sheets",
  setup(building) {
    building.onLoad({ filter: /\.later\.css$/ }, async ({ path }) => {
      const how = { loader: "css", minify: true, target: "es2023" } as const;
      const { code } = await transform(readFileSync(path, "utf8"), how);
      return { contents: code, loader: "text" };
    });
  },
};

/** What a browser compares with what it got (subresource integrity). */
function integrity(body: Uint8Array): string {
  return `sha384-${createHash("sha384").update(body).digest("base64")}`;
}

/** The files that the one of this name imports before it runs, itself first. */
function needed(files: Files, name: string, known: Set<string> = new Set()): Set<string> {
  if (known.has(name)) return known;
  known.add(name);
  const text = new TextDecoder().decode(files.get(name));
  for (const [, found = ""] of text.matchAll(/(?:from|import)\s*"\/app\/([^"]+)"/g)) {
    needed(files, found, known);
  }
  return known;
}

/** Licences that ask to be named wherever the code goes. */
const NOTICE = `The app is part of Kith (Apache-2.0). In it are: Preact and Preact Signals (MIT, Jason Miller
and others), noble-hashes and noble-ciphers (MIT, Paul Miller), lean-qr (MIT, David Evans), qr (MIT or
Apache-2.0, Paul Miller), blurhash (MIT, Wolt Enterprises), and unchanged in film-*.js, Mediabunny (MPL-2.0, Vanilagy; its source is at
https://github.com/Vanilagy/mediabunny and in the package mediabunny of npm).
`;

async function bundle(files: Files, options: BuildOptions): Promise<Map<string, string>> {
  const built = await build({ ...COMMON, ...options });
  const named = new Map<string, string>();
  for (const file of built.outputFiles ?? []) {
    files.set(file.path.slice(FOLDER.length), file.contents);
  }
  for (const [path, output] of Object.entries(built.metafile?.outputs ?? {})) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (output.entryPoint !== undefined) named.set(output.entryPoint, name);
    if (output.cssBundle !== undefined) {
      named.set("css", output.cssBundle.slice(output.cssBundle.lastIndexOf("/") + 1));
    }
  }
  return named;
}

function tag(files: Files, name: string | undefined, write: (at: string, sri: string) => string) {
  const body = name === undefined ? undefined : files.get(name);
  if (name === undefined || body === undefined) throw new Error("an entry was not built");
  return write(`${AT}${name}`, integrity(body));
}

function shell(files: Files, named: Map<string, string>): string {
  const sheet = tag(
    files,
    named.get("css"),
    (at, sri) => `<link rel="stylesheet" href="${at}" integrity="${sri}">`,
  );
  const worker = named.get("worker/main.ts");
  const main = named.get("app/main.tsx");
  if (worker === undefined || main === undefined) throw new Error("an entry was not built");
  // Asked for at once, and not only when what needs them has come and runs.
  const early = [...needed(files, main), ...needed(files, worker)]
    .filter((name) => name !== main)
    .map((name) =>
      tag(files, name, (at, sri) => `<link rel="modulepreload" href="${at}" integrity="${sri}">`),
    )
    .join("\n");
  const script = tag(
    files,
    main,
    (at, sri) => `<script type="module" src="${at}" integrity="${sri}"></script>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Kith</title>

<meta name="theme-color" content="#f6f3ec" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#141a19" media="(prefers-color-scheme: dark)">

<meta name="kith-worker" content="${AT}${worker}">

<link rel="icon" href="/static/kith.svg" type="image/svg+xml">
<link rel="apple-touch-icon" href="/app/icon-180.png">
<link rel="manifest" href="/app/manifest.webmanifest">
${sheet}
${early}
${script}
</head>
<body>
<div id="app"></div>
<noscript><p>This app needs JavaScript. The pages of this node work without: <a href="/">go there</a>.</p></noscript>
</body>
</html>
`;
}

/** How the app is installed: as a program of its own, which takes what others share. */
const MANIFEST = {
  id: AT,
  name: "Kith",
  short_name: "Kith",
  description:
    "Friends, messages that only the two of you can read, and videos for those you choose.",
  start_url: AT,
  scope: AT,
  display: "standalone",
  background_color: "#f6f3ec",
  theme_color: "#0f6e63",
  categories: ["social"],
  icons: [
    { src: `${AT}icon-192.png`, sizes: "192x192", type: "image/png" },
    { src: `${AT}icon-512.png`, sizes: "512x512", type: "image/png" },
    { src: `${AT}maskable-512.png`, sizes: "512x512", type: "image/png", purpose: "maskable" },
  ],
  share_target: {
    action: `${AT}share`,
    method: "POST",
    enctype: "multipart/form-data",
    params: {
      title: "title",
      text: "text",
      url: "url",
      files: [{ name: "files", accept: ["video/*", "image/*"] }],
    },
  },
};

/** The service worker, which knows every other file by its hash. */
async function worker(files: Files): Promise<void> {
  const kept = [...files]
    .filter(([name]) => name !== "NOTICE.txt")
    .map(([name, body]) => [name, integrity(body)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const build = createHash("sha256").update(JSON.stringify(kept)).digest("hex").slice(0, 16);
  await bundle(files, {
    entryPoints: ["sw/sw.ts"],
    entryNames: "[name]", // browsers know a service worker by its address
    format: "iife",
    define: { PRECACHE: JSON.stringify(kept), BUILD: JSON.stringify(build) },
  });
}

/** All that a node serves below `/app/`, by name. */
async function everything(): Promise<Files> {
  const files: Files = new Map();
  // What makes films smaller is fetched when one is posted, and by its own worker alone.
  const film = await bundle(files, { entryPoints: ["film/main.ts"], entryNames: "film-[hash]" });
  const named = await bundle(files, {
    entryPoints: ["app/main.tsx"],
    define: { FILM_WORKER: JSON.stringify(`${AT}${film.get("film/main.ts")}`) },
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    splitting: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    plugins: [firstInOne("app/shell.tsx"), LATER_SHEETS],
  });
  // The device's worker shares nothing with the page: each fetches what it needs and no more.
  const device = await bundle(files, {
    entryPoints: ["worker/main.ts"],
    entryNames: "device-[hash]",
    chunkNames: "[name]-[hash]",
    splitting: true,
    plugins: [firstInOne("worker/open_device.ts")],
  });
  for (const [page, name] of device) named.set(page, name);
  const text = new TextEncoder();
  files.set("index.html", text.encode(shell(files, named)));
  files.set("manifest.webmanifest", text.encode(JSON.stringify(MANIFEST)));
  for (const name of readdirSync(ICONS)) files.set(name, readFileSync(ICONS + name));
  await worker(files);
  files.set("NOTICE.txt", text.encode(NOTICE));
  const sums = [...files]
    .map(([name, body]) => `${createHash("sha256").update(body).digest("hex")}  ${name}\n`)
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1));
  files.set("SHA256SUMS", text.encode(sums.join("")));
  return files;
}

/** The names in which what stands differs from what would be built. */
function differing(files: Files): string[] {
  const stands = readdirSync(FOLDER);
  const names = new Set([...stands, ...files.keys()]);
  return [...names].filter((name) => {
    const body = files.get(name);
    return (
      body === undefined ||
      !stands.includes(name) ||
      !Buffer.from(body).equals(readFileSync(FOLDER + name))
    );
  });
}

const files = await everything();
mkdirSync(FOLDER, { recursive: true });
if (process.argv[2] === "check") {
  const found = differing(files);
  if (found.length > 0) {
    console.error(`the app that is served is not what browser/ builds (${found.join(", ")}):`);
    console.error("run .venv/bin/python -m tools.browser build");
    process.exitCode = 1;
  }
} else {
  for (const name of readdirSync(FOLDER)) if (!files.has(name)) rmSync(FOLDER + name);
  for (const [name, body] of files) writeFileSync(FOLDER + name, body);
}
