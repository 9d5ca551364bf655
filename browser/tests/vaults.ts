/** What a test has done to a vault, in a worker that may be killed at any moment. */

import type { Due } from "../device/archiving.ts";
import type { Carried } from "../device/exchange.ts";
import { KithError, Refused } from "../errors.ts";
import { BROWSER_CHANCE } from "../vault/chance.ts";
import { type How, Vault } from "../vault/vault.ts";
import { type Bytes, base64, text, unbase64, utf8 } from "../wire/bytes.ts";
import { again, type Line, Told } from "./transcripts.ts";

type Values = Readonly<Record<string, string | null>>;

export type Deed =
  | { readonly do: "create" | "open"; readonly name: string; readonly passphrase?: string }
  | { readonly do: "wait" | "remove"; readonly name: string }
  | { readonly do: "close" | "read" }
  | { readonly do: "step"; readonly changes: Values }
  | {
      readonly do: "fill";
      readonly rows: number;
      readonly bytes: number;
      readonly answers: boolean;
    }
  | { readonly do: "dump"; readonly name: string }
  | { readonly do: "load"; readonly name: string; readonly stores: Dump }
  | { readonly do: "line"; readonly line: Line; readonly actor: string; readonly carried: unknown };

type Dump = Readonly<Record<string, readonly (readonly [IDBValidKey, unknown])[]>>;

let vault: Vault | null = null;
let told: Told | null = null;

/** What came of it; a refusal, or a fault that is told in words, is an answer too. */
export async function perform(deed: Deed): Promise<unknown> {
  try {
    return await done(deed);
  } catch (error) {
    if (!(error instanceof KithError)) throw error;
    const clause = error instanceof Refused ? error.clause : "";
    return { is: error.name, clause, words: error.message };
  }
}

function opened(): Vault {
  if (vault === null) throw new TypeError("no vault is open");
  return vault;
}

async function done(deed: Deed): Promise<unknown> {
  switch (deed.do) {
    case "create":
      vault = await Vault.create(deed.name, BROWSER_CHANCE, howOf(deed.passphrase));
      return vault.counter;
    case "open":
      vault = await Vault.open(deed.name, BROWSER_CHANCE, howOf(deed.passphrase));
      return vault.counter;
    case "wait":
      vault = await Vault.open(deed.name, BROWSER_CHANCE, { turn: new AbortController().signal });
      return vault.counter;
    case "remove":
      return Vault.remove(deed.name);
    case "close":
      return opened().close();
    case "read":
      return all(opened());
    case "step":
      await opened().step(bytesOf(deed.changes));
      return opened().counter;
    case "fill":
      return fill(opened(), deed.rows, deed.bytes, deed.answers);
    case "dump":
      return dump(deed.name);
    case "load":
      return load(deed.name, deed.stores);
    case "line":
      return lineAgain(deed.line, deed.actor, deed.carried as Handed | null);
  }
}

function howOf(passphrase: string | undefined): How {
  return passphrase === undefined ? {} : { passphrase };
}

function bytesOf(values: Values): Map<string, Bytes | null> {
  const all = Object.entries(values).map(([name, value]) => [name, value && utf8(value)] as const);
  return new Map(all as readonly (readonly [string, Bytes | null])[]);
}

async function all(vault: Vault): Promise<Values> {
  const found: Record<string, string> = {};
  for (const name of vault.names()) found[name] = text((await vault.read(name)) ?? utf8("?"));
  return found;
}

/** Writes the same rows anew; with `answers` false it is killed before they are written. */
async function fill(vault: Vault, rows: number, bytes: number, answers: boolean): Promise<unknown> {
  const value = utf8(String(vault.counter + 1).padStart(bytes, " "));
  const names = Array.from({ length: rows }, (_, at) => `row/${at}`);
  const written = vault.step(new Map(names.map((name) => [name, value])));
  if (!answers) return "under way";
  await written;
  return vault.counter;
}

/** What a device gave to be sent: whoever sends it outlives the device. */
interface Handed {
  readonly asked: Carried | null;
  readonly due: Due | null;
}

/** A line of a transcript, on a device that begins anew when the worker did. */
async function lineAgain(line: Line, actor: string, carried: Handed | null): Promise<unknown> {
  const isFirst = line.actor !== undefined;
  if (told === null) {
    told = new Told(actor, opened());
    told.asked = carried?.asked ?? null;
    told.due = carried?.due ?? null;
    if (!isFirst) await told.open();
  }
  const found = await again(told, line, isFirst);
  return { line: found, carried: { asked: told.asked, due: told.due } };
}

function database(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function given<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** All that whoever reads the store sees; bytes are base64. What is no value stays a word. */
async function dump(name: string): Promise<Dump> {
  const opened = await database(name);
  const found: Record<string, [IDBValidKey, unknown][]> = {};
  for (const each of opened.objectStoreNames) {
    const store = opened.transaction(each).objectStore(each);
    const [keys, values] = await Promise.all([given(store.getAllKeys()), given(store.getAll())]);
    found[each] = keys.map((key, at) => [key, written(values[at])]);
  }
  opened.close();
  return found;
}

function written(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: base64(value as Bytes) };
  if (value instanceof CryptoKey) return { key: value.extractable };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, written(each)]));
}

function read(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("bytes" in value) return unbase64(String(value.bytes));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, read(each)]));
}

/** The stores as `stores` has them; the wrap, which holds a key, stays. */
async function load(name: string, stores: Dump): Promise<void> {
  const opened = await database(name);
  for (const [each, entries] of Object.entries(stores)) {
    const store = opened.transaction(each, "readwrite").objectStore(each);
    if (each !== "header") await given(store.clear());
    for (const [key, value] of entries) {
      if (key !== "wrap") await given(store.put(read(value), key));
    }
  }
  opened.close();
}
