// Devices on ts-mls, driven by JSON lines: one request a line, one answer a line, bytes as hex.
//
// Real in every respect that matters to a verdict: credentials are looked up in a directory that
// `trust` fills, lifetimes are checked on receipt too, and the clock is the one of the tests.
import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import {
  ciphersuites,
  clientStateEncoder,
  createApplicationMessage,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  decode,
  defaultCapabilities,
  defaultKeyPackageEqualityConfig,
  defaultKeyRetentionConfig,
  defaultPaddingConfig,
  defaultProposalTypes,
  encode,
  generateKeyPackageWithKey,
  getCiphersuiteImpl,
  getOwnLeafNode,
  joinGroup,
  joinGroupExternal,
  joinGroupFromReinit,
  keyPackageDecoder,
  keyPackageEncoder,
  leafNodeSources,
  mlsExporter,
  mlsMessageDecoder,
  mlsMessageEncoder,
  nodeTypes,
  processPrivateMessage,
  processPublicMessage,
  protocolVersions,
  pskTypes,
  reinitCreateNewGroup,
  resumptionPSKUsages,
  wireformats,
} from "ts-mls";
// Not public: a tree that is sent beside its Welcome.
import {
  ratchetTreeDecoder,
  ratchetTreeEncoder,
} from "./node_modules/ts-mls/dist/src/ratchetTree.js";
// There is no public function that makes an Update: this one signs its leaf.
import { signLeafNodeCommit as signLeaf } from "./node_modules/ts-mls/dist/src/leafNode.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const raw = (text) => new Uint8Array(Buffer.from(text, "hex"));
const names = Object.fromEntries(Object.entries(ciphersuites).map(([name, id]) => [id, name]));

const world = { suite: undefined, now: 0, devices: new Map(), directory: new Map(), psks: {} };
const realRandom = Math.random;

const authService = {
  async validateCredential(credential, signaturePublicKey) {
    if (credential.credentialType !== 1) return false;
    const keys = world.directory.get(hex(credential.identity));
    return keys !== undefined && keys.has(hex(signaturePublicKey));
  },
};

const clientConfig = {
  keyRetentionConfig: { ...defaultKeyRetentionConfig, retainKeysForGenerations: 1000 },
  lifetimeConfig: { maximumTotalLifetime: 400n * 86400n, validateLifetimeOnReceive: true },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  paddingConfig: defaultPaddingConfig,
};

const context = (own) => ({
  cipherSuite: own.suite,
  authService,
  externalPsks: world.psks,
  clientConfig,
});

function device(name) {
  const found = world.devices.get(name);
  if (found === undefined) throw new Error(`no device ${name}`);
  return found;
}

// The extension external_pub holds an HPKEPublicKey, which has its length before it (RFC 9420 §5.1.1).
// This version of ts-mls leaves the length out (repaired upstream in #449): here it is put right.
function lengthless(suite) {
  const importPublicKey = (key) =>
    suite.hpke.importPublicKey(key.length === 33 && key[0] === 32 ? key.subarray(1) : key);
  return { ...suite, hpke: { ...suite.hpke, importPublicKey } };
}

function lengthful(suite) {
  const exportPublicKey = async (key) =>
    Uint8Array.of(32, ...(await suite.hpke.exportPublicKey(key)));
  return { ...suite, hpke: { ...suite.hpke, exportPublicKey } };
}

const message = (data) => decode(mlsMessageDecoder, raw(data));
const written = (value) => hex(encode(mlsMessageEncoder, value));

