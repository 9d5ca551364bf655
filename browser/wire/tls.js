/**
 * Pure: the TLS presentation language as RFC 9420 §2.1 writes it: numbers, vectors, optionals.
 *
 * Every length is checked against the bytes that are there before anything is allocated, and a
 * budget bounds the work that a hostile message can ask for (MLS-2.1b).
 */
import { Malformed, TooMuch } from "../errors.ts";
import { concat, EMPTY, join } from "./bytes.ts";
export const LONGEST_VECTOR = 2 ** 30 - 1;
/**
 * How much a message may hold, in elements; what takes long to read counts as more. The path of a
 * commit has an element for each member where all parents are blank.
 */
export const BUDGET = 12288;
export function u8(value) {
    return Uint8Array.of(value);
}
export function u16(value) {
    return Uint8Array.of(value >>> 8, value);
}
export function u32(value) {
    return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
export function u64(value) {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value);
    return bytes;
}
/** `value` in the fewest of 1, 2 or 4 bytes (§2.1.2). */
export function length(value) {
    if (value < 64)
        return u8(value);
    if (value < 16384)
        return u16(value | 0x4000);
    if (value > LONGEST_VECTOR) {
        throw new TooMuch("MLS-2.1.2", "a vector is longer than 2^30 - 1 bytes");
    }
    return u32((value | 0x80000000) >>> 0);
}
/** `opaque value<V>`. */
export function opaque(value) {
    return concat(length(value.length), value);
}
/** The encoded `items` behind their length in bytes. */
export function vector(items) {
    return opaque(join(items));
}
/** `items`, each encoded by `encode`, behind their length in bytes. */
export function vectorOf(items, encode) {
    return opaque(join(Array.from(items, encode)));
}
/** `uint16 values<V>`. */
export function u16s(values) {
    return vectorOf(values, u16);
}
/** `uint32 values<V>`. */
export function u32s(values) {
    return vectorOf(values, u32);
}
/** `optional<T>`, where `value` is the encoded T. */
export function optional(value) {
    return value === null ? u8(0) : concat(u8(1), value);
}
function cutShort() {
    return new Malformed("MLS-2.1", "the message ends inside a field");
}
const BYTES_OF_NUMBERS = 16; // count as one element
/** Reads one message from its first byte to its last. Never looks outside `data`. */
export class Reader {
    at = 0;
    #data;
    #end;
    #left;
    constructor(data, budget = BUDGET) {
        this.#data = data;
        this.#end = data.length;
        this.#left = budget;
    }
    /** A copy of the next `count` bytes. */
    take(count) {
        const start = this.at;
        const stop = start + count;
        if (stop > this.#end)
            throw cutShort();
        this.at = stop;
        return count ? this.#data.slice(start, stop) : EMPTY;
    }
    /** The bytes from position `start` to here, exactly as they came. */
    since(start) {
        return this.#data.slice(start, this.at);
    }
    u8() {
        if (this.at >= this.#end)
            throw cutShort();
        return this.#data[this.at++];
    }
    #number(bytes) {
        if (this.at + bytes > this.#end)
            throw cutShort();
        let value = 0;
        for (let left = bytes; left; left--)
            value = value * 256 + this.#data[this.at++];
        return value;
    }
    u16() {
        return this.#number(2);
    }
    u32() {
        return this.#number(4);
    }
    u64() {
        return (BigInt(this.#number(4)) << 32n) | BigInt(this.#number(4));
    }
    /** The length of a vector: minimal, and of bytes that are there. */
    length() {
        const first = this.u8();
        if (first < 0x40)
            return first;
        if (first >= 0xc0) {
            throw new Malformed("MLS-2.1.2a", "a vector length begins with the bits 11");
        }
        const [more, least] = first < 0x80 ? [1, 64] : [3, 16384];
        const value = (first & 0x3f) * 256 ** more + this.#number(more);
        if (value < least) {
            throw new Malformed("MLS-2.1.2", "a vector length is not in its shortest form");
        }
        return value;
    }
    opaque() {
        return this.take(this.length());
    }
    /** Items that fill the vector exactly, each read by `item` and counting as `cost`. */
    vector(item, cost = 1) {
        const count = this.length();
        const stop = this.at + count;
        const outer = this.#end;
        if (stop > outer)
            throw new Malformed("MLS-2.1", "the message ends inside a vector");
        this.#end = stop;
        const items = [];
        while (this.at < stop) {
            this.count(cost);
            items.push(item(this));
        }
        this.#end = outer;
        return items;
    }
    /** Take `elements` off the budget. */
    count(elements) {
        this.#left -= elements;
        if (this.#left < 0) {
            throw new TooMuch("MLS-2.1b", "the message holds more elements than are read here");
        }
    }
    u16s() {
        return this.#numbers(2, "a vector of 16-bit numbers ends inside one");
    }
    u32s() {
        return this.#numbers(4, "a vector of 32-bit numbers ends inside one");
    }
    #numbers(size, reason) {
        const bytes = this.length();
        const stop = this.at + bytes;
        if (stop > this.#end)
            throw cutShort();
        if (bytes % size)
            throw new Malformed("MLS-2.1", reason);
        this.count(Math.floor(bytes / BYTES_OF_NUMBERS));
        const values = [];
        while (this.at < stop)
            values.push(this.#number(size));
        return values;
    }
    optional(item) {
        const present = this.u8();
        if (present === 0)
            return null;
        if (present !== 1) {
            throw new Malformed("MLS-2.1.1", "the presence byte of an optional is neither 0 nor 1");
        }
        return item(this);
    }
    /** Pass over the zero bytes that come next, at most so many: how many those were. */
    zeros(most = 64) {
        const start = this.at;
        const stop = Math.min(start + most, this.#end);
        while (this.at < stop && this.#data[this.at] === 0)
            this.at++;
        return this.at - start;
    }
    /** Whether nothing remains. */
    get ended() {
        return this.at === this.#end;
    }
    /** All that remains, such as padding. */
    rest() {
        return this.take(this.#end - this.at);
    }
    /** Refuse bytes after the last field. */
    finish() {
        if (this.at !== this.#end)
            throw new Malformed("MLS-2.1a", "bytes follow the last field");
    }
}
/** `item` read from all of `data`. Throws `Malformed` (MLS-2.1…) or `TooMuch` (MLS-2.1b). */
export function parse(data, item, budget = BUDGET) {
    const reader = new Reader(data, budget);
    const value = item(reader);
    reader.finish();
    return value;
}
/** `opaque value<V>`, as an `Item`. */
export function readOpaque(reader) {
    return reader.opaque();
}
