/**
 * The vault of a device in a browser: named values in IndexedDB, every one sealed, one transaction
 * per step (spec E2E-6.11 to E2E-6.16). Its twin on disk is `node/client/vault.py`.
 *
 * Whoever knows the names knows all but the values: they are held in memory with the rows' keys.
 */

import type { Changes, Rows } from "../device/rows.ts";
import { Broken } from "../errors.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { type Bytes, equal } from "../wire/bytes.ts";
import * as db from "./database.ts";
import { type Hold, hold, takeAway, takeTurn } from "./lock.ts";
import { unwrap, type Wrap, wrap } from "./root.ts";
import * as seals from "./seals.ts";
import { IN_PART, type Place, type Top } from "./seals.ts";

/** The top as it is stored: sealed, with the counter that it is bound to. */
interface Stored {
  readonly counter: number;
  readonly sealed: Bytes;
}

/**
 * `turn`: wait until no other tab holds the vault, instead of being refused. `steal`: take it from one that sleeps.
 */
export interface How {
  readonly passphrase?: string;
  readonly turn?: AbortSignal;
  readonly steal?: boolean;
}

/** A step, sealed: what goes into the stores, and what is known once it is there. */
interface Written {
  readonly counter: number;
  readonly top: Top;
  readonly places: ReadonlyMap<string, Place>;
  readonly rows: ReadonlyMap<number, readonly [name: Bytes, value: Bytes]>;
  readonly gone: ReadonlyMap<string, number>;
}

/** Named values. `counter` grows by one with every step and never goes back (E2E-6.13). */
export class Vault implements Rows {
  #counter: number;
  #top: Top;
  #isWriting = false;
  #by: Wrap["by"];
  readonly #database: IDBDatabase;
  readonly #hold: Hold;
  readonly #root: Bytes;
  readonly #entropy: Entropy;
  readonly #places: Map<string, Place>;

  private constructor(
    database: IDBDatabase,
    held: Hold,
    root: Bytes,
    entropy: Entropy,
    by: Wrap["by"],
    { counter, top, places }: Found,
  ) {
    this.#by = by;
    this.#database = database;
    this.#hold = held;
    this.#root = root;
    this.#entropy = entropy;
    this.#counter = counter;
    this.#top = top;
    this.#places = places;
  }

  /** A new, empty vault. Throws `Conflict` (E2E-6.4; E2E-6.12 while another tab holds it). */
  static async create(name: string, entropy: Entropy, how: How = {}): Promise<Vault> {
    return await holding(name, how, async (held) => {
      const root = entropy.draw(seals.KEY_BYTES);
      const found: Found = { counter: 0, top: seals.EMPTY_TOP, places: new Map() };
      const wrapped = await wrap(root, how.passphrase ?? null, entropy);
      const top = stored(root, found.top, 0, entropy);
      const database = await db.createDatabase(name, { wrap: wrapped, top });
      return new Vault(database, held, root, entropy, wrapped.by, found);
    });
  }

