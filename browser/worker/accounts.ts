/**
 * The accounts that this browser has devices of: one small record, beside the vaults. No secret is in it; the
 * token of each session is in its vault.
 */

import { Broken, Conflict, Missing } from "../errors.ts";
import type { AccountView } from "../messenger/api_types.ts";
import { ended, given } from "../vault/database.ts";
import type { Account } from "./device_client.ts";

const DATABASE = "kith-accounts";
const STORE = "accounts";
const LIST = "list";
const TERM = "term";

interface Listed {
  readonly accounts: readonly Account[];
  readonly current: string | null;
}

const NOBODY: Listed = { accounts: [], current: null };

/** The account of a device that was let in. */
export function madeOf({ address: handle, name, actor }: AccountView, device: string): Account {
  return { id: `kith-${device}`, handle, name, actor, device, isLoggedIn: true };
}

export class AccountList {
  /** Which holder of the device this is: later ones have higher numbers, also after all was cleared. */
  readonly term: number;
  /** Why the browser keeps nothing; null where it does. */
  readonly fault: Error | null;
  readonly #database: IDBDatabase | null;
  #listed: Listed;

  private constructor(
    database: IDBDatabase | null,
    listed: Listed,
    term: number,
    fault: Error | null = null,
  ) {
    this.#database = database;
    this.#listed = listed;
    this.term = term;
    this.fault = fault;
  }

  /** As its next holder, at the instant `now`: whoever opened it before writes nothing any more. */
  static async open(now: number): Promise<AccountList> {
    const database = await opened();
    // Where there is no room for the number, there is none for what the one before would write.
    const { listed, term } = await numbered(database, "readwrite", now).catch(() =>
      numbered(database, "readonly", now),
    );
    return new AccountList(database, listed, term);
  }

  /** Where the browser keeps nothing. */
  static none(now: number, fault: Error): AccountList {
    return new AccountList(null, NOBODY, now, fault);
  }

  get all(): readonly Account[] {
    return this.#listed.accounts;
  }

  get current(): Account | null {
    return this.all.find(({ id }) => id === this.#listed.current) ?? null;
  }

  /** Throws `Missing` (API-9.1). */
  get(id: string): Account {
    const found = this.all.find((one) => one.id === id);
    if (found === undefined) throw new Missing("API-9.1", "this browser has no such account");
    return found;
  }

  /** Add or change an account, and make it the current one. */
  put(account: Account): Promise<void> {
    const others = this.all.filter(({ id }) => id !== account.id);
    return this.#write({ accounts: [account, ...others], current: account.id });
  }

  /** Something of an account is otherwise now; the current one stays. */
  change(account: Account): Promise<void> {
    const accounts = this.all.map((one) => (one.id === account.id ? account : one));
    return this.#write({ ...this.#listed, accounts });
  }

  choose(id: string): Promise<void> {
    return this.#write({ ...this.#listed, current: this.get(id).id });
  }

  /** Another one that is logged in becomes the current one. */
  remove(id: string): Promise<void> {
    const accounts = this.all.filter((one) => one.id !== id);
    const { current } = this.#listed;
    const next = accounts.find(({ isLoggedIn }) => isLoggedIn) ?? accounts[0];
    return this.#write({ accounts, current: current === id ? (next?.id ?? null) : current });
  }

  /** Whether there is room and leave to write, before anything is made or removed elsewhere (E2E-6.14). */
  check(): Promise<void> {
    return this.#write(this.#listed);
  }

  async #write(listed: Listed): Promise<void> {
    const database = this.#database;
    if (database === null) throw new Broken("this browser keeps nothing: leave its private mode");
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    const store = transaction.objectStore(STORE);
    let isOurs = true;
    const asked = store.get(TERM);
    asked.onsuccess = () => {
      isOurs = (asked.result ?? 0) <= this.term;
      if (!isOurs) return transaction.abort();
      store.put(this.term, TERM);
      store.put(listed, LIST);
    };
    await ended(transaction).catch((error: unknown) => {
      throw isOurs ? error : taken();
    });
    this.#listed = listed;
  }
}

/** What is listed, and the number of the next holder, which is kept where `mode` lets it. */
async function numbered(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  now: number,
): Promise<{ readonly listed: Listed; readonly term: number }> {
  const within = database.transaction(STORE, mode, { durability: "strict" });
  const done = ended(within);
  done.catch(() => undefined); // where reading fails, that is what is told
  const store = within.objectStore(STORE);
  const listed = await given<Listed | undefined>(store.get(LIST));
  const before = await given<number | undefined>(store.get(TERM));
  const term = Math.max((before ?? 0) + 1, now);
  if (mode === "readwrite") store.put(term, TERM);
  await done;
  return { listed: listed ?? NOBODY, term };
}

const taken = () => new Conflict("E2E-6.12", "another tab of this browser has the device now");

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return given(request);
}
