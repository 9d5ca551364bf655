/**
 * The vault as the device and its worker share it: steps take turns, and what the device keeps is heard of
 * once it is written. Rows of the worker's own begin with `tab/`, and the device passes over them.
 */

import type { Changes, Rows } from "../device/rows.ts";
import { Turns } from "../messenger/waiting.ts";
import type { Vault } from "../vault/vault.ts";
import { type Bytes, text, utf8 } from "../wire/bytes.ts";

const OWN = "tab/";

export class SharedVault implements Rows {
  /** Is told of each step once it is written, and which of its rows are new. */
  written: (changes: Changes, fresh: ReadonlySet<string>) => void = () => undefined;
  readonly #vault: Vault;
  readonly #turns = new Turns();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  get counter(): number {
    return this.#vault.counter;
  }

  names(): readonly string[] {
    return this.#vault.names();
  }

  read(name: string): Promise<Bytes | null> {
    return this.#vault.read(name);
  }

  async step(changes: Changes): Promise<void> {
    await this.#turns.take(async () => {
      const fresh = new Set([...changes.keys()].filter((name) => !this.#vault.has(name)));
      await this.#vault.step(changes);
      this.written(changes, fresh);
    });
  }

  /** The values of all rows whose name begins so. */
  all(prefix: string): Promise<ReadonlyMap<string, Bytes>> {
    return this.#vault.readAll(this.names().filter((name) => name.startsWith(prefix)));
  }

  /** The worker's own rows of one kind, by the rest of their names. */
  async own<Value>(kind: string): Promise<Map<string, Value>> {
    const prefix = `${OWN}${kind}/`;
    const found = [...(await this.all(prefix))].map(([name, value]) => {
      return [name.slice(prefix.length), JSON.parse(text(value)) as Value] as const;
    });
    return new Map(found);
  }

  /** Keep, or with null forget, a row of the worker's own. */
  keep(kind: string, name: string, value: unknown): Promise<void> {
    const row = value === null ? null : utf8(JSON.stringify(value));
    return this.step(new Map([[`${OWN}${kind}/${name}`, row]]));
  }

  close(): Promise<void> {
    return this.#turns.take(async () => this.#vault.close());
  }
}
