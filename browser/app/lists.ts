/** Lists that are read page by page: what was heard so far, and whether there is more. */

import { signal } from "@preact/signals";

import { pageAsMe } from "./accounts.ts";

/** `end`: all was heard. After `failed` the same page may be asked for again. */
export type ListState = "ready" | "loading" | "end" | "failed";

export class List<T> {
  readonly items = signal<readonly T[]>([]);
  readonly state = signal<ListState>("ready");
  /** What was thrown last. */
  readonly fault = signal<unknown>(null);
  readonly #path: string;
  readonly #query: Readonly<Record<string, string>>;
  readonly #idOf: (item: T) => string;
  #next = "";
  #asked: Promise<void> | null = null;
  #renewing: Promise<void> | null = null;

  constructor(path: string, query: Readonly<Record<string, string>>, idOf: (item: T) => string) {
    this.#path = path;
    this.#query = query;
    this.#idOf = idOf;
  }

  /** Hear the next page, unless it is on its way or all was heard. */
  more(): Promise<void> {
    if (this.state.value === "end") return Promise.resolve();
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  async #ask(): Promise<void> {
    this.state.value = "loading";
    try {
      const found =
        this.#next === ""
          ? await pageAsMe<T>(this.#path, { query: this.#query })
          : await pageAsMe<T>(this.#next);
      const known = new Set(this.items.value.map(this.#idOf));
      const fresh = found.items.filter((item) => !known.has(this.#idOf(item)));
      this.items.value = [...this.items.value, ...fresh];
      this.#next = found.next;
      this.state.value = found.next === "" ? "end" : "ready";
      // A page may be empty though more follows: what one may not see is left out.
      if (fresh.length === 0 && found.next !== "") await this.#ask();
    } catch (error) {
      this.fault.value = error;
      this.state.value = "failed";
    }
  }

  /** Hear its beginning anew; what is known stays, and what lies below the answer also then. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    await this.#asked;
    try {
      const found = await pageAsMe<T>(this.#path, { query: this.#query });
      const heard = new Set(found.items.map(this.#idOf));
      const last = this.items.value.findLastIndex((item) => heard.has(this.#idOf(item)));
      const below = last === -1 || found.next === "" ? [] : this.items.value.slice(last + 1);
      this.items.value = [...found.items, ...below];
      if (below.length > 0) return;
      this.#next = found.next;
      this.state.value = found.next === "" ? "end" : "ready";
    } catch (error) {
      this.fault.value = error;
      if (this.items.value.length === 0) this.state.value = "failed";
    }
  }

  /** Put `item` in the place of what has its id. */
  replace(item: T): void {
    const id = this.#idOf(item);
    this.items.value = this.items.value.map((one) => (this.#idOf(one) === id ? item : one));
  }

  /** Take out what has this id. */
  remove(id: string): void {
    this.items.value = this.items.value.filter((one) => this.#idOf(one) !== id);
  }

  /** Put `item` first. */
  prepend(item: T): void {
    this.remove(this.#idOf(item));
    this.items.value = [item, ...this.items.value];
  }
}
