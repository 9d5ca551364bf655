/**
 * The vault of a device in a browser: named values in IndexedDB, every one sealed, one transaction
 * per step (spec E2E-6.11 to E2E-6.16). Its twin on disk is `node/client/vault.py`.
 *
 * Whoever knows the names knows all but the values: they are held in memory with the rows' keys.
 */
import { Broken } from "../errors.ts";
import { equal } from "../wire/bytes.ts";
import * as db from "./database.ts";
import { hold, takeTurn } from "./lock.ts";
import { unwrap, wrap } from "./root.ts";
import * as seals from "./seals.ts";
import { IN_PART } from "./seals.ts";
/** Named values. `counter` grows by one with every step and never goes back (E2E-6.13). */
export class Vault {
    #counter;
    #top;
    #isWriting = false;
    #database;
    #hold;
    #root;
    #entropy;
    #places;
    constructor(database, held, root, entropy, { counter, top, places }) {
        this.#database = database;
        this.#hold = held;
        this.#root = root;
        this.#entropy = entropy;
        this.#counter = counter;
        this.#top = top;
        this.#places = places;
    }
    /** A new, empty vault. Throws `Conflict` (E2E-6.4; E2E-6.12 while another tab holds it). */
    static async create(name, entropy, how = {}) {
        return await holding(name, how, async (held) => {
            const root = entropy.draw(seals.KEY_BYTES);
            const found = { counter: 0, top: seals.EMPTY_TOP, places: new Map() };
            const wrapped = await wrap(root, how.passphrase ?? null, entropy);
            const top = stored(root, found.top, 0, entropy);
            const database = await db.createDatabase(name, { wrap: wrapped, top });
            return new Vault(database, held, root, entropy, found);
        });
    }
    /**
     * The vault of that name. Throws `Missing` (E2E-6.15), `Unproven` (E2E-6.2) for a wrong passphrase,
     * `Conflict` (E2E-6.12) while another tab holds it, `Broken` (E2E-6.13) when it is not whole.
     */
    static async open(name, entropy, how = {}) {
        return await holding(name, how, async (held) => {
            const database = await db.openDatabase(name);
            try {
                const wrapped = await db.transact(database, "readonly", wrapOf);
                const root = await unwrap(wrapped, how.passphrase ?? null);
                const found = await db.transact(database, "readonly", (within) => find(within, root));
                return new Vault(database, held, root, entropy, found);
            }
            catch (error) {
                database.close();
                throw error;
            }
        });
    }
    /** Remove the vault of that name with all that is in it, if there is one. */
    static async remove(name, how = {}) {
        const held = await holding(name, how, async (hold) => {
            await db.removeDatabase(name);
            return hold;
        });
        held.release();
    }
    get counter() {
        return this.#counter;
    }
    /** All names, in order. */
    names() {
        return [...this.#places.keys()].sort();
    }
    /** The value, or null. */
    async read(name) {
        const place = this.#places.get(name);
        if (place === undefined)
            return null;
        const sealed = await db.transact(this.#database, "readonly", (within) => db.given(within.objectStore(db.ROWS).get(place.number)));
        if (!(sealed instanceof Uint8Array))
            throw new Broken(IN_PART);
        return seals.openSealed(place.key, sealed, "row", place.number);
    }
    /** Write (or with null remove) all of `changes`, or nothing; on disk when it resolves. */
    async step(changes) {
        if (this.#isWriting)
            throw new Broken("a step is being written: wait for its end");
        this.#isWriting = true;
        try {
            const written = this.#sealed(changes);
            await db.transact(this.#database, "readwrite", (within) => this.#write(within, written));
            this.#counter = written.counter;
            this.#top = written.top;
            for (const name of written.gone.keys())
                this.#places.delete(name);
            for (const [name, place] of written.places)
                this.#places.set(name, place);
        }
        finally {
            this.#isWriting = false;
        }
    }
    /** Close it and let another tab have it. */
    close() {
        this.#database.close();
        this.#hold.release();
    }
    /** All is sealed before the transaction begins: it would end while another promise is awaited. */
    #sealed(changes) {
        let { rows: count, next, sum } = this.#top;
        const places = new Map();
        const rows = new Map();
        const gone = new Map();
        for (const [name, value] of changes) {
            const before = this.#places.get(name);
            if (before !== undefined)
                sum = seals.summed(sum, before.key);
            if (value !== null) {
                // A fresh key for each version: the old version does not open in its place.
                const key = this.#entropy.draw(seals.KEY_BYTES);
                const place = { number: before?.number ?? next++, key };
                if (before === undefined)
                    count += 1;
                sum = seals.summed(sum, key);
                places.set(name, place);
                rows.set(place.number, this.#row(name, place, value));
            }
            else if (before !== undefined) {
                count -= 1;
                gone.set(name, before.number);
            }
        }
        return { counter: this.#counter + 1, top: { rows: count, next, sum }, places, rows, gone };
    }
    #row(name, place, value) {
        const { key, number } = place;
        const packed = seals.packName(name, place);
        return [
            seals.seal(this.#root, packed, "name", number, this.#entropy),
            seals.seal(key, value, "row", number, this.#entropy),
        ];
    }
    async #write(within, { counter, top, rows, gone }) {
        const header = within.objectStore(db.HEADER);
        const [names, values] = [within.objectStore(db.NAMES), within.objectStore(db.ROWS)];
        const before = await db.given(header.get("top"));
        if (before?.counter !== this.#counter) {
            throw new Broken("another program wrote into this device's store: reload this page");
        }
        for (const number of gone.values()) {
            names.delete(number);
            values.delete(number);
        }
        for (const [number, [name, value]] of rows) {
            names.put(name, number);
            values.put(value, number);
        }
        header.put(stored(this.#root, top, counter, this.#entropy), "top");
    }
}
/** `work` with the vault held; when it throws, others may have it. */
async function holding(name, how, work) {
    const held = await (how.turn === undefined ? hold(name) : takeTurn(name, how.turn));
    try {
        return await work(held);
    }
    catch (error) {
        held.release();
        throw error;
    }
}
function stored(root, top, counter, entropy) {
    return { counter, sealed: seals.seal(root, seals.packTop(top), "top", counter, entropy) };
}
async function wrapOf(within) {
    const found = await db.given(within.objectStore(db.HEADER).get("wrap"));
    if (found === undefined)
        throw new Broken(IN_PART);
    return found;
}
/** The names and their keys. Throws `Broken` (E2E-6.13) when they are not those of the last step. */
async function find(within, root) {
    const names = within.objectStore(db.NAMES);
    const [header, numbers, sealed, count] = await Promise.all([
        db.given(within.objectStore(db.HEADER).get("top")),
        db.given(names.getAllKeys()),
        db.given(names.getAll()),
        db.given(within.objectStore(db.ROWS).count()),
    ]);
    if (header === undefined)
        throw new Broken(IN_PART);
    const { counter } = header;
    const top = seals.unpackTop(seals.openSealed(root, header.sealed, "top", counter));
    const places = new Map();
    let { sum } = top;
    for (const [at, each] of sealed.entries()) {
        const number = Number(numbers[at]);
        const [name, place] = seals.unpackName(number, seals.openSealed(root, each, "name", number));
        places.set(name, place);
        sum = seals.summed(sum, place.key);
    }
    const isWhole = places.size === top.rows && count === top.rows;
    if (!isWhole || !equal(sum, seals.EMPTY_TOP.sum))
        throw new Broken(IN_PART);
    return { counter, top, places };
}
