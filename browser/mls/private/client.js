/** Pure: our own client: its signature key, its leaves, its key packages (RFC 9420 §7.2, §10). */
import { Broken, Malformed, Refused } from "../../errors.ts";
import { concat, EMPTY } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { BASIC, basic, readCredential } from "../public/credentials.ts";
import { DEFAULT_EXTENSIONS, DEFAULT_PROPOSALS, encodeExtensions, GREASE, readExtensions, } from "../public/extensions.ts";
import { checkExtensionsListed, keyPackageFields, readKeyPackage, reference, } from "../public/key_package.ts";
import { checkLeafExtensionsListed, encodeCapabilities, encodeFields, KEY_PACKAGE, leafTbs, readCapabilities, readLeaf, } from "../public/leaf.ts";
import { MLS10, SUITES, suiteOf } from "../public/suite.ts";
import { freshSignatureKey, signatureKey, signWithLabel } from "./crypto.ts";
import { freshKeyPair, keyPair } from "./hpke.ts";
export const ISSUE_SECONDS = 30 * 86400;
/** Peers whose clock is behind ours by less than this can use a package at once. */
export const SKEW_SECONDS = 3600;
/** A record of ours: one that does not read is a fault of the storage, not of a peer. */
function loaded(data, item) {
    try {
        return tls.parse(data, item);
    }
    catch (error) {
        if (error instanceof Refused)
            throw new Broken("a record of this client is damaged");
        throw error;
    }
}
/** One of the values that peers have to ignore. */
function grease(entropy) {
    return GREASE[(entropy.draw(1)[0] ?? 0) % GREASE.length];
}
/** What this library supports, and a GREASE value in each list that may hold one (§13.5). */
export function capabilities(extensions, entropy) {
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
export function checkCapabilities(listed) {
    const some = (types, set) => types.some((type) => set.has(type));
    if (some(listed.extensions, DEFAULT_EXTENSIONS) || some(listed.proposals, DEFAULT_PROPOSALS)) {
        throw new Broken("MLS-7.2d: default extensions and proposals are not listed");
    }
}
/** Best first. A hybrid suite will stand before them. */
const PREFERRED = [1, 3];
/** The best suite that all `invited` list: what a creator has to take (MLS-11a). */
export function chooseSuite(invited) {
    const best = PREFERRED.find((id) => invited.every((one) => one.cipherSuites.includes(id)));
    if (best === undefined) {
        throw new Malformed("MLS-11a", "those invited have no cipher suite in common with us");
    }
    return best;
}
/** The leaf with these `fields`, signed for its place. */
async function signedLeaf(signature, fields, place) {
    const encoded = encodeFields(fields);
    const signed = await signWithLabel(signature, "LeafNodeTBS", leafTbs(encoded, place));
    const leaf = tls.parse(concat(encoded, tls.opaque(signed)), readLeaf);
    checkLeafExtensionsListed(leaf);
    return leaf;
}
/** `old` with another encryption key, for an Update (parent hash null) or a commit's path. */
export function renewedLeaf(signature, old, encryptionKey, parentHash, place) {
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
export function lifetimeFrom(now, seconds) {
    const notBefore = BigInt(Math.max(now - SKEW_SECONDS, 0));
    return { notBefore, notAfter: BigInt(now + seconds) };
}
/** A key package of ours with its private halves: used for one Welcome, then deleted. */
export class OwnPackage {
    keyPackage;
    init;
    encryption;
    constructor(keyPackage, init, encryption) {
        this.keyPackage = keyPackage;
        this.init = init;
        this.encryption = encryption;
    }
    /** The bytes to publish: the bare KeyPackage. */
    get package() {
        return this.keyPackage.raw;
    }
    /** What a Welcome calls this package. */
    get reference() {
        return reference(this.keyPackage);
    }
    dump() {
        const secrets = concat(tls.opaque(this.init.private), tls.opaque(this.encryption.private));
        return concat(this.keyPackage.raw, secrets);
    }
    /** Throws `Broken` when `data` is not what `dump` gave. */
    static async load(data) {
        const [keyPackage, init, encryption] = loaded(data, (reader) => {
            const read = readKeyPackage(reader);
            suiteOf(read.suiteId);
            return [read, reader.opaque(), reader.opaque()];
        });
        return new OwnPackage(keyPackage, await keyPair(init), await keyPair(encryption));
    }
}
/** Who we are to groups of one suite. */
export class Client {
    suite;
    credential;
    signature;
    capabilities;
    extensions;
    constructor(parts) {
        this.suite = parts.suite;
        this.credential = parts.credential;
        this.signature = parts.signature;
        this.capabilities = parts.capabilities;
        this.extensions = parts.extensions;
    }
    /** A new client. `identity` is the UTF-8 of the actor's id; leaves get `extensions`. */
    static async fresh(suiteId, identity, entropy, extensions = []) {
        const suite = suiteOf(suiteId);
        const listed = capabilities(extensions, entropy);
        checkCapabilities(listed);
        const signature = await freshSignatureKey(entropy);
        const credential = basic(identity);
        return new Client({ suite, credential, signature, capabilities: listed, extensions });
    }
    /** A new leaf; `source` is a lifetime or a parent hash. */
    leaf(encryptionKey, source, place) {
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
    async keyPackage(entropy, now, seconds = ISSUE_SECONDS, extensions = []) {
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
    dump() {
        return concat(tls.u16(this.suite.id), this.credential.raw, tls.opaque(this.signature.private), encodeCapabilities(this.capabilities), encodeExtensions(this.extensions));
    }
    /** Throws `Broken` when `data` is not what `dump` gave. */
    static async load(data) {
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
