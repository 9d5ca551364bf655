// A server made with Fedify, as the stories meet it: one actor, `guy`. What it is to do comes as JSON
// lines on standard input (`tests/e2ee/mls/peering.py`); it answers each with one on standard output.
// Its network ends at the names in PEER_HOSTS: whatever else it calls is refused and written down.
import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import {
  createFederation, generateCryptoKeyPair, MemoryKvStore, parseNodeInfo,
} from "@fedify/fedify";
import {
  Accept, Activity, Announce, Create, Delete, Endpoints, Follow, Image, Like, Mention, Move, Note,
  Person, PUBLIC_COLLECTION, Tombstone, Undo, Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { Agent, buildConnector, setGlobalDispatcher } from "undici";

const { PEER_NAME: name, PEER_PORT: port, PEER_KEY: key, PEER_CERT: cert, PEER_CA: ca } = process.env;
const hosts = JSON.parse(process.env.PEER_HOSTS);
const origin = `https://${name}`;
const heard = []; // activities that arrived and were proven
const asked = []; // requests that came, and how they were signed and answered
const called = []; // requests that went out
const refused = []; // names that were called and are not of this lab
let shunned = ""; // a dialect of signatures that this server does not take

const connect = buildConnector({ ca: readFileSync(ca) });
setGlobalDispatcher(new Agent({
  connect(options, callback) {
    const there = hosts[options.hostname];
    if (there === undefined) {
      refused.push(options.hostname);
      callback(new Error(`${options.hostname} is not of this lab`), null);
      return;
    }
    const place = { hostname: "127.0.0.1", host: "127.0.0.1", port: String(there) };
    connect({ ...options, ...place, servername: options.hostname }, callback);
  },
}));

function dialect(headers) {
  if (headers.get("signature-input")) return "rfc9421";
  return headers.get("signature") ? "cavage" : "";
}

const { fetch } = globalThis;
globalThis.fetch = async (input, init) => {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
  const one = { method: init?.method ?? input.method ?? "GET", url: String(input.url ?? input) };
  const answer = await fetch(input, init);
  called.push({ ...one, signed: dialect(headers), status: answer.status });
  return answer;
};

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true, // of this machine: nothing else is to be had
  firstKnock: process.env.PEER_KNOCK || "rfc9421",
});
const keys = [
  await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
  await generateCryptoKeyPair("Ed25519"),
];
federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== "guy") return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: `Guy of ${name}`,
      summary: "<p>a stranger</p>",
      icon: new Image({ url: new URL("/guy.png", origin), mediaType: "image/png" }),
      inbox: ctx.getInboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      followers: ctx.getFollowersUri(identifier),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher(() => keys);
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify-peer", version: { major: 2, minor: 3, patch: 6 } },
  protocols: ["activitypub"],
  usage: { users: {}, localPosts: 0, localComments: 0 },
}));
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: "guy" }))
  .on(Activity, async (ctx, activity) => {
    heard.push(await activity.toJsonLd({ format: "compact", contextLoader: ctx.contextLoader }));
    if (activity instanceof Follow) {
      const accept = new Accept({ id: fresh("accept"), actor: guy, object: activity });
      await say(await activity.getActor(ctx), accept);
    }
  });

const ctx = federation.createContext(new URL(origin), undefined);
const guy = ctx.getActorUri("guy");
let count = 0;
function fresh(kind) {
  count += 1;
  return new URL(`/${kind}/${count}`, origin);
}

async function find(id) {
  const documentLoader = await ctx.getDocumentLoader({ identifier: "guy" });
  return await ctx.lookupObject(id, { documentLoader });
}

async function say(to, activity) {
  await ctx.sendActivity({ identifier: "guy" }, to, activity, { preferSharedInbox: true });
  return { id: activity.id.href };
}

function note({ id, text, mention, reply, audience, at }) {
  return new Note({
    id: new URL(id),
    attribution: guy,
    content: text,
    to: audience === "public" ? PUBLIC_COLLECTION : ctx.getFollowersUri("guy"),
    ccs: mention ? [new URL(mention)] : [],
    tags: mention ? [new Mention({ href: new URL(mention), name: mention })] : [],
    replyTarget: reply ? new URL(reply) : null,
    published: Temporal.Instant.from(at),
    updated: Temporal.Now.instant(),
  });
}

const makes = {
  Follow: (what) => new Follow({ id: fresh("t"), actor: guy, object: new URL(what.object) }),
  Like: (what) => new Like({ id: fresh("t"), actor: guy, object: new URL(what.object) }),
  Announce: (what) => new Announce({
    id: fresh("t"), actor: guy, object: new URL(what.object), to: PUBLIC_COLLECTION,
  }),
  Create: (what) => new Create({ id: fresh("t"), actor: guy, object: note(what) }),
  Update: (what) => new Update({ id: fresh("t"), actor: guy, object: note(what) }),
  Delete: (what) => new Delete({
    id: fresh("t"), actor: guy, object: new Tombstone({ id: new URL(what.object) }),
  }),
  Move: (what) => new Move({
    id: fresh("t"), actor: guy, object: guy, target: new URL(what.target),
  }),
};
const said = new Map();

const does = {
  async find({ id }) {
    const found = await find(id);
    return { found: found && await found.toJsonLd({ format: "compact", contextLoader: ctx.contextLoader }) };
  },
  async webfinger({ resource }) {
    return { found: await ctx.lookupWebFinger(resource) };
  },
  async nodeinfo({ host }) {
    // Its own look-up asks DNS, whatever it is told of private addresses.
    const links = await (await globalThis.fetch(`https://${host}/.well-known/nodeinfo`)).json();
    const found = links.links.find((link) => link.rel.endsWith("/2.1"));
    const document = await (await globalThis.fetch(found.href)).json();
    return { document, read: parseNodeInfo(document) !== null };
  },
  async fetch({ url, accept }) {
    const answer = await globalThis.fetch(url, { headers: { accept }, redirect: "manual" });
    return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.text() };
  },
  async say({ kind, to, ...what }) {
    const activity = makes[kind](what);
    said.set(activity.id.href, activity);
    return await say(await find(to), activity);
  },
  async undo({ id, to }) {
    return await say(await find(to), new Undo({ id: fresh("t"), actor: guy, object: said.get(id) }));
  },
  async shun({ what }) {
    shunned = what;
    return {};
  },
  async seen() {
    return { heard, asked, called, refused };
  },
};

const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, async (incoming, outgoing) => {
  const headers = new Headers(Object.entries(incoming.headers).map(([k, v]) => [k, String(v)]));
  const with_body = !["GET", "HEAD"].includes(incoming.method);
  const request = new Request(new URL(incoming.url, origin), {
    method: incoming.method, headers, ...(with_body && { body: Readable.toWeb(incoming), duplex: "half" }),
  });
  const one = { method: incoming.method, path: incoming.url, signed: dialect(headers) };
  const shuns = shunned && one.signed === shunned;
  const answer = shuns
    ? new Response("not this signature", { status: 401 })
    : await federation.fetch(request, { contextData: undefined });
  asked.push({ ...one, status: answer.status });
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
});
await new Promise((listening) => server.listen(Number(port), "127.0.0.1", listening));

for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = await does[what](given);
  } catch (error) {
    answer = { error: `${error.stack ?? error}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