  /**
   * The vault of that name. Throws `Missing` (E2E-6.15), `Unproven` (E2E-6.2) for a wrong passphrase,
   * `Conflict` (E2E-6.12) while another tab holds it, `Broken` (E2E-6.13) when it is not whole.
   */
  static async open(name: string, entropy: Entropy, how: How = {}): Promise<Vault> {
    return await holding(name, how, async (held) => {
      const database = await db.openDatabase(name);
      try {
        const wrapped = await db.transact(database, "readonly", wrapOf);
        const root = await unwrap(wrapped, how.passphrase ?? null);
        const found = await db.transact(database, "readonly", (within) => find(within, root));
        return new Vault(database, held, root, entropy, wrapped.by, found);
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  /** Remove the vault of that name with all that is in it, if there is one. */
  static async remove(name: string, how: How = {}): Promise<void> {
    const held = await holding(name, how, async (hold) => {
      await db.removeDatabase(name);
      return hold;
    });
    held.release();
  }

  get counter(): number {
    return this.#counter;
  }

  /** Whether it opens by a passphrase alone. */
  get hasPassphrase(): boolean {
    return this.#by === "passphrase";
  }

  /** All names, in order. */
  names(): readonly string[] {
    return [...this.#places.keys()].sort();
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** The value, or null. */
  async read(name: string): Promise<Bytes | null> {
    return (await this.readAll([name])).get(name) ?? null;
  }

  /** The values of those of these rows that are there, of one moment. */
  async readAll(names: readonly string[]): Promise<ReadonlyMap<string, Bytes>> {
    const places: (readonly [string, Place])[] = [];
    for (const name of names) {
      const place = this.#places.get(name);
      if (place !== undefined) places.push([name, place]);
    }
    const found = new Map<string, Bytes>();
    if (!places.length) return found;
    const sealed = await db.transact(this.#database, "readonly", (within) => {
      const rows = within.objectStore(db.ROWS);
      return Promise.all(places.map(([, { number }]) => db.given<unknown>(rows.get(number))));
    });
    for (const [at, [name, { key, number }]] of places.entries()) {
      const value = sealed[at];
      if (!(value instanceof Uint8Array)) throw new Broken(IN_PART);
      found.set(name, seals.openSealed(key, value as Bytes, "row", number));
    }
    return found;
  }

  /** Write (or with null remove) all of `changes`, or nothing; on disk when it resolves. */
  async step(changes: Changes): Promise<void> {
    if (this.#isWriting) throw new Broken("a step is being written: wait for its end");
    this.#isWriting = true;
    try {
      const written = this.#sealed(changes);
      await db.transact(this.#database, "readwrite", (within) => this.#write(within, written));
      this.#counter = written.counter;
      this.#top = written.top;
      for (const name of written.gone.keys()) this.#places.delete(name);
      for (const [name, place] of written.places) this.#places.set(name, place);
    } finally {
      this.#isWriting = false;
    }
  }

  /** Have it opened by a passphrase, or with null by the browser, from now on (E2E-6.11). */
  async rewrap(passphrase: string | null): Promise<void> {
    const wrapped = await wrap(this.#root, passphrase, this.#entropy);
    await db.transact(this.#database, "readwrite", (within) =>
      db.given(within.objectStore(db.HEADER).put(wrapped, "wrap")),
    );
    this.#by = wrapped.by;
  }

  /** Close it and let another tab have it. */
  close(): void {
    this.#database.close();
    this.#hold.release();
  }

  /** All is sealed before the transaction begins: it would end while another promise is awaited. */
  #sealed(changes: Changes): Written {
    let { rows: count, next, sum } = this.#top;
    const places = new Map<string, Place>();
    const rows = new Map<number, readonly [Bytes, Bytes]>();
    const gone = new Map<string, number>();
    for (const [name, value] of changes) {
      const before = this.#places.get(name);
      if (before !== undefined) sum = seals.summed(sum, before.key);
      if (value !== null) {
        // A fresh key for each version: the old version does not open in its place.
        const key = this.#entropy.draw(seals.KEY_BYTES);
        const place: Place = { number: before?.number ?? next++, key };
        if (before === undefined) count += 1;
        sum = seals.summed(sum, key);
        places.set(name, place);
        rows.set(place.number, this.#row(name, place, value));
      } else if (before !== undefined) {
        count -= 1;
        gone.set(name, before.number);
      }
    }
    return { counter: this.#counter + 1, top: { rows: count, next, sum }, places, rows, gone };
  }

  #row(name: string, place: Place, value: Bytes): readonly [Bytes, Bytes] {
    const { key, number } = place;
    const packed = seals.packName(name, place);
    return [
      seals.seal(this.#root, packed, "name", number, this.#entropy),
      seals.seal(key, value, "row", number, this.#entropy),
    ];
  }

  async #write(within: IDBTransaction, { counter, top, rows, gone }: Written): Promise<void> {
    const header = within.objectStore(db.HEADER);
    const [names, values] = [within.objectStore(db.NAMES), within.objectStore(db.ROWS)];
    const before = await db.given<Stored | undefined>(header.get("top"));
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

/** What a vault knows when it is opened. */
interface Found {
  readonly counter: number;
  readonly top: Top;
  readonly places: Map<string, Place>;
}

/** `work` with the vault held; when it throws, others may have it. */
async function holding<T>(name: string, how: How, work: (held: Hold) => Promise<T>): Promise<T> {
  const { turn, steal = false } = how;
  const held = await (steal ? takeAway(name) : turn ? takeTurn(name, turn) : hold(name));
  try {
    return await work(held);
  } catch (error) {
    held.release();
    throw error;
  }
}

function stored(root: Bytes, top: Top, counter: number, entropy: Entropy): Stored {
  return { counter, sealed: seals.seal(root, seals.packTop(top), "top", counter, entropy) };
}

async function wrapOf(within: IDBTransaction): Promise<Wrap> {
  const found = await db.given<Wrap | undefined>(within.objectStore(db.HEADER).get("wrap"));
  if (found === undefined) throw new Broken(IN_PART);
  return found;
}

/** The names and their keys. Throws `Broken` (E2E-6.13) when they are not those of the last step. */
async function find(within: IDBTransaction, root: Bytes): Promise<Found> {
  const names = within.objectStore(db.NAMES);
  const [header, numbers, sealed, count] = await Promise.all([
    db.given<Stored | undefined>(within.objectStore(db.HEADER).get("top")),
    db.given(names.getAllKeys()),
    db.given<Bytes[]>(names.getAll()),
    db.given(within.objectStore(db.ROWS).count()),
  ]);
  if (header === undefined) throw new Broken(IN_PART);
  const { counter } = header;
  const top = seals.unpackTop(seals.openSealed(root, header.sealed, "top", counter));
  const places = new Map<string, Place>();
  let { sum } = top;
  for (const [at, each] of sealed.entries()) {
    const number = Number(numbers[at]);
    const [name, place] = seals.unpackName(number, seals.openSealed(root, each, "name", number));
    places.set(name, place);
    sum = seals.summed(sum, place.key);
  }
  const isWhole = places.size === top.rows && count === top.rows;
  if (!isWhole || !equal(sum, seals.EMPTY_TOP.sum)) throw new Broken(IN_PART);
  return { counter, top, places };
}
