/**
 * The vault's IndexedDB: made whole or not at all, never replaced, written in strict transactions;
 * what the browser says in codes is said here in words (spec E2E-6.14, E2E-6.15).
 */

import { Broken, Conflict, Missing, NoRoom } from "../errors.ts";
import { VERSION } from "./seals.ts";

/** `header` has `wrap` and `top`; the others go by a row's number. */
export const HEADER = "header";
export const NAMES = "names";
export const ROWS = "rows";
const STORES = [HEADER, NAMES, ROWS];

const CLOSED =
  "the browser closed this device's store, or cleared it: open Kith again to see what is left";

/** A new database with `header` in it. Throws `Conflict` (E2E-6.4) when there is one. */
export async function createDatabase(
  name: string,
  header: Readonly<Record<string, unknown>>,
): Promise<IDBDatabase> {
  let isNew = false;
  const database = await opened(
    name,
    (fresh, before) => {
      isNew = before === 0;
      if (!isNew) return false;
      for (const store of STORES) fresh.createObjectStore(store);
      return true;
    },
    header,
  );
  if (isNew && database !== null) return database;
  database?.close();
  throw new Conflict("E2E-6.4", "there is a device in this browser already; it was left as it is");
}

/** The database. Throws `Missing` (E2E-6.15) when there is none, and makes none. */
export async function openDatabase(name: string): Promise<IDBDatabase> {
  const database = await opened(name, () => false);
  if (database !== null) return database;
  throw new Missing(
    "E2E-6.15",
    "this browser has no device, or cleared it: log in to make a new one",
  );
}

/** Remove the database, if there is one. */
export function removeDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(inWords(request.error));
  });
}

type Upgrade = (fresh: IDBDatabase, before: number) => boolean;

/** Null when `upgrade` wanted none: then nothing was made. */
function opened(
  name: string,
  upgrade: Upgrade,
  header: Readonly<Record<string, unknown>> = {},
): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    let isWanted = true;
    request.onupgradeneeded = ({ oldVersion }) => {
      const { transaction } = request;
      isWanted = upgrade(request.result, oldVersion);
      if (!isWanted) return transaction?.abort();
      const store = transaction?.objectStore(HEADER);
      for (const [key, value] of Object.entries(header)) store?.put(value, key);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => (isWanted ? reject(inWords(request.error)) : resolve(null));
  });
}

/** What a request gives. */
export function given<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(inWords(request.error));
  });
}

/**
 * Resolves once it is written. A browser that takes the store away may end no transaction that was under way: then
 * `close` of the database is all that is heard.
 */
export function ended(transaction: IDBTransaction): Promise<void> {
  const { db } = transaction;
  let closed = () => {};
  return new Promise<void>((resolve, reject) => {
    closed = () => reject(new Broken(CLOSED));
    db.addEventListener("close", closed);
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(inWords(transaction.error));
  }).finally(() => db.removeEventListener("close", closed));
}

/** A transaction over the whole database; `work` awaits nothing but its requests. */
export async function transact<T>(
  database: IDBDatabase,
  mode: "readonly" | "readwrite",
  work: (transaction: IDBTransaction) => Promise<T>,
): Promise<T> {
  const transaction = begun(database, mode);
  const done = ended(transaction);
  const worked = work(transaction).catch((error: unknown) => {
    abort(transaction);
    throw error;
  });
  const [value, end] = await Promise.allSettled([worked, done]);
  if (value.status === "rejected") throw value.reason;
  if (end.status === "rejected") throw end.reason;
  return value.value;
}

function begun(database: IDBDatabase, mode: "readonly" | "readwrite"): IDBTransaction {
  try {
    return database.transaction(STORES, mode, { durability: "strict" });
  } catch (error) {
    throw inWords(error);
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It ended already, which is what was wanted.
  }
}

/** What the browser's refusal means for a person. */
export function inWords(error: unknown): Broken {
  const kind = error instanceof DOMException ? error.name : "";
  if (kind === "QuotaExceededError") {
    return new NoRoom(
      "this browser has no room left for Kith: free some on this machine, then try again",
    );
  }
  if (kind === "VersionError") {
    return new Broken(
      "a newer Kith wrote this browser's store, which alone can read it: reload this page",
    );
  }
  if (kind === "NotFoundError" || kind === "InvalidStateError" || !kind || kind === "AbortError") {
    return new Broken(CLOSED);
  }
  return new Broken(`this browser's store does not answer (${kind}): restart the browser`);
}
