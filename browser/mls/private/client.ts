/** Pure: our own client: its signature key, its leaves, its key packages (RFC 9420 §7.2, §10). */

import { Broken, Malformed, Refused } from "../../errors.ts";
import { type Bytes, concat, EMPTY } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { BASIC, basic, type Credential, readCredential } from "../public/credentials.ts";
import {
  DEFAULT_EXTENSIONS,
  DEFAULT_PROPOSALS,
  type Extension,
  type Extensions,
  encodeExtensions,
  GREASE,
  readExtensions,
} from "../public/extensions.ts";
import {
  checkExtensionsListed,
  type KeyPackage,
  keyPackageFields,
  readKeyPackage,
  reference,
} from "../public/key_package.ts";
import {
  type Capabilities,
  checkLeafExtensionsListed,
  encodeCapabilities,
  encodeFields,
  KEY_PACKAGE,
  type LeafFields,
  type LeafNode,
  type Lifetime,
  leafTbs,
  type Place,
  readCapabilities,
  readLeaf,
} from "../public/leaf.ts";
import { MLS10, SUITES, type Suite, suiteOf } from "../public/suite.ts";
import { freshSignatureKey, type SignatureKey, signatureKey, signWithLabel } from "./crypto.ts";
import type { Entropy } from "./entropy.ts";
import { freshKeyPair, type KeyPair, keyPair } from "./hpke.ts";

export const ISSUE_SECONDS = 30 * 86400;
/** Peers whose clock is behind ours by less than this can use a package at once. */
export const SKEW_SECONDS = 3600;

/** A record of ours: one that does not read is a fault of the storage, not of a peer. */
function loaded<T>(data: Bytes, item: tls.Item<T>): T {
  try {
    return tls.parse(data, item);
  } catch (error) {
    if (error instanceof Refused) throw new Broken("a record of this client is damaged");
    throw error;
  }
}

/** One of the values that peers have to ignore. */
function grease(entropy: Entropy): number {
  return GREASE[(entropy.draw(1)[0] ?? 0) % GREASE.length] as number;
}

/** What this library supports, and a GREASE value in each list that may hold one (§13.5). */
export function capabilities(extensions: Extensions, entropy: Entropy): Capabilities {
  const types = extensions.map(({ type }) => type).filter((type) => !DEFAULT_EXTENSIONS.has(type));
  return {
    versions: [MLS10],
    cipherSuites: [...SUITES.keys(), grease(entropy)],
    extensions: [...types, grease(entropy)],
    proposals: [grease(entropy)],
    credentials: [BASIC, grease(entropy)],
  };
}

/** Defaults are not listed (MLS-7.2d). */
export function checkCapabilities(listed: Capabilities): void {
  const some = (types: readonly number[], set: ReadonlySet<number>) =>
    types.some((type) => set.has(type));
  if (some(listed.extensions, DEFAULT_EXTENSIONS) || some(listed.proposals, DEFAULT_PROPOSALS)) {
    throw new Broken("MLS-7.2d: default extensions and proposals are not listed");
  }
}

/** Best first. A hybrid suite will stand before them. */
const PREFERRED: readonly number[] = [1, 3];

/** The best suite that all `invited` list: what a creator has to take (MLS-11a). */
export function chooseSuite(invited: readonly Capabilities[]): number {
  const best = PREFERRED.find((id) => invited.every((one) => one.cipherSuites.includes(id)));
  if (best === undefined) {
    throw new Malformed("MLS-11a", "those invited have no cipher suite in common with us");
  }
  return best;
}

/** The leaf with these `fields`, signed for its place. */
async function signedLeaf(
  signature: SignatureKey,
  fields: LeafFields,
  place: Place,
): Promise<LeafNode> {
  const encoded = encodeFields(fields);
  const signed = await signWithLabel(signature, "LeafNodeTBS", leafTbs(encoded, place));
  const leaf = tls.parse(concat(encoded, tls.opaque(signed)), readLeaf);
  checkLeafExtensionsListed(leaf);
  return leaf;
}

/** `old` with another encryption key, for an Update (parent hash null) or a commit's path. */
export function renewedLeaf(
  signature: SignatureKey,
  old: LeafNode,
  encryptionKey: Bytes,
  parentHash: Bytes | null,
  place: Place,
): Promise<LeafNode> {
  const { credential, capabilities: listed, extensions } = old;
  const fields = {
    encryptionKey,
    signatureKey: signature.public,
    credential,
    capabilities: listed,
    source: parentHash,
    extensions,
  };
  return signedLeaf(signature, fields, place);
}

/** A lifetime that begins a little before `now`, for clocks that differ. */
export function lifetimeFrom(now: number, seconds: number): Lifetime {
  const notBefore = BigInt(Math.max(now - SKEW_SECONDS, 0));
  return { notBefore, notAfter: BigInt(now + seconds) };
}

/** A key package of ours with its private halves: used for one Welcome, then deleted. */
export class OwnPackage {
  readonly keyPackage: KeyPackage;
  readonly init: KeyPair;
  readonly encryption: KeyPair;

  constructor(keyPackage: KeyPackage, init: KeyPair, encryption: KeyPair) {
    this.keyPackage = keyPackage;
    this.init = init;
    this.encryption = encryption;
  }

  /** The bytes to publish: the bare KeyPackage. */
  get package(): Bytes {
    return this.keyPackage.raw;
  }

