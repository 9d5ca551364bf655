/**
 * Linking: this browser is let in by a device of the account, or lets another one in (spec LNK). Either of the two
 * shows, and the other one reads. What Python does of it is `node/client/linking.py`.
 */

import type { DeviceKeys } from "../device/device_keys.ts";
import { rowsOf, take } from "../device/joining.ts";
import { type Changes, CLIENT } from "../device/rows.ts";
import { Forbidden, Missing, Refused } from "../errors.ts";
import { sealGrant } from "../linking/private/grant.ts";
import { type Agreed, Reader, Shower } from "../linking/private/linking.ts";
import { isLink, linkOf, readCodeOrLink } from "../linking/public/code.ts";
import { type LinkSide, NEW, type NewSide, OLD } from "../linking/public/sides.ts";
import { Client, type Entropy } from "../mls/group.ts";
import { signatureKey } from "../mls/private/crypto.ts";
import { type KeyPair, keyPair } from "../mls/private/hpke.ts";
import { basic } from "../mls/public/credentials.ts";
import { type Bytes, base64, EMPTY, utf8 } from "../wire/bytes.ts";
import { uuid4, uuidOf } from "../wire/ids.ts";
import { bytesOf } from "./api.ts";
import type { ApiClient } from "./api_client.ts";
import type { AccountView } from "./api_types.ts";
import type { KeyKeeper } from "./key_keeper.ts";
import type { Clock } from "./waiting.ts";

const LOOK_EVERY = 1_000;
const SUITE = 1;
const NOTHING = { day: 0, dayKey: EMPTY, states: [], counts: [] };

/** Both sides are there. */
export interface Met {
  readonly agreed: Agreed;
  readonly code: string;
  readonly secret: string;
}

/** A code that is shown. */
export interface Shown {
  readonly code: string;
  readonly link: string;
  /** Wait until the other device has read it. Throws `Missing` (LNK-5.5) when time is up. */
  readonly meet: () => Promise<Met>;
}

/** How the two devices hear of each other: the mailbox at the home node (LNK-5). */
export class LinkLine {
  readonly #api: Pick<ApiClient, "ask" | "origin">;
  readonly #clock: Clock;
  readonly #cut: AbortSignal;

  /** Nobody waits any more once it is `cut`. */
  constructor(api: Pick<ApiClient, "ask" | "origin">, clock: Clock, cut: AbortSignal) {
    this.#api = api;
    this.#clock = clock;
    this.#cut = cut;
  }

