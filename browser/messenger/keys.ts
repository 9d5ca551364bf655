/**
 * What one does with the keys of one's account, and with those of others. Its twin is
 * `node/client/keys.py`.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Device } from "../device/device.ts";
import type { DeviceKeys } from "../device/device_keys.ts";
import type { DeviceTrust } from "../device/device_trust.ts";
import { Forbidden, Missing, Refused } from "../errors.ts";
import { isQrText, keyOfQrText, qrTextOf } from "../keys/private/recovery.ts";
import { keyOfWords, wordsOf } from "../keys/private/recovery_words.ts";
import { readNumber, safetyNumber } from "../keys/private/safety_number.ts";
import { checkPublished } from "../keys/public/published.ts";
import type { Bytes } from "../wire/bytes.ts";
import { idOf, uuidOf } from "../wire/ids.ts";
import { bytesOf } from "./api.ts";
import type { ApiClient } from "./api_client.ts";
import type { KeyKeeper } from "./key_keeper.ts";

const FORKED =
  "shows two different lists of devices under one number: one of them is not theirs; ask them to renew their list";
const DIFFERENT =
  "the two numbers differ: look whether both of you looked at each other's, and at all digits; if" +
  " they still differ somebody stands between you, so say nothing here that they must not read";

/** What is written down of a recovery key: its words, or the text of its QR code. */
export interface Paper {
  readonly words: readonly string[];
  readonly code: string;
}

/**
 * The number that both people's devices show, and whether it was compared here, and agreed.
 *
 * Then every device that this one speaks to as theirs is on a list under that key (KEY-5.2). `beganAnew`: it is of other keys than those that this device goes by (KEY-5.1).
 */
export interface Safety {
  readonly actor: string;
  readonly number: string;
  readonly compared: boolean;
  readonly beganAnew: boolean;
}

/** The recovery key in words or code. Throws `Malformed` (KEY-2.3, KEY-2.4). */
function readPaper(text: string): Bytes {
  return isQrText(text) ? keyOfQrText(text) : keyOfWords(text);
}

export class Keys {
  readonly #api: Pick<ApiClient, "ask">;
  readonly #keeper: KeyKeeper;
  readonly #keys: DeviceKeys;
  readonly #trust: DeviceTrust;
  readonly #own: { readonly actor: string; readonly device: string };
  readonly #seconds: () => number;
  readonly #told: (events: readonly ConversationEvent[]) => void;

  constructor(
    api: Pick<ApiClient, "ask">,
    keeper: KeyKeeper,
    device: Pick<Device, "keys" | "trust">,
    own: { readonly actor: string; readonly device: string },
    seconds: () => number,
    told: (events: readonly ConversationEvent[]) => void,
  ) {
    this.#api = api;
    this.#keeper = keeper;
    this.#keys = device.keys;
    this.#trust = device.trust;
    this.#own = own;
    this.#seconds = seconds;
    this.#told = told;
  }

  /** The recovery key, to be written down. Throws `Missing` (DEV-12.4) once it was. */
  async recovery(): Promise<Paper> {
    const key = await this.#keys.recoveryKey();
    return { words: wordsOf(key), code: qrTextOf(key) };
  }

  /** It is on paper: all devices forget it (DEV-12.4). */
  async writtenDown(): Promise<void> {
    await this.#keys.writeDown();
    await this.#keeper.put(); // where others were quicker the key goes out of theirs
  }

  /**
   * Put this device on the account's list by the recovery key (DEV-12.7). Of the others only those in `keep`
   * stay on it: the ids of who was taken off are returned.
   *
   * Throws `Malformed` (KEY-2.3, KEY-2.4), `Forbidden` for the key of another account.
   */
  async recover(paper: string, keep: readonly string[]): Promise<readonly string[]> {
    const rk = readPaper(paper);
    const [id, kept] = [idOf(this.#own.device), keep.map(idOf)];
    let gone: readonly Bytes[] = [];
    await this.#keeper.change(async () => {
      const told = await this.#keeper.read();
      if (told === null) {
        throw new Missing("DEV-12.7", "the account has no keys that could be recovered");
      }
      gone = await this.#keys.recover(told, id, rk, this.#seconds(), kept);
    });
    return gone.map(uuidOf);
  }

