/**
 * Pure: the secret tree and its sender ratchets, skipped keys bounded (RFC 9420 §9, §15.3).
 *
 * `ahead` looks without touching; `take` makes what was seen the new state and says which records
 * change. So a message that does not open moves nothing, and a step writes only what it changed.
 */
import { Conflict, TooMuch } from "../../errors.ts";
import { concat, EMPTY, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import * as treeMath from "../public/tree_math.ts";
import { deriveTreeSecret, expandWithLabel } from "./crypto.ts";
export const HANDSHAKE = 0;
export const APPLICATION = 1;
const LAST_GENERATION = 2 ** 32 - 1;
const LEFT = utf8("left");
const RIGHT = utf8("right");
export const BOUNDS = { forward: 1000, kept: 1000, keptInAll: 20000 };
function nameOf(place) {
    return `${place.leaf}/${place.kind}`;
}
/** One epoch's encryption secrets. Changes only in `take` and `close`. */
export class SecretTree {
    suite;
    leaves;
    #nodes = new Map();
    #ratchets = new Map();
    #skipped = new Map();
    constructor(suite, leaves) {
        this.suite = suite;
        this.leaves = leaves;
    }
    /** The tree of an epoch before any message. */
    static begin(suite, leaves, encryptionSecret) {
        const tree = new SecretTree(suite, leaves);
        tree.#nodes.set(treeMath.root(leaves), encryptionSecret);
        return tree;
    }
    /** The generation that a ratchet gives next. */
    nextGeneration(place) {
        return this.#ratchets.get(nameOf(place))?.generation ?? 0;
    }
    /**
     * The key of `generation` (null: the next one), nothing changed yet.
     *
     * Throws `Conflict` (MLS-9.2a) for a key that was used or dropped, `TooMuch` (MLS-15.3) for a
     * jump that is too far.
     */
    ahead(place, generation, bounds) {
        const { split, ratchets } = this.#openLeaf(place);
        const name = nameOf(place);
        let ratchet = ratchets.get(name);
        const wanted = generation ?? ratchet.generation;
        if (wanted < ratchet.generation)
            return this.#fromSkipped(place, wanted);
        if (wanted - ratchet.generation > bounds.forward) {
            throw new TooMuch("MLS-15.3", "a message is too many generations ahead");
        }
        if (wanted >= LAST_GENERATION) {
            throw new TooMuch("MLS-15.2", "a ratchet has come to its end");
        }
        const skipped = [];
        while (ratchet.generation < wanted) {
            if (wanted - ratchet.generation <= bounds.kept)
                skipped.push(this.#key(ratchet));
            ratchet = this.#step(ratchet);
        }
        const key = this.#key(ratchet);
        ratchets.set(name, this.#step(ratchet));
        return { place, key, split, ratchets, skipped, wasSkipped: false };
    }
    #fromSkipped(place, generation) {
        const key = this.#skipped.get(nameOf(place))?.get(generation);
        if (key === undefined) {
            throw new Conflict("MLS-9.2a", "the key of this message was used or is gone");
        }
        return { place, key, split: new Map(), ratchets: new Map(), skipped: [], wasSkipped: true };
    }
    /** The ratchets of a leaf; on its first use, by splitting the secrets above it. */
    #openLeaf(place) {
        const known = this.#ratchets.get(nameOf(place));
        if (known !== undefined) {
            return { split: new Map(), ratchets: new Map([[nameOf(place), known]]) };
        }
        const { leaf } = place;
        if (leaf >= this.leaves) {
            throw new Conflict("MLS-9.2a", "there is no such leaf in this epoch");
        }
        const path = [2 * leaf];
        let at = 2 * leaf;
        while (!this.#nodes.has(at)) {
            if (at === treeMath.root(this.leaves)) {
                throw new Conflict("MLS-9.2a", "the keys of this leaf are gone");
            }
            at = treeMath.up(at);
            path.push(at);
        }
        let secret = this.#nodes.get(at);
        const split = new Map([[at, null]]);
        for (const below of path.slice(0, -1).reverse()) {
            const [left, right] = treeMath.children(at);
            const other = below === right ? left : right;
            split.set(other, this.#child(secret, other === left ? LEFT : RIGHT));
            secret = this.#child(secret, below === left ? LEFT : RIGHT);
            at = below;
        }
        const begins = (label) => ({
            generation: 0,
            secret: this.#child(secret, EMPTY, label),
        });
        return {
            split,
            ratchets: new Map([
                [nameOf({ leaf, kind: HANDSHAKE }), begins("handshake")],
                [nameOf({ leaf, kind: APPLICATION }), begins("application")],
            ]),
        };
    }
    #child(secret, context, label = "tree") {
        return expandWithLabel(secret, label, context, this.suite.nh);
    }
    #step({ secret, generation }) {
        const next = deriveTreeSecret(secret, "secret", generation, this.suite.nh);
        return { generation: generation + 1, secret: next };
    }
    #key({ secret, generation }) {
        const { nk, nn } = this.suite.aead;
        const key = deriveTreeSecret(secret, "key", generation, nk);
        return { generation, key, nonce: deriveTreeSecret(secret, "nonce", generation, nn) };
    }
    /** Use the key of `ahead` up: what to write and to delete, names from here. */
    take(ahead, bounds) {
        const taken = { puts: new Map(), gone: [] };
        const { puts, gone } = taken;
        for (const [node, secret] of ahead.split) {
            this.#put(node, secret);
            if (secret === null)
                gone.push(`n/${node}`);
            else
                puts.set(`n/${node}`, secret);
        }
        for (const [name, ratchet] of ahead.ratchets) {
            this.#ratchets.set(name, ratchet);
            puts.set(`r/${name}`, encodeRatchet(ratchet));
        }
        const name = nameOf(ahead.place);
        const kept = this.#skipped.get(name) ?? new Map();
        this.#skipped.set(name, kept);
        if (ahead.wasSkipped) {
            kept.delete(ahead.key.generation);
            gone.push(`k/${name}/${ahead.key.generation}`);
        }
        for (const key of ahead.skipped) {
            kept.set(key.generation, key);
            puts.set(`k/${name}/${key.generation}`, concat(key.key, key.nonce));
        }
        this.#forget(name, kept, bounds, taken);
        return taken;
    }
    #put(node, secret) {
        if (secret === null)
            this.#nodes.delete(node);
        else
            this.#nodes.set(node, secret);
    }
    /** Drop the oldest skipped keys of a sender that are too many. */
    #forget(name, kept, bounds, taken) {
        let inAll = 0;
        for (const keys of this.#skipped.values())
            inAll += keys.size;
        const excess = Math.max(kept.size - bounds.kept, inAll - bounds.keptInAll, 0);
        for (const generation of [...kept.keys()].sort((a, b) => a - b).slice(0, excess)) {
            kept.delete(generation);
            const record = `k/${name}/${generation}`;
            if (!taken.puts.delete(record))
                taken.gone.push(record);
        }
    }
    /** Forget these ratchets: our own, once the epoch is past and we send no more in it. */
    close(...places) {
        for (const place of places) {
            const name = nameOf(place);
            if (!this.#ratchets.has(name))
                this.#splitFor(place);
            this.#ratchets.delete(name);
            this.#skipped.delete(name);
        }
    }
    /** Open the leaf of a ratchet that was never used, so that it can be forgotten. */
    #splitFor(place) {
        let opened;
        try {
            opened = this.#openLeaf(place);
        }
        catch (error) {
            if (error instanceof Conflict)
                return;
            throw error;
        }
        for (const [node, secret] of opened.split)
            this.#put(node, secret);
        for (const [name, ratchet] of opened.ratchets)
            this.#ratchets.set(name, ratchet);
    }
    /** All records of this tree, by the names that `take` uses. */
    *dump() {
        for (const [node, secret] of this.#nodes)
            yield [`n/${node}`, secret];
        for (const [name, ratchet] of this.#ratchets)
            yield [`r/${name}`, encodeRatchet(ratchet)];
        for (const [name, kept] of this.#skipped) {
            for (const { generation, key, nonce } of kept.values()) {
                yield [`k/${name}/${generation}`, concat(key, nonce)];
            }
        }
    }
    /** The tree that `dump` described. */
    static load(suite, leaves, records) {
        const tree = new SecretTree(suite, leaves);
        for (const [record, value] of records) {
            const [kind, first = "", second = "", third = ""] = record.split("/");
            const name = `${first}/${second}`;
            if (kind === "n") {
                tree.#nodes.set(Number(first), value);
            }
            else if (kind === "r") {
                const reader = new tls.Reader(value);
                tree.#ratchets.set(name, { generation: reader.u32(), secret: reader.rest() });
            }
            else {
                const { nk } = suite.aead;
                const generation = Number(third);
                const kept = tree.#skipped.get(name) ?? new Map();
                kept.set(generation, { generation, key: value.slice(0, nk), nonce: value.slice(nk) });
                tree.#skipped.set(name, kept);
            }
        }
        return tree;
    }
}
function encodeRatchet(ratchet) {
    return concat(tls.u32(ratchet.generation), ratchet.secret);
}
