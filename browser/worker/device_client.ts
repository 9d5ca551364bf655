/**
 * What a tab asks of this browser's device, and what it is told. Types only: the screens build on them.
 *
 * One worker holds the device for all tabs (E2E-6.12); whoever holds it, these questions are answered. What
 * is asked while no worker answers waits for the next one and is then asked again: each may come twice
 * without harm. An answer that is a refusal is thrown as in `errors.ts`: `Refused` with its clause,
 * `Unreachable` to try again, `Broken` and `NoRoom` for this browser's own store.
 *
 * Times are milliseconds since 1970.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Role } from "../device/roles.ts";
import type { GroupChange } from "../messenger/grouping.ts";
import type { FileQuestions, FileView } from "./file_questions.ts";
import type { ArchiveView, KeyQuestions } from "./key_questions.ts";

/** Whoever signs up or logs in. `invite` is the secret of the link; `reason` is for who approves. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  /** What this device is to be called in the list of devices. */
  readonly deviceName: string;
  /** Closes the vault beside the browser's own key; asked for with each start. Never empty. */
  readonly passphrase?: string;
}

export interface NewMember extends Credentials {
  readonly displayName?: string;
  readonly invite?: string;
  readonly reason?: string;
}

/** An account that this browser has a device of. `id` names it here; `device` is the node's id. */
export interface Account {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly actor: string;
  readonly device: string;
  readonly isLoggedIn: boolean;
}

/**
 * Where the device stands:
 * - `absent`: nobody is logged in here; a browser that cleared all its store says no more;
 * - `locked`: `unlock` opens it, with the passphrase;
 * - `open`: all can be asked;
 * - `frozen`: another copy of it is in use (ACC-4.4): history can be read; the way on is a new login;
 * - `loggedOut`: the node has ended this device's session, history can be read; the same way on;
 * - `failed`: `trouble` says what is wrong with this browser's store.
 */
export type Phase = "absent" | "locked" | "open" | "frozen" | "loggedOut" | "failed";

export interface DeviceStatus {
  readonly phase: Phase;
  /** Whoever has a device here, logged out ones too; the latest login first. */
  readonly accounts: readonly Account[];
  readonly current: Account | null;
  /** Whether the event stream stands: else we are offline, and words wait. */
  readonly isOnline: boolean;
  /** Whether the browser promised not to clear the store on its own (E2E-6.15). */
  readonly isPersistent: boolean;
  /** A passphrase closes what this browser has of the current account (E2E-6.11). */
  readonly hasPassphrase: boolean;
  readonly trouble: Problem | null;
}

/** A refusal or trouble as a value. `is` is the name of its class in `errors.ts`. */
export interface Problem {
  readonly is: string;
  /** Of the spec; "" for what is no refusal. */
  readonly clause: string;
  readonly reason: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly retryAfterSeconds: number | null;
}

/** For requests of the tab's own (`messenger/api_client.ts`). The token is for this origin alone. */
export interface Session {
  readonly account: Account;
  readonly token: string;
  /** Goes along as `Kith-Seat` (ACC-4.5); 0: none yet. */
  readonly seat: number;
}

/** A group, with us among its people; `handle` is "" while it is not known. */
export interface GroupView {
  readonly name: string;
  readonly people: readonly {
    readonly actor: string;
    readonly handle: string;
    readonly role: Role;
  }[];
  /** What we may do; null once we are out of it. */
  readonly role: Role | null;
  /** Who ended it for everybody by a change without the right to it (E2E-8.6), and why; or null. */
  readonly ended: { readonly by: string; readonly reason: string } | null;
}

/**
 * A conversation as people see it. With one other person all groups with them are one (E2E-5.8): `id` is
 * then the actor's id, else the group's in hex. It stays the same.
 */
export interface Chat {
  readonly id: string;
  /** Its name and people, where it is a group (E2E-8); null for a talk with somebody. */
  readonly group: GroupView | null;
  /** The others, by actor id. `handle` is "" while it is not known. */
  readonly others: readonly { readonly actor: string; readonly handle: string }[];
  readonly last: HistoryItem | null;
  /** When something happened last: the list is in this order. */
  readonly at: number;
  readonly unread: number;
  readonly draft: string;
  /** Words can be said here. Else we are out of it, or the device is frozen. */
  readonly isOpen: boolean;
  /** What is in the way of our words now, as far as it is known. */
  readonly trouble: Problem | null;
  /** No device of theirs is left that can read here: `goOn` begins anew with the one that they have now. */
  readonly needsNewDevice: boolean;
  /** Nobody took this device back for an hour: `goOn` begins anew with one other. */
  readonly isUnanswered: boolean;
}

/**
 * Where words of ours are:
 * - `waiting`: in this browser; they go out as soon as they can, in their order. `because`: what is in the way;
 * - `atOurNode`: our node has them, and carries them on;
 * - `atTheirNode`: nothing of this chat waits at our node any more. Whether a device has them is not known;
 * - `unfetched`: they are at the node of these actors, no device of whom has fetched what was said from then on
 *   (seconds; `WordsUnfetched`);
 * - `returned`: no device of these actors took them, for this reason (`MessageReturned`). After `not_fetched` and
 *   `not_delivered` they go out by themselves once their device is heard; after `no_device` and `new_device` by `goOn`;
 * - `refused`: they will not arrive, `because` says why; `retry` says them anew.
 */
