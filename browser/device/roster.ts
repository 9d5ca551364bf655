/**
 * Pure: who is in a group and what each may do there, as all its members agree (spec E2E-8).
 *
 * It stands in the GroupContext: MLS itself sees to it that all who are in an epoch have the same.
 */

import { Forbidden, Malformed, TooMuch } from "../errors.ts";
import { type Extension, type Extensions, find } from "../mls/public/extensions.ts";
import { type Bytes, concat, equal, text, utf8 } from "../wire/bytes.ts";
import { opaque, parse as parseAll, type Reader, u8, vector } from "../wire/tls.ts";
import { ROLES, type Role } from "./roles.ts";

export const EXTENSION = 0xf1c1;
export const MOST_PEOPLE = 128;
const MOST_DEVICES = 400;
/** Characters. */
export const LONGEST_NAME = 100;
const LONGEST_ACTOR = 2048;
const MOST_BYTES = 65_536;
/** What would begin a line, or turn those beside it about. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;
const ADMIN = 2;
const OWNER = 3;

/** The people of a group, each with a role, and what it is called. */
export interface Roster {
  readonly name: string;
  readonly people: Readonly<Record<string, Role>>;
}

/** The greater the more they may; 0 for who is not in it. */
export function rankIn({ people }: Roster, actor: string): number {
  const role = Object.hasOwn(people, actor) ? people[actor] : undefined;
  return role === undefined ? 0 : 1 + ROLES.indexOf(role);
}

export function actorsOf({ people }: Roster): readonly string[] {
  return Object.keys(people);
}

function encode({ name, people }: Roster): Bytes {
  const written = Object.entries(people).map(([actor, role]) => {
    return { actor: utf8(actor), place: 1 + ROLES.indexOf(role) };
  });
  written.sort((a, b) => compare(a.actor, b.actor));
  const encoded = written.map(({ actor, place }) => concat(opaque(actor), u8(place)));
  return concat(u8(1), opaque(utf8(name)), vector(encoded));
}

function compare(a: Bytes, b: Bytes): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const by = (a[at] ?? 0) - (b[at] ?? 0);
    if (by !== 0) return by;
  }
  return a.length - b.length;
}

/** Whether both are the same. */
export function isSame(a: Roster, b: Roster): boolean {
  return equal(encode(a), encode(b));
}

/** Throws `Malformed` (E2E-8.1). */
export function checkName(name: string): void {
  const bare = name.replace(/^ +| +$/g, "");
  let wrong = bare ? "" : "a group needs a name";
  if ([...name].length > LONGEST_NAME) {
    wrong = `the name of a group has at most ${LONGEST_NAME} characters`;
  } else if (CONTROL.test(name) || name !== bare) {
    wrong ||= "the name of a group is one line, with no space around it";
  } else if (name.startsWith("@")) {
    wrong = "the name of a group does not begin with @, as people's do";
  }
  if (wrong) throw new Malformed("E2E-8.1", wrong);
}

/** Throws `Malformed`, `TooMuch` (E2E-8.1, E2E-8.2). */
export function check(roster: Roster): void {
  checkName(roster.name);
  const actors = actorsOf(roster);
  if (actors.length > MOST_PEOPLE) {
    throw new TooMuch("E2E-8.2", `a group has at most ${MOST_PEOPLE} people`);
  }
  if (!Object.values(roster.people).includes("owner")) {
    throw new Malformed("E2E-8.1", "a group has an owner: make somebody else one first");
  }
  if (actors.some((actor) => utf8(actor).length > LONGEST_ACTOR)) {
    throw new TooMuch("E2E-8.1", "the id of somebody is too long for a group");
  }
  if (encode(roster).length > MOST_BYTES) throw tooLong();
}

function tooLong(): TooMuch {
  return new TooMuch("E2E-8.2", "the ids of its people are too long for one group");
}

function readText(reader: Reader): string {
  try {
    return text(reader.opaque());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Malformed("E2E-8.1", "the text of a group is not UTF-8");
  }
}

function read(reader: Reader): Roster {
  if (reader.u8() !== 1) {
    throw new Malformed("E2E-8.1", "a group of a version that is not known");
  }
  const name = readText(reader);
  const people = reader.vector((each): readonly [string, Role] => {
    const actor = readText(each);
    const role = ROLES[each.u8() - 1];
    if (role === undefined || !actor.startsWith("https://")) {
      throw new Malformed("E2E-8.1", "somebody in a group is an actor with a role");
    }
    return [actor, role];
  }, 2);
  return { name, people: Object.fromEntries(people) };
}

/** Throws `Malformed`, `TooMuch` (E2E-8.1, E2E-8.2). */
export function parse(data: Bytes): Roster {
  if (data.length > MOST_BYTES) throw tooLong();
  const roster = parseAll(data, read);
  check(roster);
  if (!equal(encode(roster), data)) {
    throw new Malformed("E2E-8.1", "the people of a group are in order, each once");
  }
  return roster;
}

