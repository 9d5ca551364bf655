/**
 * Pure: how one device grows sure of the other, whichever of them shows (spec LNK-3).
 *
 * `Shower` or `Reader` becomes `Agreed` once both sides are there. What a step needs is only to be had
 * from the step before it: a shower's side comes out of the reader's, a grant out of an `Agreed` that
 * is sure.
 */

import { Conflict, Forbidden, Unproven } from "../../errors.ts";
import { same } from "../../mls/private/crypto.ts";
import { type Bytes, equal, utf8 } from "../../wire/bytes.ts";
import { type Found, isLink } from "../public/code.ts";
import {
  commitmentTo,
  encodeSide,
  type LinkSide,
  NEW,
  type NewSide,
  numberOf,
  type OldSide,
  parseSide,
  transcript,
} from "../public/sides.ts";

const MOST_WRONG = 3;
const CHANGED =
  "the server shows another device than the one whose code this is: somebody stands between the two devices; nothing was linked";

/** Both sides are there. Until the number was typed, where it has to be, nobody is sure. */
export class Agreed {
  readonly told: Bytes;
  /** The number that the person reads here. */
  readonly shown: string;
  readonly new: NewSide;
  readonly old: OldSide;
  readonly #heard: Bytes;
  #sure: boolean;
  #wrong = 0;

  constructor(code: string, mine: LinkSide, theirs: Bytes, isKnown: boolean) {
    const there = parseSide(theirs);
    if (there.side === mine.side) {
      const which = mine.side === NEW ? "new ones" : "devices of an account already";
      throw new Conflict(
        "LNK-3.5",
        `both devices are ${which}: one has to be new, and the other one logged in`,
      );
    }
    const ours = encodeSide(mine);
    const isNew = mine.side === NEW;
    this.new = (isNew ? mine : there) as NewSide;
    this.old = (isNew ? there : mine) as OldSide;
    this.told = isNew ? transcript(code, ours, theirs) : transcript(code, theirs, ours);
    this.shown = numberOf(mine.side, this.told);
    this.#heard = utf8(numberOf(there.side, this.told));
    this.#sure = isKnown;
  }

  /** Whether the other one is who the person has before them. */
  get isSure(): boolean {
    return this.#sure && this.#wrong < MOST_WRONG;
  }

  /**
   * The number that the other device shows, as it was typed here; whether it is right.
   *
   * Throws `Forbidden` (LNK-3.9) with the third one that is wrong, and ever after.
   */
  type(typed: string): boolean {
    if (this.#wrong < MOST_WRONG) {
      if (same(utf8(typed.replace(/\s+/g, "")), this.#heard)) {
        this.#sure = true;
        return true;
      }
      this.#wrong += 1;
    }
    if (this.#wrong < MOST_WRONG) return false;
    throw new Forbidden(
      "LNK-3.9",
      "three numbers were wrong: somebody may stand between the two devices; this linking is over",
    );
  }

  /** Throws `Forbidden` (LNK-3.8) as long as the number is not known. */
  checkSure(): void {
    if (!this.isSure) {
      throw new Forbidden("LNK-3.8", "type the number that the other device shows first");
    }
  }
}

/** A device that shows a code, and a link in which its commitment is. */
export class Shower {
  readonly #mine: LinkSide;

  constructor(mine: LinkSide) {
    this.#mine = mine;
  }

  get commit(): Bytes {
    return commitmentTo(encodeSide(this.#mine));
  }

  /**
   * What is posted once the reader's side has come, and not before (LNK-3.3).
   *
   * Also where nothing comes of it: so the other one sees why at once (LNK-3.5).
   */
  answer(theirs: Bytes): Bytes {
    parseSide(theirs);
    return encodeSide(this.#mine);
  }

  /** The reader's side has come. The other's number has to be typed here. */
  meet(code: string, theirs: Bytes): Agreed {
    return new Agreed(code, this.#mine, theirs, false);
  }
}

/**
 * A device that read a code or a link. It says its side at once.
 *
 * `isScanned`: the link was read by this device's own camera. A new one goes by that. Any other link may be somebody
 * else's, who sent it, and so may the one that an old device scanned: its commitment is held to, and the number has to
 * be typed all the same (LNK-3.8, LNK-3.10).
 */
export class Reader {
  readonly #mine: LinkSide;
  readonly #found: Found;
  readonly #commit: Bytes;
  readonly #isScanned: boolean;

  /** `commit` is what the home node has. Throws `Unproven` (LNK-3.2) where the link says another. */
  constructor(mine: LinkSide, found: Found, commit: Bytes, isScanned: boolean) {
    if (isLink(found) && !equal(found.commit, commit)) throw new Unproven("LNK-3.2", CHANGED);
    this.#mine = mine;
    this.#found = found;
    this.#commit = commit;
    this.#isScanned = isScanned;
  }

  get mine(): Bytes {
    return encodeSide(this.#mine);
  }

  /** The shower's side has come. Throws `Unproven` (LNK-3.4) for one it did not commit to. */
  meet(theirs: Bytes): Agreed {
    if (!equal(commitmentTo(theirs), this.#commit)) throw new Unproven("LNK-3.4", CHANGED);
    const isKnown = this.#mine.side === NEW && this.#isScanned && isLink(this.#found);
    return new Agreed(this.#found.code, this.#mine, theirs, isKnown);
  }
}
