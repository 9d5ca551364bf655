/** Pure: what a device tells its person about conversations. */

/** `actor`, proven by their MLS leaf, said `text`. `at` is when this device read it (µs). */
export interface MessageReceived {
  readonly is: "MessageReceived";
  readonly conversation: string;
  readonly id: string;
  readonly actor: string;
  readonly text: string;
  readonly kind: string;
  readonly at: number;
}

/**
 * `actor` changed a message of theirs, or took it back: `change` is `edited` or `deleted`, and `text` what it says now.
 */
export interface MessageChanged {
  readonly is: "MessageChanged";
  readonly conversation: string;
  readonly id: string;
  readonly actor: string;
  readonly change: string;
  readonly text: string;
  readonly at: number;
}

/** `actor` reacted to the message `id` of `author`; or, not `on`, took that away. */
export interface ReactionChanged {
  readonly is: "ReactionChanged";
  readonly conversation: string;
  readonly id: string;
  readonly author: string;
  readonly actor: string;
  readonly emoji: string;
  readonly on: boolean;
  readonly at: number;
}

/** This device is in a conversation now; `by` invited it. */
export interface ConversationJoined {
  readonly is: "ConversationJoined";
  readonly conversation: string;
  readonly by: string;
  readonly members: readonly string[];
}

