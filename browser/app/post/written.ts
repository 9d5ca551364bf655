/**
 * What a person writes is posted once, however often it is tried, also where it was changed after an answer was
 * lost: under one key the node takes one of all that was tried, and says so (API-6.2).
 */

import { freshKey, isOther, SURE_MS, wasDone } from "../api.ts";

/** What was tried under a key and not answered: the node may have taken one of `bodies`. */
export interface Tried {
  readonly key: string;
  /** When it was tried first. */
  readonly at: number;
  readonly bodies: readonly string[];
}

/** An earlier one was taken, what was sent now is not. `id`: of the earlier one, "" where the node cannot say it. */
export class Earlier extends Error {
  override readonly name = "Earlier";
  readonly id: string;

  constructor(id: string) {
    super("an earlier one was taken");
    this.id = id;
  }
}

/** It was tried so long ago that the node knows no more whether it took it. */
export class Unsure extends Error {
  override readonly name = "Unsure";
}

/** Where what was tried outlives the screen that it was written on. */
export interface Place {
  readonly kept: () => Tried | null;
  readonly keep: (tried: Tried | null) => void;
}

const MOST_BODIES = 8; // of the latest it is known by name which was taken, of earlier ones that one was

const fresh = (): Tried => ({ key: freshKey(), at: Date.now(), bodies: [] });

/** Ask the node to make something of `body`, once under `key`. */
type Ask<T> = (body: unknown, key: string) => Promise<T>;

export class Written<T extends { readonly id: string }> {
  readonly #post: Ask<T>;
  readonly #place: Place | undefined;
  #tried: Tried;

  constructor(post: Ask<T>, place?: Place) {
    this.#post = post;
    this.#place = place;
    this.#tried = place?.kept() ?? fresh();
  }

  /** The key under which it is tried. */
  get key(): string {
    return this.#tried.key;
  }

  /**
   * What the node made of `body`; null where it made it and the answer is lost. Throws `Earlier`, `Unsure`, and what
   * asking throws.
   */
  async send(body: unknown): Promise<T | null> {
    const { bodies, at, key } = this.#tried;
    if (bodies.length > 0 && Date.now() - at > SURE_MS) throw new Unsure();
    const text = JSON.stringify(body);
    const others = bodies.filter((one) => one !== text);
    this.#keep({
      key,
      at: bodies.length > 0 ? at : Date.now(),
      bodies: [...others, text].slice(-MOST_BODIES),
    });
    let made: T | null;
    try {
      made = await this.#ask(text);
    } catch (error) {
      if (!isOther(error)) throw error;
      throw new Earlier(await this.#idOf(others));
    }
    this.begin();
    return made;
  }

  /** What is sent from now on is another thing, whatever became of what was tried. */
  begin(): void {
    this.#tried = fresh();
    this.#place?.keep(null);
  }

  #keep(tried: Tried): void {
    this.#tried = tried;
    this.#place?.keep(tried);
  }

  async #ask(text: string): Promise<T | null> {
    try {
      return await this.#post(JSON.parse(text), this.key);
    } catch (error) {
      if (wasDone(error)) return null;
      throw error;
    }
  }

  /** Of the one that was taken: asked for again it is answered again, and none of the others is made. */
  async #idOf(bodies: readonly string[]): Promise<string> {
    for (const text of bodies.toReversed()) {
      try {
        return (await this.#ask(text))?.id ?? "";
      } catch (error) {
        if (!isOther(error)) throw error;
      }
    }
    return "";
  }
}
