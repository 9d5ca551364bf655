// The must-refuse corpus on ts-mls: `node refuse.mjs FILE…` writes one JSON line for each twin and
// case that it can be asked: {file, kind, name, clause, says} where `says` is "accepted" or an
// error. SKIPPED (JSON, a list of "file kind name") are left out.
import { readFileSync, writeSync } from "node:fs";
import { basename } from "node:path";
import {
  ciphersuites,
  clientStateDecoder,
  clientStateEncoder,
  decode,
  defaultKeyPackageEqualityConfig,
  defaultKeyRetentionConfig,
  defaultPaddingConfig,
  encode,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  keyPackageDecoder,
  mlsMessageDecoder,
  processPrivateMessage,
  processPublicMessage,
  wireformats,
} from "ts-mls";
import { ratchetTreeDecoder } from "./node_modules/ts-mls/dist/src/ratchetTree.js";

const raw = (value) =>
  new Uint8Array(
    typeof value === "string"
      ? Buffer.from(value, "base64")
      : Buffer.alloc(value.times, parseInt(value.byte, 16)),
  );
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const skipped = new Set(JSON.parse(process.env.SKIPPED ?? "[]"));
const names = Object.fromEntries(Object.entries(ciphersuites).map(([name, id]) => [id, name]));
const vector = (bytes) => {
  const size = bytes.length;
  const head = size < 64 ? [size] : size < 16384 ? [64 | (size >> 8), size & 255] : undefined;
  return Buffer.concat([Buffer.from(head), bytes]);
};
const credentialHex = (credential) =>
  credential.credentialType === 1
    ? hex(Buffer.concat([Buffer.from([0, 1]), vector(Buffer.from(credential.identity))]))
    : "";

// As in driver.mjs: this version leaves the length of external_pub out.
const lengthless = (suite) => ({
  ...suite,
  hpke: {
    ...suite.hpke,
    importPublicKey: (key) =>
      suite.hpke.importPublicKey(key.length === 33 && key[0] === 32 ? key.subarray(1) : key),
  },
});

function context(suite, receiver, what) {
  const psks = {};
  if (!what.without_psks)
    for (const [id, secret] of Object.entries(receiver.psks))
      psks[Buffer.from(id, "hex").toString("base64")] = raw(secret);
  const distrusts = new Set(what.distrusts ?? []);
  return {
    cipherSuite: suite,
    externalPsks: psks,
    authService: {
      validateCredential: async (credential) => !distrusts.has(credentialHex(credential)),
    },
    clientConfig: {
      keyRetentionConfig: { ...defaultKeyRetentionConfig, retainKeysForGenerations: 1000 },
      lifetimeConfig: { maximumTotalLifetime: 400n * 86400n, validateLifetimeOnReceive: true },
      keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
      paddingConfig: defaultPaddingConfig,
    },
  };
}

function parsed(data) {
  const message = decode(mlsMessageDecoder, data);
  if (message === undefined) throw new Error("not an MLSMessage");
  return message;
}

async function receive(ctx, state, data) {
  const body = parsed(data);
  const params = { context: ctx, state, callback: () => "accept" };
  if (body.wireformat === wireformats.mls_public_message)
    return (await processPublicMessage({ ...params, publicMessage: body.publicMessage })).newState;
  if (body.wireformat === wireformats.mls_private_message)
    return (await processPrivateMessage({ ...params, privateMessage: body.privateMessage }))
      .newState;
  throw new Error("not a message of a group");
}

const keys = (found) => ({
  keyPackage: decode(keyPackageDecoder, raw(found.key_package)),
  privateKeys: {
    initPrivateKey: raw(found.init_priv),
    hpkePrivateKey: raw(found.encryption_priv),
    signaturePrivateKey: raw(found.signature_priv),
  },
});

async function join(ctx, receiver, data, tree) {
  const body = parsed(data);
  if (body.wireformat !== wireformats.mls_welcome) throw new Error("not a Welcome");
  const ratchetTree = tree === undefined ? undefined : decode(ratchetTreeDecoder, raw(tree));
  if (tree !== undefined && ratchetTree === undefined) throw new Error("not a ratchet tree");
  return joinGroup({ context: ctx, welcome: body.welcome, ...keys(receiver), ratchetTree });
}

async function enter(ctx, receiver, data) {
  const body = parsed(data);
  if (body.wireformat !== wireformats.mls_group_info) throw new Error("not a GroupInfo");
  const entering = { ...ctx, cipherSuite: lengthless(ctx.cipherSuite) };
  await joinGroupExternal({
    context: entering,
    groupInfo: body.groupInfo,
    ...keys(receiver),
    resync: false,
  });
}

const words = (error) => `${error?.constructor?.name ?? "Error"}: ${error?.message ?? error}`;

for (const file of process.argv.slice(2)) {
  const shelf = JSON.parse(readFileSync(file, "utf8"));
  const suite = await getCiphersuiteImpl(names[shelf.cipher_suite]);
  const there = new Map();
  const arrived = async (name) => {
    if (!there.has(name)) {
      const receiver = shelf.receivers[name];
      const ctx = context(suite, receiver, {});
      try {
        let state = await join(ctx, receiver, raw(receiver.welcome));
        for (const message of receiver.messages) state = await receive(ctx, state, raw(message));
        there.set(name, encode(clientStateEncoder, state));
      } catch (error) {
        there.set(name, words(error));
      }
    }
    const found = there.get(name);
    if (typeof found === "string") throw new Error(`cannot come there: ${found}`);
    return decode(clientStateDecoder, found);
  };
  const asked = async (what) => {
    const receiver = shelf.receivers[what.receiver];
    const ctx = context(suite, receiver, what);
    Date.now = () => 1000 * (shelf.now + (what.later ?? 0));
    if (what.do === "join") {
      if (receiver.joins_with !== undefined) return undefined;
      await join(ctx, receiver, raw(what.message), what.tree);
    } else if (what.do === "enter") await enter(ctx, receiver, raw(what.message));
    else if (what.do === "receive") {
      let state = await arrived(what.receiver);
      for (const message of what.before ?? []) {
        try {
          state = await receive(ctx, state, raw(message));
        } catch (error) {
          throw new Error(`cannot come there: ${words(error)}`);
        }
      }
      await receive(ctx, state, raw(what.message));
    } else return undefined;
    return "accepted";
  };
  const tell = async (kind, name, clause, what) => {
    // Some cases end the process: who runs this sees which, and leaves them out the next time.
    const place = `${basename(file, ".json")} ${kind} ${name}`;
    if (skipped.has(place)) return;
    writeSync(1, `${JSON.stringify({ begins: place })}\n`);
    let says;
    try {
      says = await asked(what);
    } catch (error) {
      says = words(error);
    }
    if (says !== undefined)
      writeSync(
        1,
        `${JSON.stringify({ file: basename(file, ".json"), kind, name, clause, says })}\n`,
      );
  };
  for (const [name, twin] of Object.entries(shelf.twins)) await tell("twin", name, "", twin);
  for (const one of shelf.cases)
    await tell("case", one.name, one.clause, { ...shelf.twins[one.twin], ...one });
}