  /**
   * Begin the account's keys, or begin them anew under another root (DEV-12.10). Where the home node has none,
   * and this device has, these are put again.
   *
   * Throws `Forbidden` (ACC-1.7) for a wrong password: then nothing changed.
   */
  async startOver(password: string): Promise<void> {
    const id = idOf(this.#own.device);
    try {
      await this.#keeper.change(async () => {
        const told = await this.#keeper.read();
        const isListed = (await this.#keys.row())?.unlisted === false;
        if (told === null && isListed) await this.#keys.meet(null, this.#seconds());
        else await this.#keys.beginAnew(told, id, this.#seconds());
      }, password);
    } catch (error) {
      if (error instanceof Refused) await this.#keys.drop();
      throw error;
    }
  }

  /** Another list key: who had the old one signs no lists any more (DEV-12.6). */
  async renew(paper: string): Promise<void> {
    const rk = readPaper(paper);
    await this.#keeper.change(() => this.#keys.redelegate(rk, this.#seconds()));
  }

  /**
   * Take a device off the account's list (DEV-12.6). With the recovery key nobody who has that device can
   * sign lists any more.
   */
  async unlist(device: string, paper: string): Promise<void> {
    const rk = paper === "" ? null : readPaper(paper);
    await this.#keeper.change(() => this.#keys.unlist(idOf(device), rk, this.#seconds()));
  }

  /**
   * The safety number with somebody, by the keys that they publish now (KEY-6.1).
   *
   * Throws `Forbidden` (KEY-5.1) when these are not to be believed, `Missing` when they publish none, or this
   * device has none of its own account.
   */
  async safety(actor: string): Promise<Safety> {
    return (await this.#seen(actor)).safety;
  }

  async #seen(actor: string): Promise<{ readonly safety: Safety; readonly root: Bytes }> {
    const ours = (await this.#keys.published()).delegation.root;
    const found = await this.#api.ask("GET /keys", { query: { actor } });
    const [delegation, list] = [bytesOf(found.delegation), bytesOf(found.list)];
    const keys = await checkPublished(delegation, list, actor);
    const shown = { is: "Shown", delegation, list } as const;
    this.#told(await this.#trust.answered(actor, shown, this.#seconds()));
    const [anew, pin] = [await this.#trust.anew(actor), await this.#keys.pinOf(actor)];
    if (pin?.forked && anew === null) throw new Forbidden("KEY-5.1", `${actor} ${FORKED}`);
    const { root } = (anew ?? pin?.keys ?? keys).delegation;
    const us = { actor: this.#own.actor, root: ours };
    const number = await safetyNumber(us, { actor, root });
    const beganAnew = anew !== null;
    const compared = !beganAnew && (pin?.verified ?? false);
    return { safety: { actor, number, compared, beganAnew }, root };
  }

  /**
   * Compare the number that the other reads out or shows. Throws `Forbidden` (KEY-6.3).
   *
   * Of who began anew it accepts the new keys.
   */
  async verify(actor: string, number: string): Promise<Safety> {
    const told = readNumber(number);
    const { safety, root } = await this.#seen(actor);
    if (told !== safety.number) throw new Forbidden("KEY-6.3", DIFFERENT);
    if (safety.beganAnew) await this.#accept(actor, root);
    await this.#keys.verify(actor);
    return { ...safety, compared: true, beganAnew: false };
  }

  /**
   * Go on with who began anew, without having compared the number that was shown (DEV-13.3).
   *
   * Throws `Missing` where they did not, or did so once more since.
   */
  async acceptAnew(actor: string, number: string): Promise<Safety> {
    const { safety, root } = await this.#seen(actor);
    if (safety.number !== number) {
      throw new Missing("DEV-13.3", "they publish no other keys than those that you know");
    }
    await this.#accept(actor, root);
    return { ...safety, beganAnew: false };
  }

  async #accept(actor: string, root: Bytes): Promise<void> {
    this.#told(await this.#trust.accept(actor, root, this.#seconds()));
  }
}
