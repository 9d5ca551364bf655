/**
 * The accounts that this browser has devices of: one small record, beside the vaults. No secret is in it; the
 * token of each session is in its vault.
 */

import { Broken, Missing } from "../errors.ts";
import { given, inWords } from "../vault/database.ts";
import type { Account } from "./device_client.ts";

const DATABASE = "kith-accounts";
const STORE = "accounts";
const LIST = "list";

interface Listed {
  readonly accounts: readonly Account[];
  readonly current: string | null;
}

const NOBODY: Listed = { accounts: [], current: null };

export class AccountList {
  readonly #database: IDBDatabase | null;
  #listed: Listed;

  private constructor(database: IDBDatabase | null, listed: Listed) {
    this.#database = database;
    this.#listed = listed;
  }

  static async open(): Promise<AccountList> {
    const database = await opened();
    const store = database.transaction(STORE).objectStore(STORE);
    const found = await given<Listed | undefined>(store.get(LIST));
    return new AccountList(database, found ?? NOBODY);
  }

  /** Where the browser keeps nothing. */
  static none(): AccountList {
    return new AccountList(null, NOBODY);
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

  /** Whether there is room and leave to write, before anything is made elsewhere (E2E-6.14). */
  check(): Promise<void> {
    return this.#write(this.#listed);
  }

  async #write(listed: Listed): Promise<void> {
    const database = this.#database;
    if (database === null) throw new Broken("this browser keeps nothing: leave its private mode");
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
      transaction.objectStore(STORE).put(listed, LIST);
      transaction.onabort = () => reject(inWords(transaction.error));
      transaction.oncomplete = () => {
        this.#listed = listed;
        resolve();
      };
    });
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return given(request);
}