export type SentState =
  | { readonly is: "waiting"; readonly because: Problem | null }
  | { readonly is: "atOurNode" }
  | { readonly is: "atTheirNode" }
  | { readonly is: "unfetched"; readonly since: Readonly<Record<string, number>> }
  | { readonly is: "returned"; readonly reasons: Readonly<Record<string, string>> }
  | { readonly is: "refused"; readonly because: Problem };

/** A message by what names it: an id is its sender's. */
export interface Named {
  readonly id: string;
  readonly actor: string;
}

/** What a message answers, as it stands now. `kind` as of a message; `isHere`: this device has it. */
export interface Quoted extends Named {
  readonly kind: string;
  readonly text: string;
  readonly isMarkdown: boolean;
  readonly isHere: boolean;
}

/** An emoji under a message, and whose it is. */
export interface Reactions {
  readonly emoji: string;
  readonly actors: readonly string[];
}

/**
 * `id` is unique within the chat and sender. `kind` is ActivityStreams' type, usually `Note`; `Tombstone`: it was taken
 * back.
 */
export interface Message {
  readonly is: "message";
  readonly id: string;
  readonly chat: string;
  readonly actor: string;
  readonly kind: string;
  /** Text of any content, plain or (`isMarkdown`) the small Markdown of E2E-7.2: never HTML. */
  readonly text: string;
  readonly isMarkdown: boolean;
  /** HTML as it came, where nothing else says what was written: to be drawn from a tree alone. "" for none. */
  readonly html: string;
  readonly isChanged: boolean;
  /** There is something in it that this version cannot show. */
  readonly isUnknown: boolean;
  readonly files: readonly FileView[];
  readonly answers: Quoted | null;
  readonly reactions: readonly Reactions[];
  readonly at: number;
  /** Their order, whatever the clocks say. */
  readonly number: number;
  /** Null for words of others. */
  readonly state: SentState | null;
}

/** Something that could not be read. `askedAgain`: its sender was asked to send it once more. */
export interface Gap {
  readonly is: "gap";
  readonly id: string;
  readonly chat: string;
  readonly at: number;
  readonly number: number;
  readonly because: Problem;
  readonly askedAgain: boolean;
}

/** What `by` made of a group: who came and went, its new name or "", who has which other role. */
export interface GroupLine {
  readonly is: "line";
  readonly id: string;
  readonly chat: string;
  readonly at: number;
  readonly number: number;
  readonly by: string;
  readonly came: readonly string[];
  readonly went: readonly string[];
  readonly name: string;
  readonly roles: readonly { readonly actor: string; readonly role: Role }[];
}

export type HistoryItem = Message | Gap | GroupLine;

/**
 * What the device told that is no word of a chat, and that its person has not put away yet (APP-6.3). `chat` is ""
 * where it is of none, or of all.
 */
export interface News {
  readonly id: string;
  readonly chat: string;
  readonly at: number;
  readonly event: ConversationEvent;
}

/** What was found, the newest first. `before`: what to go on with, null at the end. */
export interface Page {
  readonly items: readonly HistoryItem[];
  readonly before: number | null;
}

/**
 * What is told without being asked:
 * - `status`: something of `DeviceStatus` changed;
 * - `chat`: a chat is new, or its last word, draft, unread count, members or trouble changed;
 * - `item`: a message or gap is new (`isNew`), or its state changed;
 * - `news`: there is other news than before;
 * - `told`: what else the device has to tell of a conversation, or of the node (`NodeRestored`);
 * - `node`: an event of the node's stream but `sealed` (API-7): what to read anew. `hello` and `reset`, too;
 * - `keys`: how this device stands with the keys of its account may have changed;
 * - `archive`: how far the archive was read, or that it is on, has changed;
 * - `carried`: so many bytes of the files of `id` are sent, or here;
 * - `missed`: this page slept, and what was told meanwhile may be lost: all that it shows is to be read anew.
 */
export type DeviceEvent =
  | { readonly is: "status"; readonly status: DeviceStatus }
  | { readonly is: "missed" }
  | { readonly is: "keys" }
  | { readonly is: "news" }
  | { readonly is: "archive"; readonly archive: ArchiveView }
  | {
      readonly is: "carried";
      readonly id: string;
      readonly done: number;
      readonly size: number;
    }
  | { readonly is: "chat"; readonly chat: Chat }
  | { readonly is: "item"; readonly item: HistoryItem; readonly isNew: boolean }
  | { readonly is: "told"; readonly chat: string; readonly event: ConversationEvent }
  | {
      readonly is: "node";
      readonly kind: string;
      readonly data: Readonly<Record<string, unknown>>;
    };

/** How one logs out: `keep` the history in this browser, or `remove` the vault with all that is in it. */
export type LogOut = "keep" | "remove";