  /** What a Welcome calls this package. */
  get reference(): Bytes {
    return reference(this.keyPackage);
  }

  dump(): Bytes {
    const secrets = concat(tls.opaque(this.init.private), tls.opaque(this.encryption.private));
    return concat(this.keyPackage.raw, secrets);
  }

  /** Throws `Broken` when `data` is not what `dump` gave. */
  static async load(data: Bytes): Promise<OwnPackage> {
    const [keyPackage, init, encryption] = loaded(data, (reader) => {
      const read = readKeyPackage(reader);
      suiteOf(read.suiteId);
      return [read, reader.opaque(), reader.opaque()] as const;
    });
    return new OwnPackage(keyPackage, await keyPair(init), await keyPair(encryption));
  }
}

/** What a client is to the groups of one suite: a client is its signature key (e2ee.md §0). */
export interface ClientParts {
  readonly suite: Suite;
  readonly credential: Credential;
  readonly signature: SignatureKey;
  readonly capabilities: Capabilities;
  readonly extensions: Extensions;
}

/** Who we are to groups of one suite. */
export class Client implements ClientParts {
  readonly suite: Suite;
  readonly credential: Credential;
  readonly signature: SignatureKey;
  readonly capabilities: Capabilities;
  readonly extensions: Extensions;

  constructor(parts: ClientParts) {
    this.suite = parts.suite;
    this.credential = parts.credential;
    this.signature = parts.signature;
    this.capabilities = parts.capabilities;
    this.extensions = parts.extensions;
  }

  /** A new client. `identity` is the UTF-8 of the actor's id; leaves get `extensions`. */
  static async fresh(
    suiteId: number,
    identity: Bytes,
    entropy: Entropy,
    extensions: Extensions = [],
  ): Promise<Client> {
    const suite = suiteOf(suiteId);
    const listed = capabilities(extensions, entropy);
    checkCapabilities(listed);
    const signature = await freshSignatureKey(entropy);
    const credential = basic(identity);
    return new Client({ suite, credential, signature, capabilities: listed, extensions });
  }

  /** A new leaf; `source` is a lifetime or a parent hash. */
  leaf(encryptionKey: Bytes, source: Lifetime | Bytes, place: Place): Promise<LeafNode> {
    const { signature, credential, capabilities: listed, extensions } = this;
    const fields = {
      encryptionKey,
      signatureKey: signature.public,
      credential,
      capabilities: listed,
      source,
      extensions,
    };
    return signedLeaf(signature, fields, place);
  }

  /** A new key package, valid for `seconds` from `now` (seconds since 1970). */
  async keyPackage(
    entropy: Entropy,
    now: number,
    seconds = ISSUE_SECONDS,
    extensions: Extensions = [],
  ): Promise<OwnPackage> {
    const init = await freshKeyPair(this.suite, entropy);
    const encryption = await freshKeyPair(this.suite, entropy);
    const place = { source: KEY_PACKAGE, groupId: EMPTY, leafIndex: 0 };
    const leaf = await this.leaf(encryption.public, lifetimeFrom(now, seconds), place);
    const tbs = keyPackageFields(this.suite.id, init.public, leaf, extensions);
    const signed = await signWithLabel(this.signature, "KeyPackageTBS", tbs);
    const keyPackage = tls.parse(concat(tbs, tls.opaque(signed)), readKeyPackage);
    checkExtensionsListed(keyPackage);
    return new OwnPackage(keyPackage, init, encryption);
  }

  /** The same client under another credential; for one that has said nothing yet. */
  of(credential: Credential): Client {
    return new Client({ ...this.#parts(), credential });
  }

  /** The same client, whose leaves say that it knows extensions of that type. */
  supporting(type: number): Client {
    const { extensions: listed } = this.capabilities;
    if (listed.includes(type)) return this;
    const capabilities = { ...this.capabilities, extensions: [type, ...listed] };
    return new Client({ ...this.#parts(), capabilities });
  }

  /** The same client, whose leaves carry `extension`, in place of another of its type. */
  carrying(extension: Extension): Client {
    const { type } = extension;
    const others = this.extensions.filter((one) => one.type !== type);
    const { extensions: listed } = this.capabilities;
    const extensions = listed.includes(type) ? listed : [type, ...listed];
    const capabilities = { ...this.capabilities, extensions };
    return new Client({ ...this.#parts(), capabilities, extensions: [...others, extension] });
  }

  /** A leaf of ours with what we support and carry now, to be signed anew. */
  dressed(leaf: LeafNode): LeafNode {
    return { ...leaf, capabilities: this.capabilities, extensions: this.extensions };
  }

  #parts(): ClientParts {
    const { suite, credential, signature, capabilities: listed, extensions } = this;
    return { suite, credential, signature, capabilities: listed, extensions };
  }

  dump(): Bytes {
    return concat(
      tls.u16(this.suite.id),
      this.credential.raw,
      tls.opaque(this.signature.private),
      encodeCapabilities(this.capabilities),
      encodeExtensions(this.extensions),
    );
  }

  /** Throws `Broken` when `data` is not what `dump` gave. */
  static async load(data: Bytes): Promise<Client> {
    const { secret, ...parts } = loaded(data, (reader) => ({
      suite: suiteOf(reader.u16()),
      credential: readCredential(reader),
      secret: reader.opaque(),
      capabilities: readCapabilities(reader),
      extensions: readExtensions(reader),
    }));
    return new Client({ ...parts, signature: await signatureKey(secret) });
  }
}