// Mulberry32: which GREASE values appear repeats itself with the seed.
function seeded(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function package_(own) {
  const now = BigInt(world.now);
  const { publicPackage, privatePackage } = await generateKeyPackageWithKey({
    credential: { credentialType: 1, identity: own.identity },
    capabilities: defaultCapabilities(),
    lifetime: { notBefore: now - 3600n, notAfter: now + 30n * 86400n },
    signatureKeyPair: own.signature,
    cipherSuite: own.suite,
  });
  own.package = { keyPackage: publicPackage, privateKeys: privatePackage };
  return publicPackage;
}

function psk(id) {
  const pskNonce = raw(id.nonce);
  if (id.epoch === undefined)
    return { psktype: pskTypes.external, pskId: raw(id.id), pskNonce };
  return {
    psktype: pskTypes.resumption,
    usage: resumptionPSKUsages.application,
    pskGroupId: raw(id.group),
    pskEpoch: BigInt(id.epoch),
    pskNonce,
  };
}

const proposals = {
  reinit: ({ group, suite }) => ({
    proposalType: defaultProposalTypes.reinit,
    reinit: {
      groupId: raw(group),
      version: protocolVersions.mls10,
      cipherSuite: suite,
      extensions: [],
    },
  }),
  add: ({ keyPackage }) => ({
    proposalType: defaultProposalTypes.add,
    add: { keyPackage: decode(keyPackageDecoder, raw(keyPackage)) },
  }),
  remove: ({ leaf }) => ({ proposalType: defaultProposalTypes.remove, remove: { removed: leaf } }),
  psk: ({ psk: id }) => ({
    proposalType: defaultProposalTypes.psk,
    psk: { preSharedKeyId: psk(id) },
  }),
};

async function update(own) {
  const { hpke, signature } = own.suite;
  const fresh = await hpke.generateKeyPair();
  const old = getOwnLeafNode(own.state);
  const leafNode = await signLeaf(
    {
      leafNodeSource: leafNodeSources.update,
      hpkePublicKey: await hpke.exportPublicKey(fresh.publicKey),
      signaturePublicKey: old.signaturePublicKey,
      credential: old.credential,
      capabilities: old.capabilities,
      extensions: old.extensions,
      groupId: own.state.groupContext.groupId,
      leafIndex: own.state.privatePath.leafIndex,
    },
    own.state.signaturePrivateKey,
    signature,
  );
  own.update = await hpke.exportPrivateKey(fresh.privateKey);
  return { proposalType: defaultProposalTypes.update, update: { leafNode } };
}

function enter(own, state) {
  own.state = state;
  own.staged = undefined;
  own.update = undefined;
}

// A commit that takes our own Update up needs its private key, for which ts-mls has no place.
async function receive(own, body) {
  const state = { ...own.state, privatePath: structuredClone(own.state.privatePath) };
  const own_leaf = state.privatePath.leafIndex;
  let kind = "proposal";
  const callback = (incoming) => {
    kind = incoming.kind;
    const ours = (p) =>
      p.proposal.proposalType === defaultProposalTypes.update && p.senderLeafIndex === own_leaf;
    if (kind === "commit" && own.update !== undefined && incoming.proposals.some(ours))
      state.privatePath.privateKeys[2 * own_leaf] = own.update;
    return "accept";
  };
  const isPublic = body.wireformat === wireformats.mls_public_message;
  const params = { context: context(own), state, callback };
  // Not processMessage, which forgets the external PSKs for a PrivateMessage.
  const result = isPublic
    ? await processPublicMessage({ ...params, publicMessage: body.publicMessage })
    : await processPrivateMessage({ ...params, privateMessage: body.privateMessage });
  if (result.kind === "applicationMessage") {
    own.state = result.newState;
    return { kind: "said", data: hex(result.message) };
  }
  if (kind === "commit") enter(own, result.newState);
  else own.state = result.newState;
  const active = result.newState.groupActiveState.kind;
  return { kind: active === "removedFromGroup" ? "removed" : kind };
}

const deeds = {
  async reset({ suite, now, seed }) {
    world.suite = await getCiphersuiteImpl(names[suite]);
    world.now = now;
    world.devices.clear();
    world.directory.clear();
    world.psks = {};
    Date.now = () => now * 1000;
    Math.random = seed === undefined ? realRandom : seeded(seed);
    return {};
  },
  async trust({ identity, key }) {
    const keys = world.directory.get(identity) ?? new Set();
    world.directory.set(identity, keys.add(key));
    return {};
  },
  async know({ id, secret }) {
    world.psks[Buffer.from(raw(id)).toString("base64")] = raw(secret);
    return {};
  },
  // Asked again, the device begins a client of another suite, and keeps the group that it is in.
  async client({ name, identity, suite: id }) {
    const suite = id === undefined ? world.suite : await getCiphersuiteImpl(names[id]);
    const signature = await suite.signature.keygen();
    const state = world.devices.get(name)?.state;
    world.devices.set(name, { identity: raw(identity), suite, signature, state });
    return { key: hex(signature.publicKey) };
  },
  async package({ name }) {
    return { keyPackage: hex(encode(keyPackageEncoder, await package_(device(name)))) };
  },
  async create({ name, group }) {
    const own = device(name);
    await package_(own);
    const state = await createGroup({
      context: context(own),
      groupId: raw(group),
      keyPackage: own.package.keyPackage,
      privateKeyPackage: own.package.privateKeys,
    });
    enter(own, state);
    return {};
  },
  async join({ name, welcome }) {
    const own = device(name);
    const state = await joinGroup({
      context: context(own),
      welcome: message(welcome).welcome,
      keyPackage: own.package.keyPackage,
      privateKeys: own.package.privateKeys,
    });
    enter(own, state);
    return {};
  },
  // The group that the ReInit announced, with all in it. Its Welcome comes without the tree.
  async found({ name, packages }) {
    const own = device(name);
    const { groupId, cipherSuite, extensions } = own.state.groupActiveState.reinit;
    const made = await reinitCreateNewGroup({
      context: context(own),
      state: own.state,
      keyPackage: own.package.keyPackage,
      privateKeyPackage: own.package.privateKeys,
      memberKeyPackages: packages.map((data) => decode(keyPackageDecoder, raw(data))),
      groupId,
      cipherSuite: names[cipherSuite],
      extensions,
    });
    enter(own, made.newState);
    const tree = hex(encode(ratchetTreeEncoder, made.newState.ratchetTree));
    return { welcome: written(made.welcome), tree };
  },
  async move({ name, welcome, tree }) {
    const own = device(name);
    const state = await joinGroupFromReinit({
      context: context(own),
      welcome: message(welcome).welcome,
      keyPackage: own.package.keyPackage,
      privateKeyPackage: own.package.privateKeys,
      ratchetTree: tree === null ? undefined : decode(ratchetTreeDecoder, raw(tree)),
      suspendedState: own.state,
    });
    enter(own, state);
    return {};
  },
  async info({ name }) {
    const own = device(name);
    const { state } = own;
    const suite = lengthful(own.suite);
    const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], suite);
    const version = protocolVersions.mls10;
    return { info: written({ wireformat: wireformats.mls_group_info, version, groupInfo }) };
  },
  async external({ name, info, resync }) {
    const own = device(name);
    await package_(own);
    const { publicMessage, newState } = await joinGroupExternal({
      context: { ...context(own), cipherSuite: lengthless(own.suite) },
      groupInfo: message(info).groupInfo,
      keyPackage: own.package.keyPackage,
      privateKeys: own.package.privateKeys,
      resync,
    });
    own.staged = { state: newState };
    const version = protocolVersions.mls10;
    const wireformat = wireformats.mls_public_message;
    return { commit: written({ wireformat, version, publicMessage }) };
  },
  async propose({ name, kind, open, ...what }) {
    const own = device(name);
    const proposal = kind === "update" ? await update(own) : proposals[kind](what);
    const made = await createProposal({
      context: context(own),
      state: own.state,
      wireAsPublicMessage: open,
      proposal,
    });
    own.state = made.newState;
    return { message: written(made.message) };
  },
  async commit({ name, items, open }) {
    const own = device(name);
    const made = await createCommit({
      context: context(own),
      state: own.state,
      wireAsPublicMessage: open,
      extraProposals: items.map((item) => proposals[item.kind](item)),
      ratchetTreeExtension: true,
    });
    own.staged = { state: made.newState, welcome: made.welcome && written(made.welcome) };
    return { commit: written(made.commit) };
  },
  async merge({ name }) {
    const own = device(name);
    const { state, welcome } = own.staged;
    enter(own, state);
    return { welcome: welcome ?? null };
  },
  async drop({ name }) {
    device(name).staged = undefined;
    return {};
  },
  async receive({ name, message: data }) {
    return receive(device(name), message(data));
  },
  async seal({ name, data }) {
    const own = device(name);
    const made = await createApplicationMessage({
      context: context(own),
      state: own.state,
      message: raw(data),
    });
    own.state = made.newState;
    return { message: written(made.message) };
  },
  async view({ name }) {
    const { state, suite } = device(name);
    const { keySchedule, groupContext, ratchetTree } = state;
    const none = new Uint8Array();
    const secret = keySchedule.exporterSecret;
    const roster = [];
    ratchetTree.forEach((node, i) => {
      if (node?.nodeType === nodeTypes.leaf) {
        const { credential, signaturePublicKey } = node.leaf;
        roster.push([i / 2, hex(credential.identity), hex(signaturePublicKey)]);
      }
    });
    return {
      epoch: Number(groupContext.epoch),
      authenticator: hex(keySchedule.epochAuthenticator),
      exported: hex(await mlsExporter(secret, "test", none, 32, suite)),
      tree: hex(groupContext.treeHash),
      roster,
    };
  },
  // Does `deed` again and again from the same state and says how long each took, in milliseconds.
  async time({ deed, times }) {
    const { name } = deed;
    const before = { ...device(name) };
    const taken = [];
    for (let i = 0; i < times; i++) {
      world.devices.set(name, { ...before });
      const start = performance.now();
      await deeds[deed.do](deed);
      taken.push(performance.now() - start);
    }
    return { taken };
  },
  async size({ name }) {
    return { bytes: encode(clientStateEncoder, device(name).state).length };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = await deeds[request.do](request);
  } catch (error) {
    answer = { error: `${error?.constructor?.name ?? "Error"}: ${error?.message ?? error}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
