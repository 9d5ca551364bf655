/** Linking against its vectors (spec/vectors/link): what is right is made and read, what is wrong refused. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Forbidden, Refused } from "../errors.ts";
import type { ListedDevice } from "../keys/public/device_list.ts";
import { checkPublished } from "../keys/public/published.ts";
import { checkListed, type GrantSecret, openGrant, sealGrant } from "../linking/private/grant.ts";
import { type Agreed, Reader, Shower } from "../linking/private/linking.ts";
import {
  type Found,
  linkOf,
  readCode,
  readCodeOrLink,
  readLink,
  spoken,
} from "../linking/public/code.ts";
import {
  commitmentTo,
  encodeSide,
  NEW,
  type NewSide,
  OLD,
  type OldSide,
  parseSide,
} from "../linking/public/sides.ts";
import { signatureKey } from "../mls/private/crypto.ts";
import { keyPair } from "../mls/private/hpke.ts";
import { type Bytes, EMPTY, hex, unhex } from "../wire/bytes.ts";

const FOLDER = new URL("../../spec/vectors/link/", import.meta.url);

// biome-ignore lint/suspicious/noExplicitAny: a page of vectors has the form that its README says
type Case = any;

function page(name: string): Case {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

const { origin: ORIGIN, linked: LINKED } = page("linked");
const REFUSE = page("refuse");

function newSide({ nonce, id, seal, keys, added, once_kem, name }: Case): NewSide {
  const device: ListedDevice = {
    id: unhex(id),
    seal: unhex(seal),
    keys: keys.map(([suite, key]: [number, string]) => ({ suite, signatureKey: unhex(key) })),
    added,
  };
  return { side: NEW, nonce: unhex(nonce), device, onceKem: unhex(once_kem), name };
}

function oldSide({ nonce, actor, root, d, n, list_hash }: Case): OldSide {
  const [listHash, of] = [unhex(list_hash), unhex(root)];
  return { side: OLD, nonce: unhex(nonce), actor, root: of, d, n, listHash };
}

interface Linked {
  readonly code: string;
  readonly new: NewSide;
  readonly old: OldSide;
  /** What the link says when the new device shows. */
  readonly found: Found;
}

function linking(one: Case): Linked {
  const found = { code: one.code, origin: ORIGIN, commit: unhex(one.new.commit) };
  return { code: one.code, new: newSide(one.new), old: oldSide(one.old), found };
}

/** The old device read the link, and the right number was typed. */
function atOld(one: Linked): Agreed {
  const agreed = new Reader(one.old, one.found, one.found.commit, false).meet(encodeSide(one.new));
  const shown = new Shower(one.new).meet(one.code, encodeSide(one.old));
  assert(agreed.type(shown.shown));
  return agreed;
}

/** The new device showed, and the right number was typed. */
function atNew(one: Linked): Agreed {
  const agreed = new Shower(one.new).meet(one.code, encodeSide(one.old));
  assert(agreed.type(atOld(one).shown));
  return agreed;
}

function wrong(right: string): string {
  return String((Number(right) + 1) % 1_000_000).padStart(6, "0");
}

function isForbidden(clause: string): (error: unknown) => boolean {
  return (error) => error instanceof Forbidden && error.clause === clause;
}