/** A commit was taken in. Who came, and who went: the same people when it only renewed keys. */
export interface MembersChanged {
  readonly is: "MembersChanged";
  readonly conversation: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * `by` changed a group: who came, who went, its new name ("" where it keeps it), and who has another role:
 * actor and role.
 */
export interface GroupChanged {
  readonly is: "GroupChanged";
  readonly conversation: string;
  readonly by: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly name: string;
  readonly roles: readonly (readonly [string, string])[];
}

/** `by` changed a group as they may not, and why nobody follows: it ended for all (E2E-8.6). */
export interface GroupSpoilt {
  readonly is: "GroupSpoilt";
  readonly conversation: string;
  readonly by: string;
  readonly clause: string;
  readonly reason: string;
}

/** This device is out of the conversation: `by` took it out, or it wished so itself. */
export interface ConversationLeft {
  readonly is: "ConversationLeft";
  readonly conversation: string;
  readonly by: string;
}

/**
 * A message that was refused, and why: nobody is left to guess (E2E-5.5).
 *
 * `asked_again`: its sender was asked to seal it anew, so that it will come as `MessageReceived`
 * (E2E-5.9).
 */
export interface MessageUnreadable {
  readonly is: "MessageUnreadable";
  readonly conversation: string;
  readonly clause: string;
  readonly reason: string;
  readonly asked_again: boolean;
}

/**
 * Words of our own that do not reach all whom they were for, and why; they stay in the history.
 *
 * For what `say` itself throws there is none.
 */
export interface MessageUndelivered {
  readonly is: "MessageUndelivered";
  readonly conversation: string;
  readonly id: string;
  readonly text: string;
  readonly clause: string;
  readonly reason: string;
}

/**
 * What we meant to do to a group will not be done, or others did it already (`clause` DEV-4.5).
 *
 * `change` is `add`, `remove` or `leave`, and `actors` are those it was about.
 */
export interface ChangeDropped {
  readonly is: "ChangeDropped";
  readonly conversation: string;
  readonly change: string;
  readonly actors: readonly string[];
  readonly clause: string;
  readonly reason: string;
}

/**
 * Commits of the conversation are gone before this device had them: it asked the others to take it
 * back in. What is said meanwhile is kept.
 */
export interface ConversationBehind {
  readonly is: "ConversationBehind";
  readonly conversation: string;
}

/**
 * Nobody took this device back for an hour: they are away, or a change that nobody can read ended
 * the conversation. What is said can go on in a new one.
 */
export interface ConversationUnanswered {
  readonly is: "ConversationUnanswered";
  readonly conversation: string;
}

/**
 * Others took this device back in. `asked_again` messages that it could not read were asked for; of
 * what never reached it nobody can tell.
 */
export interface ConversationCaughtUp {
  readonly is: "ConversationCaughtUp";
  readonly conversation: string;
  readonly asked_again: number;
}

/**
 * Words of ours that no device of `actor` took; they are kept.
 *
 * `reason`: `not_fetched` (they waited for 30 days) and `not_delivered` (their server took nothing for
 * 7 days) go out again once their device is heard; `no_device` and `new_device` when our person goes
 * on with their new one. `refused`: their server takes no such words of ours.
 */
export interface MessageReturned {
  readonly is: "MessageReturned";
  readonly conversation: string;
  readonly id: string;
  readonly text: string;
  readonly actor: string;
  readonly reason: string;
}

/**
 * No device of `actor` has fetched what was said there `since` that day (UTC; the second in which it began), as their
 * node says. It waits at that node, and is sent; whether somebody reads it nobody can tell.
 */
export interface WordsUnfetched {
  readonly is: "WordsUnfetched";
  readonly conversation: string;
  readonly actor: string;
  readonly since: number;
}

/**
 * No device of `actor` can read the conversation any more. `has_new`: they have another one, which
 * nothing adds by itself.
 */
export interface NoDeviceLeft {
  readonly is: "NoDeviceLeft";
  readonly conversation: string;
  readonly actor: string;
  readonly has_new: boolean;
}

/**
 * Our node was put back from a copy: what it took in since then may be lost.
 *
 * It is of no conversation alone: `conversation` is "".
 */
export interface NodeRestored {
  readonly is: "NodeRestored";
  readonly conversation: "";
}

/**
 * What is said is not kept in the archive for now, and why; talk goes on.
 *
 * It is of no conversation alone: `conversation` is "".
 */
export interface ArchiveHeld {
  readonly is: "ArchiveHeld";
  readonly conversation: "";
  readonly clause: string;
  readonly reason: string;
}

/**
 * So many messages are not in the archive, and never come there; they are in the history here.
 *
 * It is of no conversation alone: `conversation` is "".
 */
export interface ArchiveMissing {
  readonly is: "ArchiveMissing";
  readonly conversation: "";
  readonly count: number;
}

/**
 * The keys of the account wait, and why; talk goes on.
 *
 * It is of no conversation alone: `conversation` is "".
 */
export interface KeysHeld {
  readonly is: "KeysHeld";
  readonly conversation: "";
  readonly clause: string;
  readonly reason: string;
}

/**
 * A device of `actor` is not spoken to, and why: it takes part in the conversation, or was to be added
 * (`conversation` is ""). Nothing is said there until that ends.
 */
export interface DeviceDoubted {
  readonly is: "DeviceDoubted";
  readonly conversation: string;
  readonly actor: string;
  /** The line of KEY-5.2, or of one's own account (`stops.ts`). */
  readonly seen: string;
}

/** Every device of `actor` in the conversation may be spoken to again, or is out of it. */
export interface DoubtSettled {
  readonly is: "DoubtSettled";
  readonly conversation: string;
  readonly actor: string;
}

/**
 * `actor` has another list of devices, signed by their own keys: how many came and went.
 *
 * It is of no conversation alone: `conversation` is "".
 */
export interface KeysChanged {
  readonly is: "KeysChanged";
  readonly conversation: "";
  readonly actor: string;
  readonly came: number;
  readonly went: number;
}

export type ConversationEvent =
  | MessageReceived
  | MessageChanged
  | ReactionChanged
  | ConversationJoined
  | MembersChanged
  | GroupChanged
  | GroupSpoilt
  | ConversationLeft
  | MessageUnreadable
  | MessageUndelivered
  | ChangeDropped
  | NodeRestored
  | ArchiveHeld
  | ArchiveMissing
  | KeysHeld
  | MessageReturned
  | WordsUnfetched
  | NoDeviceLeft
  | ConversationBehind
  | ConversationUnanswered
  | ConversationCaughtUp
  | DeviceDoubted
  | DoubtSettled
  | KeysChanged;