/** By the bytes that an epoch has, which stay the same object: asked at every message. */
const KNOWN = new WeakMap<Bytes, Roster>();

/** That of a group with these; null in a conversation that has none. Throws as `parse`. */
export function rosterOf(extensions: Extensions): Roster | null {
  const data = find(extensions, EXTENSION);
  if (data === null) return null;
  const roster = KNOWN.get(data) ?? parse(data);
  KNOWN.set(data, roster);
  return roster;
}

/** Throws as `check`. */
export function extension(roster: Roster): Extension {
  check(roster);
  return { type: EXTENSION, data: encode(roster) };
}

/** These with `roster` in the place of the one before. */
export function instead(extensions: Extensions, roster: Roster): Extensions {
  return [...othersOf(extensions), extension(roster)];
}

function othersOf(extensions: Extensions): Extensions {
  return extensions.filter(({ type }) => type !== EXTENSION);
}

// -- who may what -------------------------------------------------------------------------------

function forbidden(reason: string): Forbidden {
  return new Forbidden("E2E-8.3", reason);
}

/** By the ranks of who takes somebody out, and of whom. */
function checkOut(mine: number, theirs: number): void {
  if (mine < ADMIN) throw forbidden("only its owners and admins take people out of a group");
  if (mine <= theirs && mine < OWNER) {
    throw forbidden("an admin takes no owner and no other admin out of a group");
  }
}

/** `by` may make of the one the other. Throws `Forbidden` (E2E-8.3). */
export function checkChange(before: Roster, after: Roster, by: string): void {
  const mine = rankIn(before, by);
  if (!mine) throw forbidden("only who is in a group changes it");
  if (before.name !== after.name && mine < ADMIN) {
    throw forbidden("only its owners and admins give a group another name");
  }
  const came = actorsOf(after).filter((actor) => !rankIn(before, actor));
  if (came.length && mine < ADMIN) {
    throw forbidden("only its owners and admins take people into a group");
  }
  if (came.some((actor) => after.people[actor] !== "member")) {
    throw forbidden("who comes into a group is a member at first");
  }
  const went = actorsOf(before).filter((actor) => !rankIn(after, actor) && actor !== by);
  for (const actor of went) checkOut(mine, rankIn(before, actor));
  const isOther = (actor: string) =>
    rankIn(after, actor) > 0 && rankIn(after, actor) !== rankIn(before, actor);
  if (mine < OWNER && actorsOf(before).some(isOther)) {
    throw forbidden("only its owners give people of a group another role");
  }
}

/** What a commit did: who made it, of whom it added devices, and who has some after it. */
export interface Made {
  readonly by: string;
  readonly added: readonly string[];
  readonly present: readonly string[];
  /** By one who only joins by it, or it closes the group. */
  readonly isOutside: boolean;
}

function isAlike(a: Extensions, b: Extensions): boolean {
  return (
    a.length === b.length &&
    a.every(({ type, data }, at) => {
      const other = b[at];
      return other !== undefined && type === other.type && equal(data, other.data);
    })
  );
}

/** A commit that others accepted may be followed. Throws `Refused` (E2E-8.1 to E2E-8.4). */
export function checkCommit(before: Extensions, after: Extensions, made: Made): void {
  const refused = (reason: string) => new Forbidden("E2E-8.4", reason);
  const [was, now] = [rosterOf(before), rosterOf(after)];
  if (was === null) {
    if (now !== null) throw refused("a conversation without roles gets none by a commit");
    return;
  }
  if (made.isOutside) throw refused("nobody comes into a group by themselves, nor closes it");
  if (now === null || !isAlike(othersOf(before), othersOf(after))) {
    throw refused("a commit takes nothing else of a group away, and adds nothing");
  }
  checkChange(was, now, made.by);
  const [stranger] = made.added.filter((actor) => !rankIn(now, actor)).sort();
  if (stranger !== undefined) {
    throw refused(`a device of who is not in this group was added: ${stranger}`);
  }
  if (actorsOf(now).some((actor) => !rankIn(was, actor) && !made.added.includes(actor))) {
    throw refused("who comes into a group comes with a device");
  }
  const isLeft = (actor: string) => !rankIn(now, actor) && made.present.includes(actor);
  if (actorsOf(was).some((actor) => actor !== made.by && isLeft(actor))) {
    throw refused("who is taken out of a group goes with all devices");
  }
}

/** So many devices fit. Throws `TooMuch` (E2E-8.2). */
export function checkDevices({ name }: Roster, count: number): void {
  if (count > MOST_DEVICES) {
    throw new TooMuch("E2E-8.2", `a group has at most ${MOST_DEVICES} devices: ${name}`);
  }
}
