/**
 * What a tab asks of the keys behind this browser's device: recovery, other devices, linking, whom one has
 * verified, the archive. Types only; a part of `DeviceQuestions`.
 */

import type { Account, Problem } from "./device_client.ts";

/**
 * Where this device stands with the keys of its account (spec DEV-12).
 *
 * `none`: it came by a password alone; `unlisted`: it was taken off the account's list.
 */
export interface KeysView {
  readonly stand: "none" | "unlisted" | "listed";
  /** Whether the account has keys, as its node shows them; null where that is not known. */
  readonly isPublished: boolean | null;
  /** Whether the recovery key is on paper, for all that this device knows. */
  readonly isWritten: boolean;
  /** The ids on the account's list, as far as this device, or its node, knows it. */
  readonly listed: readonly string[];
  /** What is in the way of the account's keys. */
  readonly trouble: Problem | null;
}

/** What is written down of a recovery key: its words, or the text of its QR code. */
export interface Paper {
  readonly words: readonly string[];
  readonly code: string;
}

/** Whether a device was taken off the account's list, and if not, what is wrong with the keys. */
export interface Revoked {
  readonly unlisted: boolean;
  readonly problem: Problem | null;
}

/**
 * The number that both people's devices show. `compared`: here, and it agreed. `beganAnew`: it is of other keys
 * than those that this device goes by.
 */
export interface Safety {
  readonly actor: string;
  readonly number: string;
  readonly compared: boolean;
  readonly beganAnew: boolean;
}

/** Which of the two devices this browser is while it links: the one to be let in, or the one that lets in. */
export type LinkSide = "new" | "old";

/** A code that this device shows, to be typed, and the link for a QR code. */
export interface LinkShown {
  readonly code: string;
  readonly link: string;
}

/**
 * Both devices know of each other. `number` is shown here; with `mustType` the other one's has to be typed. `name`
 * is what the new device is called, `actor` whose the old one is.
 */
export interface LinkMet {
  readonly number: string;
  readonly mustType: boolean;
  readonly name: string;
  readonly actor: string;
}

/** How much of the archive came back; `locked`, `over` and `broken` are gaps. */
export interface Fetched {
  readonly new: number;
  readonly known: number;
  readonly locked: number;
  readonly over: number;
  readonly broken: number;
}

/** The account's archive, as this device knows it (spec DEV-14). */
export interface ArchiveView {
  /** Whether this device can have one: it has a key of it. */
  readonly isAble: boolean;
  readonly isOn: boolean;
  /** Whether all that was kept before has been read here. */
  readonly isWhole: boolean;
  /** While it is being read: what came so far. */
  readonly coming: Fetched | null;
  /** What came the last time in this run. */
  readonly came: Fetched | null;
  /** How many messages the node has not yet, and how many it never gets. */
  readonly waiting: number;
  readonly missing: number;
  /** Why the node takes nothing of it now. */
  readonly held: Problem | null;
  /** Why it could not be read. */
  readonly trouble: Problem | null;
}

export interface KeyQuestions {
  keys(): KeysView;

  /** To be written down. Throws `Missing` (DEV-12.1) without keys, (DEV-12.4) once it was. */
  recovery(): Paper;

  /** It is on paper: all devices forget it. */
  writtenDown(): void;

  /**
   * Put this device on the account's list by the words or the code of the recovery key; of the others only those
   * in `keep` stay. The ids of who was taken off. Throws `Malformed` (KEY-2.3, KEY-2.4), `Forbidden` (DEV-12.7).
   */
  recover(paper: string, keep: readonly string[]): readonly string[];

  /** Begin the account's keys anew. Throws `Forbidden` (ACC-1.7) for a wrong password: nothing changed then. */
  startOver(password: string): void;

  /** Another key that signs the list: who had the old one signs no lists any more. */
  renewKeys(paper: string): void;

  /**
   * Log a device out, and take it off the account's list; with the words it can sign no lists any more. `paper` ""
   * is without them. Throws `Malformed` (KEY-2.3, KEY-2.4), `Forbidden` (DEV-12.7): nothing changed then.
   */
  revoke(device: string, paper: string): Revoked;

  /**
   * The safety number with somebody, by handle or actor id. Throws `Forbidden` (KEY-5.1) where their keys are not
   * to be believed, `Missing` (KEY-7.5, DEV-12.1) where there are none.
   */
  safety(who: string): Safety;

  /** Compare it. Throws `Malformed` (KEY-6.2), `Forbidden` (KEY-6.3) where it differs. */
  verify(who: string, number: string): Safety;

  /** Go on with who began anew; `number` is what was shown of them. Throws `Missing` (DEV-13.3). */
  acceptAnew(who: string, number: string): Safety;

  /**
   * Begin to link by showing a code; another linking of this browser ends. `linking` is a name by chance, which the
   * tab gives it: all later questions carry it, and one that is not of the linking that goes on throws `Missing`
   * (LNK-5.5), so that a yes is never taken for another device. Throws `TooMuch` (LNK-5.7).
   */
  linkShow(linking: string, side: LinkSide, name: string): LinkShown;

  /** Wait until the other device has read the code. Throws `Missing` (LNK-5.5) when time is up. */
  linkMeet(linking: string): LinkMet;

  /**
   * Begin to link by reading what the other device shows. `isScanned`: the app's own camera read it, which
   * counts at a new device alone; whatever else may be what somebody sent (LNK-3.8). Throws `Malformed`, `Missing`, `Unproven` (LNK).
   */
  linkRead(
    linking: string,
    side: LinkSide,
    text: string,
    isScanned: boolean,
    name: string,
  ): LinkMet;

  /** The number of the other device; whether it is right. The third wrong one throws `Forbidden` (LNK-3.9). */
  linkType(linking: string, number: string): boolean;

  /** The old device lets the new one in (null); the new one waits for that, and is logged in. */
  linkFinish(linking: string): Account | null;

  /** Give it up. */
  linkEnd(linking: string): void;

  archive(): ArchiveView;

  /** Keep what is said from now on; or nothing, and have the node forget what it has. */
  switchArchive(on: boolean): ArchiveView;

  /** Its person has seen how many are missing there, and is told no more (DEV-14.6). */
  seenMissing(): void;

  /** Read what the archive has; `archive` events say how far it is. */
  fetchArchive(): ArchiveView;
}