for (const one of LINKED) {
  const { grant } = one;
  const linked = linking(one);

  test(`each side is made and read, byte for byte: ${one.about}`, () => {
    for (const [side, wanted] of [
      [linked.new, one.new],
      [linked.old, one.old],
    ]) {
      const made = encodeSide(side);
      assert.equal(hex(made), wanted.bytes);
      assert.deepEqual(parseSide(made), side);
      assert.equal(hex(commitmentTo(made)), wanted.commit);
      assert.equal(linkOf(ORIGIN, one.code, commitmentTo(made)), wanted.link);
      assert.deepEqual(readCodeOrLink(` ${wanted.link}\n`), {
        code: one.code,
        origin: ORIGIN,
        commit: unhex(wanted.commit),
      });
    }
    assert.equal(spoken(one.code), one.spoken);
    assert.deepEqual(readCodeOrLink(one.spoken), { code: one.code, origin: "", commit: EMPTY });
  });

  for (const shows of ["new", "old"] as const) {
    for (const by of ["scanned link", "link", "code"]) {
      test(`both grow sure: ${one.about}, ${shows} shows, by ${by}`, () => {
        const [first, second] =
          shows === "new" ? [linked.new, linked.old] : [linked.old, linked.new];
        const shower = new Shower(first);
        const link = readCodeOrLink(by === "code" ? one.code : one[shows].link);
        const reader = new Reader(second, link, shower.commit, by !== "link");
        const atShower = shower.meet(one.code, reader.mine);
        const atReader = reader.meet(shower.answer(reader.mine));
        assert.equal(hex(atShower.told), one.told);
        assert.equal(hex(atReader.told), one.told);
        const other = shows === "new" ? "old" : "new";
        assert.deepEqual([atShower.shown, atReader.shown], [one[shows].number, one[other].number]);
        // Only a new device goes by what its camera saw: the code may have been mailed (LNK-3.8).
        const isSure = by === "scanned link" && shows === "old";
        assert.deepEqual([atShower.isSure, atReader.isSure], [false, isSure]);
        assert(atShower.type(`${atReader.shown.slice(0, 3)} ${atReader.shown.slice(3)}`));
        assert(atReader.type(atShower.shown));
        assert(atShower.isSure && atReader.isSure);
      });
    }
  }

  test(`the grant is made and read, byte for byte: ${one.about}`, async () => {
    const secret: GrantSecret = {
      day: grant.day,
      dayKey: unhex(grant.day_key),
      states: grant.states.map(([name, version, bodyHash]: [string, number, string]) => ({
        name: unhex(name),
        version,
        bodyHash: unhex(bodyHash),
      })),
      counts: grant.counts.map(([group, device, number]: [string, string, number]) => ({
        group: unhex(group),
        device: unhex(device),
        number,
      })),
    };
    const entropy = { draw: () => unhex(grant.draws[0]) };
    const listKey = await signatureKey(unhex(grant.list_private));
    const made = await sealGrant(atOld(linked), listKey, secret, entropy);
    assert.equal(hex(made), grant.bytes);
    const once = await keyPair(unhex(one.new.once_private));
    assert.deepEqual(await openGrant(made, atNew(linked), unhex(grant.list_key), once), secret);
    const { actor } = linked.old;
    const [above, listed] = [unhex(one.after.delegation), unhex(one.after.list)];
    const entry = checkListed(atNew(linked), await checkPublished(above, listed, actor));
    assert.notEqual(entry.added, linked.new.device.added);
  });

  test(`three wrong numbers end it, and nothing is granted before the right one: ${one.about}`, async () => {
    const agreed = new Shower(linked.new).meet(one.code, encodeSide(linked.old));
    const once = await keyPair(unhex(one.new.once_private));
    const open = (): Promise<unknown> =>
      openGrant(unhex(grant.bytes), agreed, unhex(grant.list_key), once);
    await assert.rejects(open(), isForbidden("LNK-3.8"));
    const right = one.old.number;
    assert(!agreed.type(wrong(right)) && !agreed.type(""));
    assert.throws(() => agreed.type(wrong(right)), isForbidden("LNK-3.9"));
    assert.throws(() => agreed.type(right), isForbidden("LNK-3.9"));
    await assert.rejects(open(), isForbidden("LNK-3.8"));
  });
}

test("codes are read as they are typed", () => {
  for (const { text, code } of page("codes").read_alike) assert.equal(readCode(text), code);
});

async function take(what: string, wrongCase: Case, one: Linked, of: Case): Promise<void> {
  const made = unhex(wrongCase.bytes ?? "");
  const raw: Bytes = new Uint8Array(made.length + (wrongCase.zeros ?? 0));
  raw.set(made);
  if (what === "code") readCode(wrongCase.text);
  else if (what === "link") readLink(wrongCase.text);
  else if (what === "side") parseSide(raw);
  else if (what === "commit") new Reader(one.old, one.found, raw, true);
  else if (what === "shown") {
    new Reader(one.old, readCodeOrLink(one.code), one.found.commit, true).meet(raw);
  } else if (what === "answer") new Shower(one.new).meet(one.code, raw);
  else if (what === "grant") {
    const once = await keyPair(unhex(of.new.once_private));
    await openGrant(raw, atNew(one), unhex(of.grant.list_key), once);
  } else {
    const [above, listed] = [unhex(wrongCase.delegation), unhex(wrongCase.list)];
    checkListed(atNew(one), await checkPublished(above, listed, wrongCase.actor));
  }
}

for (const [at, wrongCase] of REFUSE.cases.entries()) {
  test(`refused: ${wrongCase.what}: ${wrongCase.why} (${at})`, async () => {
    const of = LINKED.find((one: Case) => one.about === REFUSE.of);
    await assert.rejects(
      take(wrongCase.what, wrongCase, linking(of), of),
      (error) => error instanceof Refused && error.clause === wrongCase.clause,
    );
  });
}
