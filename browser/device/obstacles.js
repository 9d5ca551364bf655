/**
 * Pure: what is in the way of a device's groups (spec DEV-2.3, DEV-3.4, DEV-3.5).
 *
 * It is remembered for as long as the device runs, and only holds the group concerned back; all of
 * them, where it is the home node that does not answer.
 */
import { TooMuch, Unreachable } from "../errors.ts";
const MOST_RACES = 8;
const TOO_BUSY = "others change this conversation faster than this device can follow";
function isTrouble(obstacle) {
    return obstacle !== undefined && obstacle !== "a commit";
}
export class Obstacles {
    #held = new Map();
    #races = new Map();
    /** Epochs that conflicts named, while we are in earlier ones. */
    heads = new Map();
    #away = null;
    #behind = false;
    /** Whether nothing is known to be in the way of a group. */
    isFree(group) {
        return this.#away === null && !this.#held.has(group);
    }
    /** Whether the mailbox has to be read first, and can be. */
    get isBehind() {
        return this.#behind && this.#away === null;
    }
    /** Whether there is anything. */
    get some() {
        const known = [this.#held, this.#races, this.heads];
        return known.some(({ size }) => size > 0) || this.#away !== null || this.#behind;
    }
    /** What is in the way of one group. */
    of(group) {
        return this.firstOf([group]);
    }
    /** What is in the way of the first of these groups that has something in its way. */
    firstOf(groups) {
        return this.#away ?? groups.map((group) => this.#held.get(group)).find(isTrouble) ?? null;
    }
    /** Whether waiting helps; then a group is held back, or all of them with our own node. */
    takes(asked, outcome) {
        const isFull = outcome instanceof TooMuch && outcome.retryAfterSeconds !== null;
        if (!isFull && !(outcome instanceof Unreachable))
            return false;
        const isAway = outcome instanceof Unreachable && !outcome.beyond;
        if (asked.is === "Fetch" || isAway)
            this.#away = outcome;
        else
            this.#held.set(asked.group, outcome);
        return true;
    }
    /** Another's commit came first, so that the group is in `epoch`; `isHere`: it was taken in. */
    lostRace(group, epoch, isHere) {
        this.heads.set(group, epoch);
        const races = (this.#races.get(group) ?? 0) + 1;
        this.#races.set(group, races);
        if (races >= MOST_RACES) {
            this.#held.set(group, new Unreachable(TOO_BUSY, true));
        }
        else if (!isHere) {
            this.#held.set(group, "a commit");
            this.#behind = true;
        }
    }
    /** The commit that a group waited for is here, or this device was taken back. */
    commitCame(group) {
        this.heads.delete(group);
        if (this.#held.get(group) === "a commit")
            this.#held.delete(group);
    }
    /** The mailbox was read. */
    caughtUp() {
        this.#behind = false;
    }
    /** Nothing is in the way of this group any more. */
    forget(group) {
        this.#held.delete(group);
    }
    /** Try again what was held back. */
    retry() {
        this.#held.clear();
        this.#races.clear();
        this.#away = null;
    }
}
