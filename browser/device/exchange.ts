/**
 * Pure: what a device asks of whoever carries for it, and what it is told of it (spec DEV-3).
 *
 * `Device.next` answers one of the questions; whoever asked does it and tells the outcome with
 * `Device.tell`, and asks again, until the answer is `Wait`. An outcome is a value here, or the error
 * that the home node answered with: `Refused`, or `Unreachable`.
 */

import type { Refused, Unreachable } from "../errors.ts";
import type { Bytes } from "../wire/bytes.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { WelcomeRow } from "./rows.ts";

/** Send `content`, which the row `row` owes, to the conversation `ref`. */
export interface Send {
  readonly is: "Send";
  readonly row: string;
  readonly group: string;
  readonly ref: string;
  readonly content: Bytes;
  readonly welcomes: readonly WelcomeRow[];
  readonly removed: readonly string[];
}

/**
 * Tell the home node of a conversation, for which the row `row` waits.
 *
 * A new one; with `url` one that it forgot: its address, and the epoch that the group is in.
 */
export interface Create {
  readonly is: "Create";
  readonly row: string;
  readonly group: string;
  readonly group_id: Bytes;
  readonly members: readonly string[];
  readonly url: string;
  readonly epoch: number;
}

/**
 * Tell the home node that a commit left no leaf of these actors, or of this device.
 *
 * `seq`: up to where the mailbox was read.
 */
export interface TellGone {
  readonly is: "TellGone";
  readonly row: string;
  readonly group: string;
  readonly ref: string;
  readonly actors: readonly string[];
  readonly seq: number;
}

/** Read the mailbox: what came before ours is there, or will be. */
export interface Fetch {
  readonly is: "Fetch";
}

/** Tell the person of what can never be done, and why (`error`). */
export interface Tell {
  readonly is: "Tell";
  readonly events: readonly ConversationEvent[];
  readonly error: Refused;
}

/** What is in the way: time may help. */
export type Trouble = Refused | Unreachable;

/**
 * Nothing can go out now. `reason` is what is in the way: then try again later.
 *
 * No reason: nothing is owed, or what is owed waits for a commit that is to come.
 */
export interface Wait {
  readonly is: "Wait";
  readonly reason: Trouble | null;
}

/**
 * It is done: the home node has what was sent; the mailbox was read.
 *
 * `term`: of its place in the relay's chain. In a later one than the first the relay forgot
 * something, and takes what is of any epoch (E2E-3.14).
 */
export interface Accepted {
  readonly is: "Accepted";
  readonly term?: number;
}

/** The home node knows the conversation now, as `ref` and `url`. */
export interface Created {
  readonly is: "Created";
  readonly ref: string;
  readonly url: string;
}

/** Another's commit came first: the group is in `epoch`, 0 where that was not said. */
export interface LostRace {
  readonly is: "LostRace";
  readonly epoch: number;
}

export type Carried = Send | Create | TellGone | Fetch;
export type Next = Carried | Tell | Wait;
export type Outcome = Accepted | Created | LostRace | Trouble;
