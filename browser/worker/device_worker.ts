/** The device of this browser: its accounts, the one that is open, and the answers to what tabs ask. */

import type { Changes } from "../device/rows.ts";
import { KithError, Missing, Unproven } from "../errors.ts";
import { loaded } from "../loaded.ts";
import { ApiClient } from "../messenger/api_client.ts";
import type { Session as Opened } from "../messenger/api_types.ts";
import type { GroupChange } from "../messenger/grouping.ts";
import type { LetIn } from "../messenger/linking.ts";
import { Turns } from "../messenger/waiting.ts";
import { refuseEmpty } from "../vault/root.ts";
import { Vault } from "../vault/vault.ts";
import { AccountList, madeOf } from "./accounts.ts";
import type {
  Account,
  Chat,
  Credentials,
  DeviceEvent,
  DeviceStatus,
  LogOut,
  Message,
  Named,
  NewMember,
  News,
  Page,
  Phase,
  Problem,
  Session,
} from "./device_client.ts";
import { FileAnswers } from "./file_answers.ts";
import type { FileQuestions } from "./file_questions.ts";
import { KeyAnswers } from "./key_answers.ts";
import type { KeyQuestions } from "./key_questions.ts";
import type { Answers } from "./link.ts";
import type { OpenDevice } from "./open_device.ts";
import { problemOf } from "./problems.ts";
import { type Ground, isFrozenBy, type Watcher } from "./watcher.ts";

type Tell = (event: DeviceEvent, term: number) => void;
type Answered = Omit<Answers, keyof KeyQuestions | keyof FileQuestions>;
/** Whoever is not logged in needs none of it. */
const loadDevice = () => loaded(import("./open_device.ts"));

export class DeviceWorker implements Answered, Watcher {
  readonly keyAnswers: KeyAnswers;
  readonly fileAnswers: FileAnswers;
  /** Grows with every holder of the device in this browser. */
  readonly term: number;
  readonly tell: (event: DeviceEvent) => void;
  readonly #ground: Ground;
  readonly #list: AccountList;
  /** Who comes and who goes: one after the other. */
  readonly #turns = new Turns();
  #open: OpenDevice | null = null;
  #phase: Phase = "absent";
  #trouble: Problem | null = null;
  #isOnline = false;

  private constructor(list: AccountList, ground: Ground, tell: Tell) {
    this.#list = list;
    this.#ground = ground;
    this.term = list.term;
    this.tell = (event) => tell(event, list.term);
    const letIn = (made: LetIn) => this.#turns.take(() => this.#letIn(made));
    const opened = () => this.#opened();
    this.fileAnswers = new FileAnswers(opened, this.tell);
    this.keyAnswers = new KeyAnswers({ opened, letIn, check: () => list.check() }, ground);
  }

  static async make(ground: Ground, tell: Tell): Promise<DeviceWorker> {
    const now = ground.clock.now();
    // A browser that keeps nothing (some private windows): tabs are told, not left without an answer.
    const none = (error: Error) => AccountList.none(now, error);
    return new DeviceWorker(await AccountList.open(now).catch(none), ground, tell);
  }

  /** Whoever was logged in last is so again, unless a passphrase is asked for. */
  async begin(): Promise<void> {
    const { fault } = this.#list;
    if (fault !== null) this.#become("failed", fault);
    else await this.#turns.take(() => this.#enter());
  }

  // -- where it stands ----------------------------------------------------------------------------

  async status(): Promise<DeviceStatus> {
    return {
      phase: this.#phase,
      accounts: this.#list.all,
      current: this.#list.current,
      isOnline: this.#isOnline,
      isPersistent: (await navigator.storage?.persisted?.()) ?? false,
      hasPassphrase: this.#phase === "locked" || this.#open?.hasPassphrase === true,
      trouble: this.#trouble,
    };
  }

