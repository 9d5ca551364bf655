/**
 * A device for the tests of screens: in memory, with friends who say what a test has them say. What it has
 * not, it refuses as the true one does.
 */

import { type KithError, Missing, Refused } from "../errors.ts";
import type {
  Account,
  Chat,
  Credentials,
  DeviceClient,
  DeviceEvent,
  DeviceStatus,
  HistoryItem,
  LogOut,
  Message,
  Named,
  NewMember,
  News,
  Page,
  Phase,
  SentState,
  Session,
} from "../worker/device_client.ts";
import { problemOf } from "../worker/problems.ts";
import { FakeKeys } from "./fake_keys.ts";

/** A friend, by actor id. */
type Friends = Readonly<Record<string, string>>;

export class FakeDevice extends FakeKeys implements DeviceClient {
  /** What the next question is refused by, once. */
  refuses: KithError | null = null;
  readonly #origin: string;
  readonly #friends: Friends;
  readonly #hears = new Set<(event: DeviceEvent) => void>();
  readonly #drafts = new Map<string, string>();
  readonly #read = new Map<string, number>();
  readonly #items: HistoryItem[] = [];
  readonly #chats = new Set<string>();
  #accounts: readonly Account[] = [];
  #current: Account | null = null;
  #phase: Phase = "absent";
  #isOnline = true;
  #number = 0;

  constructor(origin: string, friends: Friends = {}) {
    super();
    this.#origin = origin;
    this.#friends = friends;
  }

  // -- what a test does ---------------------------------------------------------------------------

  /** A friend says something. */
  hear(actor: string, text: string): Message {
    this.#chats.add(actor);
    return this.#say(actor, actor, text, `urn:uuid:${this.#number}`, null);
  }

  /** Words of ours are somewhere else now. */
  move(id: string, state: SentState): void {
    const at = this.#items.findIndex((item) => item.id === id);
    const item = this.#items[at];
    if (item?.is !== "message") throw new TypeError(`no message ${id}`);
    this.#items[at] = { ...item, state };
    this.#tell({ is: "item", item: { ...item, state }, isNew: false });
  }

  goOffline(isOnline = false): void {
    this.#isOnline = isOnline;
    this.#tellStatus();
  }

  become(phase: Phase): void {
    this.#phase = phase;
    this.#tellStatus();
  }

  /** The node has news. */
  node(kind: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.#tell({ is: "node", kind, data });
  }

  // -- what a screen asks -------------------------------------------------------------------------

  listen(hear: (event: DeviceEvent) => void): () => void {
    this.#hears.add(hear);
    return () => this.#hears.delete(hear);
  }

  async status(): Promise<DeviceStatus> {
    return {
      phase: this.#phase,
      accounts: this.#accounts,
      current: this.#current,
      isOnline: this.#isOnline,
      isPersistent: false,
      hasPassphrase: false,
      trouble: null,
    };
  }

  async signUp(who: NewMember): Promise<Account | null> {
    return this.logIn(who);
  }