  /** Show a code and a link. Throws `TooMuch` (LNK-5.7). */
  async show(mine: LinkSide): Promise<Shown> {
    const shower = new Shower(mine);
    const { commit } = shower;
    const body = { commit: base64(commit) };
    const { code, secret } = await this.#api.ask("POST /links", { body });
    const meet = async (): Promise<Met> => {
      const theirs = await this.wait(code, secret, "side");
      const said = { secret, side: base64(shower.answer(theirs)) };
      await this.#api.ask("POST /links/{code}/show", { path: { code }, body: said });
      return { agreed: shower.meet(code, theirs), code, secret };
    };
    return { code, link: linkOf(this.#api.origin.toLowerCase(), code, commit), meet };
  }

  /**
   * Read the code or link that the other device shows; `isScanned`: by its own camera.
   *
   * Throws `Malformed` (LNK-2.2, LNK-2.4), `Missing` (LNK-5.5),
   * `Unproven` (LNK-3.2, LNK-3.4), `Conflict` (LNK-3.5), `Forbidden` (LNK-2.4) for a link of another server.
   */
  async read(text: string, isScanned: boolean, mine: LinkSide): Promise<Met> {
    const found = readCodeOrLink(text);
    const { code, origin } = found;
    if (isLink(found) && origin !== this.#api.origin.toLowerCase()) {
      throw new Forbidden("LNK-2.4", `that link is of ${origin}, not of your server`);
    }
    const { commit } = await this.#api.ask("GET /links/{code}", { path: { code } });
    const reader = new Reader(mine, found, bytesOf(commit), isScanned);
    const body = { side: base64(reader.mine) };
    const { secret } = await this.#api.ask("POST /links/{code}/read", { path: { code }, body });
    const agreed = reader.meet(await this.wait(code, secret, "side"));
    return { agreed, code, secret };
  }

  /** What the other device writes, once it did. Throws `Missing` (LNK-5.5) when time is up. */
  async wait(code: string, secret: string, what: "side" | "grant"): Promise<Bytes> {
    for (;;) {
      if (this.#cut.aborted) throw new Missing("LNK-5.5", "this linking was given up");
      const found = (await this.look(code, secret))[what];
      if (found !== "") return bytesOf(found);
      await this.#clock.pause(LOOK_EVERY, this.#cut);
    }
  }

  look(code: string, secret: string) {
    const body = { secret };
    return this.#api.ask("POST /links/{code}/look", { path: { code }, body, harmless: true });
  }
}

/** What a browser that was let in has: of it a vault is made. */
export interface LetIn {
  readonly account: AccountView;
  readonly device: string;
  readonly token: string;
  readonly rows: Changes;
}

/** This browser, while it is let in. */
export class NewDevice {
  readonly mine: NewSide;
  readonly #seal: Bytes;
  readonly #once: KeyPair;
  readonly #client: Client;

  private constructor(mine: NewSide, seal: Bytes, once: KeyPair, client: Client) {
    this.mine = mine;
    this.#seal = seal;
    this.#once = once;
    this.#client = client;
  }

  static async make(name: string, entropy: Entropy): Promise<NewDevice> {
    const [seal, once, nonce] = [entropy.draw(32), entropy.draw(32), entropy.draw(32)];
    const id = uuid4(entropy.draw(16));
    const client = await Client.fresh(SUITE, EMPTY, entropy);
    const keys = [{ suite: SUITE, signatureKey: client.signature.public }];
    const device = { id, seal: (await keyPair(seal)).public, keys, added: 0 };
    const pair = await keyPair(once);
    const mine: NewSide = { side: NEW, nonce, device, onceKem: pair.public, name };
    return new NewDevice(mine, seal, pair, client);
  }

  /**
   * Wait until we are let in, and become a device of the account. `line` has no token, `within` makes one with it.
   *
   * Throws `Forbidden` (LNK-3.8) before the number was right, and `Refused` with the clause for what is not to be
   * believed: nothing of it is kept then, and the device is revoked.
   */
  async join(
    met: Met,
    line: LinkLine,
    within: (token: string) => Pick<ApiClient, "ask">,
  ): Promise<LetIn> {
    const { agreed, code, secret } = met;
    agreed.checkSure();
    const grant = await line.wait(code, secret, "grant");
    const api = within(secret);
    const device = uuidOf(this.mine.device.id);
    try {
      const account = await api.ask("GET /account", {});
      if (account.actor !== agreed.old.actor) {
        const reason = "the server let us into another account than the device's";
        throw new Forbidden("LNK-4.4", reason);
      }
      const found = await api.ask("GET /account/devices", {});
      const told = {
        delegation: bytesOf(found.delegation),
        list: bytesOf(found.list),
        box: bytesOf(found.box),
      };
      const joined = await take(told, agreed, grant, this.#seal, this.#once);
      const client = this.#client.of(basic(utf8(account.actor)));
      const rows = new Map([...rowsOf(joined), [CLIENT, client.dump()]]);
      return { account, device, token: secret, rows };
    } catch (error) {
      if (error instanceof Refused) {
        const path = { id: device };
        await api.ask("DELETE /devices/{id}", { path }).catch(() => undefined);
      }
      throw error;
    }
  }
}

/** This browser, which is a device of the account, and lets another one in. */
export class OldDevice {
  readonly #api: Pick<ApiClient, "ask">;
  readonly #keeper: KeyKeeper;
  readonly #keys: DeviceKeys;
  readonly #actor: string;
  readonly #entropy: Entropy;
  readonly #seconds: () => number;

  constructor(
    api: Pick<ApiClient, "ask">,
    keeper: KeyKeeper,
    keys: DeviceKeys,
    actor: string,
    entropy: Entropy,
    seconds: () => number,
  ) {
    this.#api = api;
    this.#keeper = keeper;
    this.#keys = keys;
    this.#actor = actor;
    this.#entropy = entropy;
    this.#seconds = seconds;
  }

  /** What it says of itself. Throws `Missing` (DEV-12.1) without keys, (DEV-12.11) where it is not listed. */
  async mine(): Promise<LinkSide> {
    const nonce = this.#entropy.draw(32);
    const there = await this.#keys.published();
    if ((await this.#keys.row())?.unlisted) {
      throw new Missing("DEV-12.11", "this device is not on the account's list any more");
    }
    const { d, n } = there.devices;
    const { root } = there.delegation;
    const listHash = there.signedList.hash();
    return { side: OLD, nonce, actor: this.#actor, root, d, n, listHash };
  }

  /**
   * Let the device in. Throws `Forbidden` (LNK-3.8) before its number was typed.
   *
   * Where the home node refuses it in the end the device goes off the list again.
   */
  async approve({ agreed, code, secret }: Met, line: LinkLine): Promise<void> {
    agreed.checkSure();
    const { device } = agreed.new;
    await line.look(code, secret); // is there time left?
    await this.#keeper.change(() => this.#keys.admit(device, this.#seconds()));
    const row = await this.#keys.row();
    const listKey = await signatureKey(row?.list_private ?? EMPTY);
    const grant = await sealGrant(agreed, listKey, NOTHING, this.#entropy);
    const body = { secret, grant: base64(grant) };
    try {
      await this.#api.ask("POST /links/{code}/approve", { path: { code }, body });
    } catch (error) {
      if (error instanceof Refused) {
        await this.#keeper.change(() => this.#keys.unlist(device.id, null, this.#seconds()));
      }
      throw error;
    }
  }
}
