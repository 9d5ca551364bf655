/** Chance that repeats itself for the same seed, as `tests/e2ee/mls/people.py` draws it. */
import { shake256 } from "@noble/hashes/sha3.js";
import { concat, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
export class Seeded {
    #seed;
    #count = 0n;
    constructor(seed) {
        this.#seed = utf8(seed);
    }
    draw(count) {
        this.#count += 1n;
        return shake256(concat(this.#seed, tls.u64(this.#count)), { dkLen: count });
    }
}
