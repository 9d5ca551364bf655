/** Lists that are read page by page: what was heard so far, and whether there is more. */

import { signal } from "@preact/signals";

import { pageAsMe } from "./accounts.ts";

/** So many pages are heard to find what one knows; a feed of weeks is begun anew instead. */
const MOST_PAGES = 5;

/** `end`: all was heard. After `failed` the same page may be asked for again. */
export type ListState = "ready" | "loading" | "end" | "failed";

export class List<T> {
  readonly items = signal<readonly T[]>([]);
  readonly state = signal<ListState>("ready");
  /** What was thrown last. */
  readonly fault = signal<unknown>(null);
  /** What came since, where that is so much that nothing joins it to what is known: it waits for `catchUp`. */
  readonly ahead = signal<readonly T[]>([]);
  readonly #path: string;
  readonly #query: Readonly<Record<string, string>>;
  readonly #idOf: (item: T) => string;
  readonly #page: typeof pageAsMe;
  #next = "";
  #aheadNext = "";
  #asked: Promise<void> | null = null;
  #renewing: Promise<void> | null = null;

  constructor(
    path: string,
    query: Readonly<Record<string, string>>,
    idOf: (item: T) => string,
    page: typeof pageAsMe = pageAsMe,
  ) {
    this.#page = page;
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
          ? await this.#page<T>(this.#path, { query: this.#query })
          : await this.#page<T>(this.#next);
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

  /**
   * Hear its beginning anew; what is known stays, and what lies below the answer also then. Whoever stands
   * in it (`standing`) stays there: what does not meet what they know waits in `ahead`.
   */
  renew(standing = false): Promise<void> {
    this.#renewing ??= this.#renew(standing).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** The last item that is among those heard; -1 where they do not meet. */
  #lastOf(heard: readonly T[]): number {
    const ids = new Set(heard.map(this.#idOf));
    return this.items.value.findLastIndex((item) => ids.has(this.#idOf(item)));
  }

  async #renew(standing: boolean): Promise<void> {
    await this.#asked;
    try {
      let found = await this.#page<T>(this.#path, { query: this.#query });
      let heard = found.items;
      const isApart = () => this.items.value.length > 0 && this.#lastOf(heard) === -1;
      for (let pages = 1; pages < MOST_PAGES && found.next !== "" && isApart(); pages++) {
        found = await this.#page<T>(found.next);
        heard = [...heard, ...found.items];
      }
      await this.#asked; // a page that came meanwhile is known as well
      if (standing && found.next !== "" && isApart()) {
        this.ahead.value = heard;
        this.#aheadNext = found.next;
        return;
      }
      const last = this.#lastOf(heard);
      const below = last === -1 || found.next === "" ? [] : this.items.value.slice(last + 1);
      this.#begin([...heard, ...below], below.length > 0 ? null : found.next);
    } catch (error) {
      this.fault.value = error;
      if (this.items.value.length === 0) this.state.value = "failed";
    }
  }

  /** Begin anew with what waits ahead. */
  async catchUp(): Promise<void> {
    await this.#asked; // what it brings follows what one leaves
    this.#begin(this.ahead.value, this.#aheadNext);
  }

  /** From now on these are known; null leaves it open as before what follows them. */
  #begin(items: readonly T[], next: string | null): void {
    this.items.value = items;
    this.ahead.value = [];
    if (next === null) return;
    this.#next = next;
    this.state.value = next === "" ? "end" : "ready";
  }

  /** Put `item` in the place of what has its id. */
  replace(item: T): void {
    const id = this.#idOf(item);
    this.items.value = this.items.value.map((one) => (this.#idOf(one) === id ? item : one));
  }

  /** Take out what has this id. */
  remove(id: string): void {
    const isOther = (one: T) => this.#idOf(one) !== id;
    this.items.value = this.items.value.filter(isOther);
    if (this.ahead.value.length > 0) this.ahead.value = this.ahead.value.filter(isOther);
  }

  /** Put `item` first. */
  prepend(item: T): void {
    this.remove(this.#idOf(item));
    this.items.value = [item, ...this.items.value];
  }
}