  async logIn({ name }: Credentials): Promise<Account> {
    this.#refuse();
    const host = new URL(this.#origin).host;
    const made: Account = {
      id: `${name}-${this.#accounts.length}`,
      handle: `@${name}@${host}`,
      name,
      actor: `${this.#origin}/people/${name}`,
      device: `device-${this.#accounts.length}`,
      isLoggedIn: true,
    };
    this.#accounts = [made, ...this.#accounts];
    this.#current = made;
    this.become("open");
    return made;
  }

  async logOut(account: string, how: LogOut): Promise<void> {
    this.#refuse();
    if (how === "remove") return this.forget(account);
    this.#accounts = this.#accounts.map((one) => {
      return one.id === account ? { ...one, isLoggedIn: false } : one;
    });
    this.become("loggedOut");
  }

  async deleteAccount(account: string, _password: string): Promise<void> {
    this.#refuse();
    return this.forget(account);
  }

  async forget(account: string): Promise<void> {
    this.#accounts = this.#accounts.filter(({ id }) => id !== account);
    this.#current = this.#accounts[0] ?? null;
    this.become(this.#current === null ? "absent" : "open");
  }

  async switchTo(account: string): Promise<void> {
    this.#current = this.#accounts.find(({ id }) => id === account) ?? this.#current;
    this.#tellStatus();
  }

  async unlock(_passphrase: string): Promise<void> {
    this.#refuse();
    this.become("open");
  }

  async setPassphrase(_passphrase: string | null): Promise<void> {
    this.#refuse();
  }

  async persist(): Promise<boolean> {
    return true;
  }

  async session(): Promise<Session> {
    if (this.#current === null) throw new Missing("API-9.1", "nobody is logged in here");
    return { account: this.#current, token: "token", seat: 1 };
  }

  async chats(): Promise<readonly Chat[]> {
    return [...this.#chats].map((id) => this.#chat(id)).sort((a, b) => b.at - a.at);
  }

  async chatWith(who: string): Promise<Chat> {
    this.#refuse();
    const known = Object.entries(this.#friends).find(([actor, handle]) => {
      return who === actor || who === handle;
    });
    if (known === undefined) throw new Missing("GRA-3.1", `nobody is known as ${who}`);
    return this.#chat(known[0]);
  }

  async history(chat: string, most: number, before: number | null): Promise<Page> {
    return this.#page((item) => item.chat === chat, most, before);
  }

  async search(
    words: string,
    chat: string | null,
    most: number,
    before: number | null,
  ): Promise<Page> {
    const wanted = words.toLocaleLowerCase().split(/\s+/);
    const has = (item: HistoryItem) => {
      if (item.is !== "message" || (chat !== null && item.chat !== chat)) return false;
      return wanted.every((word) => item.text.toLocaleLowerCase().includes(word));
    };
    return this.#page(has, most, before);
  }

  async send(chat: string, text: string, id: string): Promise<Message> {
    this.#refuse();
    const said = this.#items.find((item) => item.id === `urn:uuid:${id}`);
    if (said?.is === "message") return said;
    this.#drafts.delete(chat);
    this.#chats.add(chat);
    const actor = this.#current?.actor ?? "";
    const state: SentState = this.#isOnline
      ? { is: "atOurNode" }
      : { is: "waiting", because: null };
    return this.#say(chat, actor, text, `urn:uuid:${id}`, state);
  }

  async attach(chat: string, text: string, _files: unknown, id: string): Promise<Message> {
    return this.send(chat, text, id);
  }

  async openFile(): Promise<Blob> {
    this.#refuse();
    return new Blob();
  }

  async edit(_chat: string, message: string, text: string): Promise<void> {
    this.#refuse();
    this.#change(message, (item) => ({ ...item, text, isChanged: true }));
  }

  async takeBack(_chat: string, message: string): Promise<void> {
    this.#refuse();
    this.#change(message, (item) => ({ ...item, kind: "Tombstone", text: "", reactions: [] }));
  }

  async react(_chat: string, { id }: Named, emoji: string, on: boolean): Promise<void> {
    this.#refuse();
    const actors = on ? [this.#current?.actor ?? ""] : [];
    this.#change(id, (item) => ({ ...item, reactions: actors.length ? [{ emoji, actors }] : [] }));
  }

  #change(id: string, work: (item: Message) => Message): void {
    const at = this.#items.findIndex((item) => item.id === id);
    const item = this.#items[at];
    if (item?.is !== "message") throw new Missing("DEV-18.6", "there is no such message");
    this.#items[at] = work(item);
    this.#tell({ is: "item", item: work(item), isNew: false });
  }

  async retry(chat: string, message: string, id: string): Promise<Message> {
    const at = this.#items.findIndex((item) => item.id === message);
    const item = this.#items[at];
    if (item?.is !== "message") throw new Missing("E2E-5.6", "there are no such words");
    this.#items.splice(at, 1);
    return this.send(chat, item.text, id);
  }

  async saveDraft(chat: string, text: string): Promise<void> {
    this.#drafts.set(chat, text);
    this.#tell({ is: "chat", chat: this.#chat(chat) });
  }

  async markRead(chat: string, number: number): Promise<void> {
    this.#read.set(chat, number);
    this.#tell({ is: "chat", chat: this.#chat(chat) });
  }

  async news(): Promise<readonly News[]> {
    return [];
  }

  async putAway(_news: string): Promise<void> {
    this.#tell({ is: "news" });
  }

  async goOn(_chat: string): Promise<number> {
    this.#refuse();
    return 0;
  }

  async leave(chat: string): Promise<void> {
    this.#chats.delete(chat);
  }

  // -- within -------------------------------------------------------------------------------------

  #refuse(): void {
    const error = this.refuses;
    this.refuses = null;
    if (error !== null) throw error;
  }

  #say(chat: string, actor: string, text: string, id: string, state: SentState | null): Message {
    const [at, number] = [Date.now(), ++this.#number];
    const said = { isMarkdown: false, html: "", isChanged: false, isUnknown: false, files: [] };
    const more = { ...said, answers: null, reactions: [] };
    const item: Message = {
      is: "message",
      id,
      chat,
      actor,
      kind: "Note",
      text,
      at,
      number,
      state,
      ...more,
    };
    this.#items.push(item);
    this.#tell({ is: "item", item, isNew: true });
    this.#tell({ is: "chat", chat: this.#chat(chat) });
    return item;
  }

  async newGroup(name: string, actors: readonly string[]): Promise<string> {
    this.#refuse();
    return `${name} ${actors.length}`;
  }

  async changeGroup(): Promise<void> {
    this.#refuse();
  }

  #chat(id: string): Chat {
    const items = this.#items.filter(({ chat }) => chat === id);
    const last = items.at(-1) ?? null;
    const isUnread = (item: HistoryItem) =>
      item.number > (this.#read.get(id) ?? 0) && !(item.is === "message" && item.state !== null);
    return {
      id,
      group: null,
      others: [{ actor: id, handle: this.#friends[id] ?? "" }],
      last,
      at: last?.at ?? 0,
      unread: items.filter(isUnread).length,
      draft: this.#drafts.get(id) ?? "",
      isOpen: this.#phase === "open",
      needsNewDevice: false,
      isUnanswered: false,
      trouble: this.#isOnline ? null : problemOf(new Refused("API-9.5", "we are offline")),
    };
  }

  #page(has: (item: HistoryItem) => boolean, most: number, before: number | null): Page {
    const found = this.#items.filter((item) => has(item) && item.number < (before ?? Infinity));
    const items = found.slice(-most).reverse();
    return { items, before: found.length > most ? (items.at(-1)?.number ?? null) : null };
  }

  #tell(event: DeviceEvent): void {
    for (const hear of this.#hears) hear(event);
  }

  #tellStatus(): void {
    void this.status().then((status) => this.#tell({ is: "status", status }));
  }
}
