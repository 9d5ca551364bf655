/** How the vault seals, without a browser: costs and contexts, and that nothing opens elsewhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Broken } from "../errors.ts";
import { BROWSER_CHANCE } from "../vault/chance.ts";
import { passphraseKey } from "../vault/root.ts";
import * as seals from "../vault/seals.ts";
import { hex, utf8 } from "../wire/bytes.ts";
test("a passphrase gives the key that libsodium's Argon2id gives", async () => {
    const salt = Uint8Array.from({ length: 16 }, (_, at) => at);
    const key = await passphraseKey({ salt, passes: 3, memory: 64 * 1024 }, "Grüße, kith");
    // nacl.pwhash.argon2id.kdf(32, "Grüße, kith".encode(), bytes(range(16)), 3, 64 << 20)
    assert.equal(hex(key), "30924e07eefb92a5964fffa50dd08fb4759ba1097452b85abe6615547a8bace2");
});
test("what is sealed opens as what it is, where it is", () => {
    const key = BROWSER_CHANCE.draw(seals.KEY_BYTES);
    const sealed = seals.seal(key, utf8("words"), "row", 7, BROWSER_CHANCE);
    assert.deepEqual(seals.openSealed(key, sealed, "row", 7), utf8("words"));
    for (const open of [
        () => seals.openSealed(key, sealed, "row", 8),
        () => seals.openSealed(key, sealed, "name", 7),
        () => seals.openSealed(BROWSER_CHANCE.draw(seals.KEY_BYTES), sealed, "row", 7),
        () => seals.openSealed(key, sealed.subarray(0, 30), "row", 7),
    ]) {
        assert.throws(open, Broken);
    }
});
test("a sum says which keys are there, in whatever order they came", () => {
    const [a, b, c] = [1, 2, 3].map(() => BROWSER_CHANCE.draw(seals.KEY_BYTES));
    assert(a && b && c);
    const both = seals.summed(seals.summed(seals.EMPTY_TOP.sum, a), b);
    assert.deepEqual(both, seals.summed(seals.summed(seals.EMPTY_TOP.sum, b), a));
    assert.notDeepEqual(both, seals.summed(seals.summed(seals.EMPTY_TOP.sum, a), c));
    assert.deepEqual(seals.summed(both, b), a);
    const top = { rows: 2, next: 5, sum: both };
    assert.deepEqual(seals.unpackTop(seals.packTop(top)), top);
});