/** The questions, as the worker answers them. */
export interface DeviceQuestions extends KeyQuestions, FileQuestions {
  status(): DeviceStatus;

  /**
   * A new account; this browser becomes its first device. Null: an administrator has to approve it first,
   * then log in. Throws `Forbidden` (ACC-2.2) for an invite that is no longer good, `Conflict` for a name
   * that is taken.
   */
  signUp(who: NewMember): Account | null;

  /** Make this browser a new device of an account. Throws `Unproven` (ACC-1.5). */
  logIn(who: Credentials): Account;

  /**
   * End this device's session at the node and its device with it. What is kept can be read by `switchTo`;
   * it cannot speak any more. Throws `Unreachable` with nothing changed when the node does not answer.
   */
  logOut(account: string, how: LogOut): void;

  /**
   * End the account itself, for good, and remove all that this browser keeps of it. Throws with nothing changed:
   * `Forbidden` (ACC-1.7) for a wrong password, `Conflict` (ACC-1.8) for the last administrator, `Unreachable`.
   */
  deleteAccount(account: string, password: string): void;

  /** Remove what is kept of an account that is logged out already. */
  forget(account: string): void;

  /** Another account of this browser. Its vault is opened, or is `locked`. */
  switchTo(account: string): void;

  /** Open the vault of the current account. Throws `Unproven` (E2E-6.2) for another passphrase. */
  unlock(passphrase: string): void;

  /** Set, change (or with null remove) the passphrase of the current account's vault. Throws `Malformed` (E2E-6.8). */
  setPassphrase(passphrase: string | null): void;

  /** Ask the browser not to clear its store; best after a person did something. */
  persist(): boolean;

  /**
   * What requests of the page carry; `refused` is a seat that the node did not take of them (ACC-4.5), 0 for none.
   * Throws `Missing` (API-9.1) when nobody is logged in, `Conflict` where another copy is the device (DEV-8.2).
   */
  session(refused: number): Session;

  /** All chats, by the last that happened. */
  chats(): readonly Chat[];

  /**
   * The chat with somebody, by handle or actor id. A new one is begun by its first words and is till then
   * known here alone. Throws `Missing` (GRA-3.1) for nobody.
   */
  chatWith(who: string): Chat;

  /** The newest `most` items, or those before the number `before`. */
  history(chat: string, most: number, before: number | null): Page;

  /** Messages whose text has all of these words, in one chat or (null) in all. */
  search(words: string, chat: string | null, most: number, before: number | null): Page;

  /**
   * Say something; in the vault when this resolves, then it goes out by itself. `id` is a fresh UUID
   * (`crypto.randomUUID()`): the same one again says nothing twice. It clears the draft.
   *
   * Throws `TooMuch` (E2E-5.3), `Forbidden` for who is no friend, `Missing` (E2E-5.6) when they have no
   * device; `Unreachable` only where the chat has to be begun and cannot be.
   */
  send(chat: string, text: string, id: string, answers?: Named | null): Message;

  /** Change own words. Throws `Conflict` (DEV-18.6) for what was taken back, `TooMuch` (E2E-5.3). */
  edit(chat: string, message: string, text: string): void;

  /** Take own words back, for everybody. */
  takeBack(chat: string, message: string): void;

  /**
   * Put an emoji under a message; or, not `on`, take it away. Throws `Conflict` (DEV-18.6) for what was taken back,
   * `TooMuch` for one too many.
   */
  react(chat: string, message: Named, emoji: string, on: boolean): void;

  /** Say refused words anew, in the place of the former, or try at once what waits. `id` as for `send`. */
  retry(chat: string, message: string, id: string): Message;

  /** What is being written; "" for nothing. */
  saveDraft(chat: string, text: string): void;

  /** All up to this item was seen. */
  markRead(chat: string, number: number): void;

  /** What was told and is not put away, the newest first. */
  news(): readonly News[];

  /** Its person has seen it, and wants to see it no more. */
  putAway(news: string): void;

  /** Go on with the device that they have now: how many words that none could read are said there. */
  goOn(chat: string): number;

  /** Be out of a chat of several people: the others are asked to take this device out; a group is left at once, with
   * all devices. Throws `Malformed` (E2E-8.1) for the last owner. */
  leave(chat: string): void;

  /**
   * Begin a group with these actors; its chat. Throws `Missing` (DEV-19.2) where one of them cannot be added, and
   * `Malformed`, `TooMuch` (E2E-8.1, E2E-8.2); nothing is made then.
   */
  newGroup(name: string, actors: readonly string[]): string;

  /** Change a group. Throws `Forbidden` (E2E-8.3) without the right, and as `newGroup`. */
  changeGroup(chat: string, change: GroupChange): void;
}

/** The same, as a tab asks: each answer is a promise. */
export type DeviceClient = {
  readonly [Name in keyof DeviceQuestions]: (
    ...given: Parameters<DeviceQuestions[Name]>
  ) => Promise<ReturnType<DeviceQuestions[Name]>>;
} & {
  /** Hear of all that happens, until the function that is returned is called. */
  listen(hear: (event: DeviceEvent) => void): () => void;
};
