/** The presentation language: what is read, what is refused, and by which clause. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused } from "../errors.ts";
import { concat, equal, hex, text, unhex, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
function clauseOf(read) {
    try {
        read();
    }
    catch (error) {
        assert(error instanceof Refused, String(error));
        return error.clause;
    }
    return "accepted";
}
function refusal(data, item, budget) {
    return clauseOf(() => tls.parse(unhex(data), item, budget));
}
test("numbers come back", () => {
    for (const value of [0, 1, 0x7fff, 0xffff]) {
        assert.equal(tls.parse(tls.u16(value), (reader) => reader.u16()), value);
    }
    for (const value of [0, 0x7fffffff, 0x80000000, 0xffffffff]) {
        assert.equal(tls.parse(tls.u32(value), (reader) => reader.u32()), value);
    }
    for (const value of [0n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
        assert.equal(tls.parse(tls.u64(value), (reader) => reader.u64()), value);
    }
});
test("a length takes the fewest of 1, 2 and 4 bytes", () => {
    for (const [value, bytes] of [
        [0, 1],
        [63, 1],
        [64, 2],
        [16383, 2],
        [16384, 4],
        [2 ** 30 - 1, 4],
    ]) {
        const encoded = tls.length(value);
        assert.equal(encoded.length, bytes);
        assert.equal(new tls.Reader(encoded).length(), value);
    }
    assert.equal(clauseOf(() => tls.length(2 ** 30)), "MLS-2.1.2");
});
test("what is not well formed is refused by its clause", () => {
    assert.equal(refusal("00", (reader) => reader.u16()), "MLS-2.1");
    assert.equal(refusal("02ff", tls.readOpaque), "MLS-2.1");
    assert.equal(refusal("02ff", (reader) => reader.vector((item) => item.u8())), "MLS-2.1");
    assert.equal(refusal("01ffff", tls.readOpaque), "MLS-2.1a");
    assert.equal(refusal("4001ff", tls.readOpaque), "MLS-2.1.2");
    assert.equal(refusal("80000001ff", tls.readOpaque), "MLS-2.1.2");
    assert.equal(refusal("c0", tls.readOpaque), "MLS-2.1.2a");
    assert.equal(refusal("02", (reader) => reader.optional(tls.readOpaque)), "MLS-2.1.1");
    assert.equal(refusal("0300000000", (reader) => reader.u16s()), "MLS-2.1");
    assert.equal(refusal("03000000", (reader) => reader.u16s()), "MLS-2.1");
    assert.equal(refusal("05ffffffffff", (reader) => reader.u32s()), "MLS-2.1");
    assert.equal(refusal("03010203", (reader) => reader.vector((i) => i.u8(), 2), 5), "MLS-2.1b");
    assert.equal(clauseOf(() => tls.parse(tls.u16s(new Array(8).fill(7)), (r) => r.u16s(), 0)), "MLS-2.1b");
});
test("a vector ends where it says, and lets the rest be read", () => {
    const reader = new tls.Reader(unhex("02aabb07"));
    assert.deepEqual(reader.vector((item) => item.u8()), [0xaa, 0xbb]);
    assert.equal(reader.u8(), 7);
    assert(reader.ended);
    assert.equal(refusal("0100ff", (inner) => [inner.vector((item) => item.u16())]), "MLS-2.1");
});
test("what is read is a copy", () => {
    const data = unhex("02aabb");
    const read = tls.parse(data, tls.readOpaque);
    data.fill(0);
    assert.equal(hex(read), "aabb");
});
test("bytes are joined, compared and written", () => {
    const both = concat(utf8("grüß"), unhex("00ff"));
    assert.equal(hex(both), "6772c3bcc39f00ff");
    assert(equal(both, unhex(hex(both))));
    assert(!equal(both, both.slice(1)));
    assert.equal(text(utf8("grüß")), "grüß");
    assert.throws(() => text(unhex("ff")), TypeError);
    assert.throws(() => unhex("0"), RangeError);
    assert.throws(() => unhex("zz"), RangeError);
});
