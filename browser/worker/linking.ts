/** One linking of this browser, from its code to its end (spec LNK). Loaded when somebody begins one. */

import { Missing } from "../errors.ts";
import { ApiClient } from "../messenger/api_client.ts";
import {
  type LetIn,
  LinkLine,
  type Met,
  NewDevice,
  OldDevice,
  type Shown,
} from "../messenger/linking.ts";
import type { LinkMet, LinkShown } from "./key_questions.ts";
import type { OpenDevice } from "./open_device.ts";
import type { Ground } from "./watcher.ts";

export class Linking {
  readonly #ground: Ground;
  readonly #cut = new AbortController();
  readonly #line: LinkLine;
  readonly #side: NewDevice | OldDevice;
  #shown: Shown | null = null;
  #met: Met | null = null;

  private constructor(ground: Ground, api: ApiClient, side: NewDevice | OldDevice) {
    this.#ground = ground;
    this.#line = new LinkLine(api, ground.clock, this.#cut.signal);
    this.#side = side;
  }

  /** `device` is the one that lets another in; null: this browser is to be let in, and is called `name`. */
  static async begin(ground: Ground, device: OpenDevice | null, name: string): Promise<Linking> {
    const { entropy } = ground;
    if (device === null) {
      const made = await NewDevice.make(name, entropy);
      return new Linking(ground, within(ground, ""), made);
    }
    const { api, keeper, account } = device;
    const { keys } = device.device;
    const seconds = () => device.seconds();
    const old = new OldDevice(api, keeper, keys, account.actor, entropy, seconds);
    return new Linking(ground, api, old);
  }

  async #mine() {
    return this.#side instanceof NewDevice ? this.#side.mine : this.#side.mine();
  }

  async show(): Promise<LinkShown> {
    this.#shown = await this.#line.show(await this.#mine());
    const { code, link } = this.#shown;
    return { code, link };
  }

  async meet(): Promise<LinkMet> {
    if (this.#shown === null) throw new Missing("LNK-5.5", "nothing is shown: begin anew");
    return this.#meet(await this.#shown.meet());
  }

  async read(text: string, isScanned: boolean): Promise<LinkMet> {
    return this.#meet(await this.#line.read(text, isScanned, await this.#mine()));
  }

  #meet(met: Met): LinkMet {
    this.#met = met;
    const { agreed } = met;
    const [name, actor] = [agreed.new.name, agreed.old.actor];
    return { number: agreed.shown, mustType: !agreed.isSure, name, actor };
  }

  get #known(): Met {
    if (this.#met !== null) return this.#met;
    throw new Missing("LNK-5.5", "the other device is not there yet");
  }

  type(number: string): boolean {
    return this.#known.agreed.type(number);
  }

  /** The old device lets the new one in: null. The new one waits until it is. */
  async finish(): Promise<LetIn | null> {
    const met = this.#known;
    if (this.#side instanceof NewDevice) {
      return this.#side.join(met, this.#line, (token) => within(this.#ground, token));
    }
    await this.#side.approve(met, this.#line);
    return null;
  }

  end(): void {
    this.#cut.abort();
  }
}

function within({ origin, entropy, clock }: Ground, token: string): ApiClient {
  return new ApiClient(origin, entropy, token, clock);
}