  #become(phase: Phase, error: unknown = null): void {
    this.#phase = phase;
    this.#trouble = error === null ? null : problemOf(error);
    this.#tellStatus();
  }

  #tellStatus(): void {
    void this.status().then((status) => this.tell({ is: "status", status }));
  }

  stands(isOnline: boolean): void {
    if (isOnline === this.#isOnline) return;
    this.#isOnline = isOnline;
    this.#tellStatus();
  }

  trouble(error: Error | null): void {
    const trouble = error === null ? null : problemOf(error);
    if (JSON.stringify(trouble) === JSON.stringify(this.#trouble)) return;
    this.#trouble = trouble;
    this.#tellStatus();
  }

  ended(error: Error): void {
    this.#isOnline = false;
    if (isFrozenBy(error)) this.#become("frozen", error);
    else this.#become(error instanceof Unproven ? "loggedOut" : "failed", error);
  }

  // -- who is here --------------------------------------------------------------------------------

  signUp(who: NewMember, key: string): Promise<Account | null> {
    return this.#turns.take(async () => {
      await this.#check(who);
      const { name, password, deviceName, displayName = "", reason = "" } = who;
      const invite = who.invite || null;
      const more = { display_name: displayName, reason, invite, device_name: deviceName };
      const session = await this.#stranger().ask("POST /accounts", {
        body: { name, password, ...more },
        key,
      });
      return session.token === null ? null : this.#settle(session, who.passphrase);
    });
  }

  logIn(who: Credentials, key: string): Promise<Account> {
    return this.#turns.take(async () => {
      await this.#check(who);
      const { name, password, deviceName } = who;
      const session = await this.#stranger().ask("POST /login", {
        body: { name, password, device_name: deviceName },
        key,
      });
      return this.#settle(session, who.passphrase);
    });
  }

  /** Before anything is made elsewhere: nobody is left with an account and no vault. */
  async #check({ passphrase }: Credentials): Promise<void> {
    refuseEmpty(passphrase);
    await this.#list.check();
  }

  #stranger(): ApiClient {
    const { origin, entropy, clock } = this.#ground;
    return new ApiClient(origin, entropy, "", clock);
  }

  async #settle({ account, token, device }: Opened, passphrase?: string): Promise<Account> {
    if (!token || !device) throw new Missing("API-9.1", "the node made no device: log in again");
    return this.#admit(madeOf(account, device), token, passphrase);
  }

  /** A device that the node has made: it gets its vault, and is the current one. */
  async #admit(
    made: Account,
    token: string,
    passphrase?: string,
    rows?: Changes,
  ): Promise<Account> {
    const { createVault } = await loadDevice();
    const known = this.#list.all.find(({ id }) => id === made.id);
    if (known === undefined) {
      // One that is in no list was left by a holder that ended while it made it, and is not used.
      await this.#drop(made.id);
      await createVault(made, token, passphrase, this.#ground.entropy, rows);
    }
    await this.#list.put(made);
    await this.#enter(passphrase);
    return made;
  }

  /** Another device of the account has let this browser in (DEV-12.11). */
  async #letIn({ account, device, token, rows }: LetIn): Promise<Account> {
    const before = this.#open;
    const isReplaced =
      before?.account.actor === account.actor && (await before.device.keys.row()) === null;
    const isEmpty = isReplaced && !(await before.device.conversations()).size;
    const made = await this.#admit(madeOf(account, device), token, undefined, rows);
    if (isReplaced) await this.#replace(before.account, isEmpty);
    return made;
  }

  /** The device that came by a password alone is not needed beside the one that was let in. */
  async #replace(account: Account, isEmpty: boolean): Promise<void> {
    const gone = this.#opened().api.ask("DELETE /devices/{id}", { path: { id: account.device } });
    await gone.catch((error: unknown) => {
      if (!(error instanceof KithError)) throw error; // it stands in the list of devices, to be revoked
    });
    if (isEmpty) return this.#remove(account.id);
    await this.#list.change({ ...account, isLoggedIn: false });
    this.#tellStatus();
  }

  /** Open the vault of the current account, in the place of any other. */
  async #enter(passphrase?: string): Promise<void> {
    await this.#leave();
    const account = this.#list.current;
    if (account === null) return this.#become("absent");
    try {
      const { OpenDevice } = await loadDevice();
      this.#open = await OpenDevice.open(account, passphrase, this.#ground, this);
    } catch (error) {
      this.#become(error instanceof Unproven ? "locked" : "failed", error);
      // Who gave a passphrase is answered; else the status says it all.
      if (passphrase !== undefined) throw error;
      return;
    }
    this.#become("open");
    await this.#open.begin();
  }

  async #leave(): Promise<void> {
    const before = this.#open;
    this.#open = null;
    this.#isOnline = false;
    await before?.close();
  }

  logOut(id: string, how: LogOut): Promise<void> {
    return this.#turns.take(async () => {
      const account = this.#list.get(id);
      if (account.isLoggedIn) {
        await this.#choose(id);
        await this.#opened().logOut();
        await this.#list.put({ ...account, isLoggedIn: false });
      }
      if (how === "remove") await this.#remove(id);
      else await this.#enter();
    });
  }

  deleteAccount(id: string, password: string): Promise<void> {
    return this.#turns.take(async () => {
      const gone = this.#list.all.find((one) => one.id === id);
      if (gone === undefined) return; // asked again by a tab that did not hear the answer
      await this.#choose(id);
      await this.#opened().deleteAccount(password);
      // Devices of it that were logged out before may have left their messages here.
      const left = this.#list.all.filter(({ actor }) => actor === gone.actor);
      for (const one of left) await this.#remove(one.id);
    });
  }

  forget(id: string): Promise<void> {
    return this.#turns.take(() => this.#remove(id));
  }

  async #remove(id: string): Promise<void> {
    const isOpen = this.#open?.account.id === id;
    if (isOpen) await this.#leave();
    await this.#drop(id);
    await this.#list.remove(id);
    if (isOpen || this.#open === null) await this.#enter();
    else this.#tellStatus();
  }

  async #drop(id: string): Promise<void> {
    await this.#list.check();
    // What was closed a moment ago may still be held.
    const turn = new AbortController().signal;
    await Vault.remove(id, { turn, steal: this.#ground.isTakenOver });
  }

  switchTo(id: string): Promise<void> {
    return this.#turns.take(() => this.#choose(id));
  }

  async #choose(id: string): Promise<void> {
    if (this.#open?.account.id === id) return;
    await this.#list.choose(id);
    await this.#enter();
  }

  unlock(passphrase: string): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#open === null) await this.#enter(passphrase);
    });
  }

  async setPassphrase(passphrase: string | null): Promise<void> {
    refuseEmpty(passphrase);
    await this.#opened().setPassphrase(passphrase);
    this.#tellStatus();
  }

  #opened(): OpenDevice {
    if (this.#open !== null) return this.#open;
    if (this.#phase === "locked") throw new Unproven("E2E-6.2", "unlock this device first");
    throw new Missing("API-9.1", "nobody is logged in here");
  }

  async session(refused: number): Promise<Session> {
    return this.#opened().session(refused);
  }

  // -- chats --------------------------------------------------------------------------------------

  async chats(): Promise<readonly Chat[]> {
    return this.#opened().chats.chats();
  }

  async chatWith(who: string): Promise<Chat> {
    return this.#opened().chats.chatWith(who);
  }

  async history(chat: string, most: number, before: number | null): Promise<Page> {
    return this.#opened().chats.page(chat, most, before);
  }

  async search(words: string, chat: string | null, most: number, before: number | null) {
    return this.#opened().chats.search(words, chat, most, before);
  }

  async send(chat: string, text: string, id: string, to: Named | null = null): Promise<Message> {
    // Behind what was asked stands its key: who answers nothing may have left `to` out.
    return this.#opened().chats.send(chat, text, id, typeof to === "object" ? to : null);
  }

  async edit(chat: string, message: string, text: string): Promise<void> {
    await this.#opened().chats.inWords(chat, (words, group, micros) =>
      words.edit(group, message, text, micros, true),
    );
  }

  async takeBack(chat: string, message: string): Promise<void> {
    const open = this.#opened();
    const raw = await open.chats.rawOf(chat, { id: message, actor: open.account.actor });
    // Before the deed: a part that cannot be had must not make it look as if it failed.
    const files = raw === "" ? null : await loaded(import("./files.ts"));
    await open.chats.inWords(chat, (words, group, micros) =>
      words.delete(group, message, micros, true),
    );
    await files?.forget(open, raw);
  }

  async react(chat: string, { id, actor }: Named, emoji: string, on: boolean): Promise<void> {
    await this.#opened().chats.inWords(chat, (words, group, micros) =>
      words.react(group, id, emoji, micros, actor, on, true),
    );
  }

  async retry(chat: string, message: string, id: string): Promise<Message> {
    return this.#opened().chats.retry(chat, message, id);
  }

  async saveDraft(chat: string, text: string): Promise<void> {
    await this.#opened().chats.draft(chat, text);
  }

  async markRead(chat: string, number: number): Promise<void> {
    await this.#opened().chats.markRead(chat, number);
  }

  async news(): Promise<readonly News[]> {
    return this.#opened().chats.news();
  }

  async putAway(news: string): Promise<void> {
    await this.#opened().chats.putAway(news);
  }

  async goOn(chat: string): Promise<number> {
    return this.#opened().chats.goOn(chat);
  }

  async leave(chat: string): Promise<void> {
    await this.#opened().chats.leave(chat);
  }

  async newGroup(name: string, actors: readonly string[]): Promise<string> {
    const { begin } = await loaded(import("./groups.ts"));
    return begin(this.#opened(), name, actors);
  }

  async changeGroup(chat: string, what: GroupChange): Promise<boolean> {
    const { change } = await loaded(import("./groups.ts"));
    return change(this.#opened(), chat, what);
  }
}
