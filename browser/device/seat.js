/** Pure: the device's seat: of two copies of one vault only one goes on (spec DEV-8, ACC-4.4). */
import { Conflict } from "../errors.ts";
import { EMPTY } from "../wire/bytes.ts";
import { SEAT, SEAT_ROW } from "./rows.ts";
const NONCE_BYTES = 16;
const LEFT_BEHIND = "this vault is an older copy, or another copy of it is in use: log in again to make this" +
    " machine a device of its own";
/** The clauses by which a node refuses a vault that was left behind (DEV-8.2). */
export const LEFT_BEHIND_CLAUSES = new Set(["ACC-4.4", "ACC-4.5"]);
/** What this vault knows of its seat, and what becomes of it. */
export class DeviceSeat {
    #state;
    #outbox;
    constructor(state, outbox) {
        this.#state = state;
        this.#outbox = outbox;
    }
    async #row() {
        const none = { have: 0, nonce: EMPTY, frozen: false };
        return (await this.#state.find(SEAT, SEAT_ROW)) ?? none;
    }
    #put(row) {
        this.#state.put(SEAT, row);
    }
    /** Whether another copy of this vault is the device. */
    async frozen() {
        return (await this.#row()).frozen;
    }
    /** Throws `Conflict` (ACC-4.4) for a vault that was left behind. */
    async check() {
        if (await this.frozen())
            throw new Conflict("ACC-4.4", LEFT_BEHIND);
    }
    /** The next seat to ask for; one that was asked for and not answered is asked for again. */
    async ask() {
        const { have, nonce } = await this.#row();
        if (nonce.length)
            return { is: "SeatAsked", have, nonce, again: true };
        const fresh = this.#state.entropy.draw(NONCE_BYTES);
        this.#put({ have, nonce: fresh, frozen: false });
        return { is: "SeatAsked", have, nonce: fresh, again: false };
    }
    /** The node has given us this seat. */
    taken(number) {
        this.#put({ have: number, nonce: EMPTY, frozen: false });
    }
    /** Another copy is the device: keys are erased, history stays, what was not sent is told. */
    async freeze(error) {
        const found = [];
        this.#put({ have: (await this.#row()).have, nonce: EMPTY, frozen: true });
        for (const group of (await this.#state.conversations()).keys()) {
            found.push(...(await this.#outbox.giveUp(group, error)));
        }
        const groups = this.#state.groupsWith("parked");
        const parked = groups.flatMap((group) => this.#state.names("parked", group));
        for (const name of [...this.#state.names("package"), ...parked])
            this.#state.delete(name);
        return found;
    }
}
