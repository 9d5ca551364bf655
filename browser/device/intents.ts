/**
 * Pure: what a device means to do in a group (spec DEV-4).
 *
 * An intent stays in the vault until it has come true. The message that carries it is made when its
 * turn has come, and made anew when others changed the group meanwhile: no wish is lost with a race.
 */

import type { Bytes } from "../wire/bytes.ts";
import type { Role } from "./roles.ts";

/** Say the words whose MessageRow is called `message`. */
export interface Say {
  readonly type: "Say";
  readonly message: string;
}

/** Take these devices in: their key packages, by actor. `listed`: no person wished it, they are on a list (DEV-17). */
export interface Add {
  readonly type: "Add";
  readonly packages: Readonly<Record<string, readonly Bytes[]>>;
  readonly listed?: boolean;
}

/** Take all devices of these actors out, but this one. */
export interface Remove {
  readonly type: "Remove";
  readonly actors: readonly string[];
}

/** Be taken out: a device proposes that, and another member commits it (RFC 9420 §12.2). */
export interface Leave {
  readonly type: "Leave";
}

/** Commit what others proposed, with fresh keys of ours. */
export interface Refresh {
  readonly type: "Refresh";
}

/**
 * Take a device back that is behind: `package` in the place of the leaf with the encryption key
 * `stale` (DEV-9.3).
 */
export interface Readmit {
  readonly type: "Readmit";
  readonly package: Bytes;
  readonly stale: Bytes;
}

/** Give a group another name (E2E-8.3). */
export interface Rename {
  readonly type: "Rename";
  readonly name: string;
}

/** Give somebody of a group another role. */
export interface Appoint {
  readonly type: "Appoint";
  readonly actor: string;
  readonly role: Role;
}

/** Be in a group no more, with all devices: a commit says so, another takes the leaf out. */
export interface Quit {
  readonly type: "Quit";
}

export type Intent = Say | Add | Remove | Leave | Refresh | Readmit | Rename | Appoint | Quit;

/** Whether it is carried by a commit, of which a group has one at a time. */
export function isCommit(intent: Intent): boolean {
  return intent.type !== "Say" && intent.type !== "Leave";
}

/** The intent in a word. */
export function nameOf(intent: Intent): string {
  return intent.type.toLowerCase();
}

/** The actors whom it adds or removes. */
export function concerned(intent: Intent): readonly string[] {
  switch (intent.type) {
    case "Add":
      return Object.keys(intent.packages).sort();
    case "Remove":
      return intent.actors;
    case "Appoint":
      return [intent.actor];
    default:
      return [];
  }
}
