/** The answers to what tabs ask of keys: all that is seldom needed is loaded when it is asked for. */

import { Missing } from "../errors.ts";
import { loaded } from "../loaded.ts";
import type { LetIn } from "../messenger/linking.ts";
import type { Account } from "./device_client.ts";
import type {
  ArchiveView,
  KeyQuestions,
  KeysView,
  LinkMet,
  LinkShown,
  LinkSide,
  Paper,
  Revoked,
  Safety,
} from "./key_questions.ts";
import type { KeyVerbs } from "./key_verbs.ts";
import type { Answers } from "./link.ts";
import type { Linking } from "./linking.ts";
import type { OpenDevice } from "./open_device.ts";
import type { Ground } from "./watcher.ts";

/** The worker that holds the devices, as these answers need it. */
export interface Holder {
  /** The device that is open. Throws `Missing` (API-9.1), `Unproven` (E2E-6.2). */
  opened(): OpenDevice;
  /** Become the device that was let in. */
  letIn(made: LetIn): Promise<Account>;
  /** Throws where nothing could be kept. */
  check(): Promise<void>;
}

const hasEnded = () => new Missing("LNK-5.5", "this linking has ended: begin anew");

export class KeyAnswers implements Pick<Answers, keyof KeyQuestions> {
  readonly #holder: Holder;
  readonly #ground: Ground;
  /** What the tab calls the linking that goes on, or begins; "" for none. */
  #name = "";
  #linking: Linking | null = null;
  #verbs: { readonly of: OpenDevice; readonly verbs: Promise<KeyVerbs> } | null = null;

  constructor(holder: Holder, ground: Ground) {
    this.#holder = holder;
    this.#ground = ground;
  }

  #ask(): Promise<KeyVerbs> {
    const device = this.#holder.opened();
    if (this.#verbs?.of !== device) {
      const part = loaded(import("./key_verbs.ts"));
      const verbs = part.then(({ KeyVerbs }) => new KeyVerbs(device));
      this.#verbs = { of: device, verbs };
      verbs.catch(() => {
        this.#verbs = null;
      });
    }
    return this.#verbs.verbs;
  }

  async keys(): Promise<KeysView> {
    return this.#holder.opened().keysView();
  }

  async recovery(): Promise<Paper> {
    return (await this.#ask()).keys.recovery();
  }

  async writtenDown(): Promise<void> {
    await (await this.#ask()).keys.writtenDown();
  }

  async recover(paper: string, keep: readonly string[]): Promise<readonly string[]> {
    return (await this.#ask()).recover(paper, keep);
  }

  async startOver(password: string): Promise<void> {
    await (await this.#ask()).startOver(password);
  }

  async renewKeys(paper: string): Promise<void> {
    await (await this.#ask()).keys.renew(paper);
  }

  async revoke(device: string, paper: string): Promise<Revoked> {
    return (await this.#ask()).revoke(device, paper);
  }

  async safety(who: string): Promise<Safety> {
    const actor = await this.#holder.opened().find(who);
    return (await this.#ask()).keys.safety(actor);
  }

  async verify(who: string, number: string): Promise<Safety> {
    const actor = await this.#holder.opened().find(who);
    return (await this.#ask()).keys.verify(actor, number);
  }

  async acceptAnew(who: string, number: string): Promise<Safety> {
    const actor = await this.#holder.opened().find(who);
    return (await this.#ask()).keys.acceptAnew(actor, number);
  }

  // -- linking ------------------------------------------------------------------------------------

  async #begin(linking: string, side: LinkSide, name: string): Promise<Linking> {
    this.#become(linking);
    await this.#holder.check(); // nobody is let in who could not keep it
    const { Linking } = await loaded(import("./linking.ts"));
    const device = side === "old" ? this.#holder.opened() : null;
    const begun = await Linking.begin(this.#ground, device, name);
    if (this.#name !== linking) throw hasEnded(); // given up meanwhile, or another one was begun
    this.#linking = begun;
    return begun;
  }

  #become(linking: string): void {
    this.#linking?.end();
    this.#linking = null;
    this.#name = linking;
  }

  /** A number or a yes is for the device that its tab shows, and for no other one that came since. */
  #of(linking: string): Linking {
    if (this.#linking !== null && this.#name === linking) return this.#linking;
    throw hasEnded();
  }

  async linkShow(linking: string, side: LinkSide, name: string): Promise<LinkShown> {
    return (await this.#begin(linking, side, name)).show();
  }

  async linkMeet(linking: string): Promise<LinkMet> {
    return this.#of(linking).meet();
  }

  async linkRead(
    linking: string,
    side: LinkSide,
    text: string,
    isScanned: boolean,
    name: string,
  ): Promise<LinkMet> {
    return (await this.#begin(linking, side, name)).read(text, isScanned);
  }

  async linkType(linking: string, number: string): Promise<boolean> {
    return this.#of(linking).type(number);
  }

  async linkFinish(linking: string): Promise<Account | null> {
    const made = await this.#of(linking).finish();
    await this.linkEnd(linking);
    return made === null ? null : this.#holder.letIn(made);
  }

  async linkEnd(linking: string): Promise<void> {
    if (this.#name === linking) this.#become("");
  }

  // -- the archive --------------------------------------------------------------------------------

  async archive(): Promise<ArchiveView> {
    return this.#holder.opened().keeping.view();
  }

  async switchArchive(on: boolean): Promise<ArchiveView> {
    return this.#holder.opened().keeping.switch(on);
  }

  seenMissing(): Promise<void> {
    return this.#holder.opened().device.archive.seenMissing();
  }

  async fetchArchive(): Promise<ArchiveView> {
    return this.#holder.opened().keeping.fetch();
  }
}
