/** The keys of an account against their vectors (spec/vectors/keys): what is right is made and read, what is wrong refused. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { nextDelegation } from "../device/key_signing.ts";
import { Refused } from "../errors.ts";
import {
  type ArchiveKey,
  type BoxSecret,
  checkKnown,
  openBox,
  sealBox,
} from "../keys/private/box_secret.ts";
import { judgeLeaf, judgeList, LEAVES, type Pin } from "../keys/private/pins.ts";
import {
  isQrText,
  keyOfQrText,
  qrTextOf,
  recoveryKemOf,
  rootOf,
  signStructure,
} from "../keys/private/recovery.ts";
import { keyOfWords, wordsOf } from "../keys/private/recovery_words.ts";
import { grouped, readNumber, safetyNumber } from "../keys/private/safety_number.ts";
import {
  CERTIFICATE_LABEL,
  checkInTime,
  checkLeaf,
  encodeCertificate,
  encodeLeafExtension,
} from "../keys/public/certificate.ts";
import {
  checkDelegation,
  DELEGATION_LABEL,
  type Delegation,
  encodeDelegation,
  parseDelegation,
} from "../keys/public/delegation.ts";
import {
  checkList,
  checkNotAhead,
  type DeviceList,
  encodeList,
  hasKey,
  LIST_LABEL,
  type ListedDevice,
  NOBODY,
  parseList,
} from "../keys/public/device_list.ts";
import { checkBox, parseBox } from "../keys/public/key_box.ts";
import { checkCountedOn, checkPublished, compareNumbers, endOf } from "../keys/public/published.ts";
import { LARGEST_U32, LAST_LIST, LEAP, type Signed } from "../keys/public/signed.ts";
import { signatureKey } from "../mls/private/crypto.ts";
import { keyPair } from "../mls/private/hpke.ts";
import { type Bytes, EMPTY, hex, unhex } from "../wire/bytes.ts";

const FOLDER = new URL("../../spec/vectors/keys/", import.meta.url);

// biome-ignore lint/suspicious/noExplicitAny: a page of vectors has the form that its README says
function page(name: string): any {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

// biome-ignore lint/suspicious/noExplicitAny: as above
type Case = any;

const ACCOUNTS: readonly Case[] = page("accounts").accounts;
const REFUSE = page("refuse");

class Drawn {
  readonly #draws: Bytes[];

  constructor(draws: readonly string[]) {
    this.#draws = draws.map(unhex);
  }

  draw(count: number): Bytes {
    const drawn = this.#draws.shift();
    assert.equal(drawn?.length, count);
    return drawn as Bytes;
  }
}

interface Account {
  readonly actor: string;
  readonly delegation: Delegation;
  readonly list: DeviceList;
  readonly archive: readonly ArchiveKey[];
  readonly secret: BoxSecret;
}

function device(one: Case): ListedDevice {
  const keys = one.keys.map(([suite, key]: [number, string]) => ({
    suite,
    signatureKey: unhex(key),
  }));
  return { id: unhex(one.id), seal: unhex(one.seal), keys, added: one.added };
}

function account(one: Case): Account {
  const { actor, d, n } = one;
  const archive = one.archive.map((key: string, at: number) => ({ g: at + 1, key: unhex(key) }));
  return {
    actor,
    archive,
    delegation: {
      actor,
      d,
      root: unhex(one.root),
      listKey: unhex(one.list_key),
      recoveryKem: unhex(one.recovery_kem),
      notAfter: one.delegation.not_after,
    },
    list: {
      actor,
      d,
      n,
      issued: one.list.issued,
      notAfter: one.list.not_after,
      devices: one.devices.map(device),
    },
    secret: {
      listPrivate: unhex(one.list_private),
      archive,
      rk: one.written_down ? EMPTY : unhex(one.rk),
    },
  };
}

function isSigned(signed: Signed, wanted: Case): void {
  assert.equal(hex(signed.encode()), wanted.signed);
  assert.equal(hex(signed.hash()), wanted.hash);
}

for (const one of ACCOUNTS) {
  const { actor, delegation, list, archive, secret } = account(one);

  test(`what is derived: ${one.about}`, async () => {
    assert.equal(hex((await rootOf(unhex(one.rk))).public), one.root);
    assert.equal(hex((await recoveryKemOf(unhex(one.rk))).public), one.recovery_kem);
  });

  test(`each structure is made, byte for byte: ${one.about}`, async () => {
    const [root, listKey] = [await rootOf(unhex(one.rk)), await signatureKey(secret.listPrivate)];
    const above = await signStructure(root, DELEGATION_LABEL, encodeDelegation(delegation));
    isSigned(above, one.delegation);
    isSigned(await signStructure(listKey, LIST_LABEL, encodeList(list)), one.list);
    for (const [at, held] of list.devices.entries()) {
      const content = encodeCertificate({
        actor,
        id: held.id,
        key: held.keys[0] as ListedDevice["keys"][number],
        d: list.d,
        n: list.n,
        notAfter: one.certificates[at].not_after,
      });
      const certificate = await signStructure(listKey, CERTIFICATE_LABEL, content);
      isSigned(certificate, one.certificates[at]);
      const extension = encodeLeafExtension({ delegation: above, certificate });
      assert.equal(hex(extension), one.leaf_extensions[at]);
    }
    const draws = new Drawn(one.box.draws);
    isSigned(await sealBox(list, one.b, delegation.recoveryKem, secret, draws), one.box);
  });

  test(`each structure is read: ${one.about}`, async () => {
    const [above, listed] = [unhex(one.delegation.signed), unhex(one.list.signed)];
    const found = await checkPublished(above, listed, actor);
    assert.deepEqual([found.delegation, found.devices], [delegation, list]);
    assert.equal(endOf(found), list.notAfter);
    const box = await checkBox(parseBox(unhex(one.box.signed)), delegation, list);
    for (const [at, held] of list.devices.entries()) {
      const key = held.keys[0] as ListedDevice["keys"][number];
      assert(hasKey(list, key));
      const chain = await checkLeaf(unhex(one.leaf_extensions[at]), actor, key);
      assert.deepEqual(chain.certificate.id, held.id);
      const pair = await keyPair(unhex(one.devices[at].seal_private));
      const opened = await openBox(box, held.id, pair, delegation.listKey);
      assert.deepEqual(opened, secret);
      checkKnown(opened, archive);
    }
    const paper = await openBox(
      box,
      NOBODY,
      await recoveryKemOf(unhex(one.rk)),
      delegation.listKey,
    );
    assert.deepEqual(paper, { ...secret, rk: EMPTY });
  });
}

test("which list is newer", () => {
  const [first, three, written, stolen] = ACCOUNTS.map((one) => account(one).list);
  assert(first && three && written && stolen);
  assert(compareNumbers(three, first) > 0 && compareNumbers(first, three) < 0);
  assert(compareNumbers(stolen, written) > 0 && compareNumbers(three, written) === 0);
});

test("lists of one delegation are counted, none leaps ahead (KEY-4.6)", async () => {
  const found = ACCOUNTS.map((one) =>
    checkPublished(unhex(one.delegation.signed), unhex(one.list.signed), one.actor),
  );
  const [first, , , stolen] = await Promise.all(found);
  assert(first && stolen);
  const listed = (n: number) => ({ ...first, devices: { ...first.devices, n } });
  checkCountedOn(listed(first.devices.n + LEAP), first);
  assert.throws(() => checkCountedOn(listed(first.devices.n + LEAP + 1), first), {
    clause: "KEY-4.6",
  });
  checkCountedOn(stolen, listed(LAST_LIST));
});

test("another delegation has a number, whatever the clock says (KEY-1.8)", () => {
  assert.equal(nextDelegation(1, 1_800_000_000), 1_800_000_000);
  assert.equal(nextDelegation(1, 2 ** 33), LAST_LIST);
  assert.equal(nextDelegation(LAST_LIST, 2 ** 33), LAST_LIST + 1);
  assert.throws(() => nextDelegation(LARGEST_U32, 1), { clause: "KEY-1.8" });
});

async function read(structure: string, data: Bytes, one: Account, first: Case): Promise<void> {
  const { actor, delegation, list, archive } = one;
  if (structure === "delegation") await checkDelegation(parseDelegation(data), actor);
  else if (structure === "list") {
    checkNotAhead(await checkList(parseList(data), delegation), REFUSE.now);
  } else if (structure === "leaf_extension") {
    const key = device(first).keys[0] as ListedDevice["keys"][number];
    checkInTime(await checkLeaf(data, actor, key), REFUSE.now);
  } else {
    const box = await checkBox(parseBox(data), delegation, list);
    if (structure === "box") return;
    const pair = await keyPair(unhex(first.seal_private));
    checkKnown(await openBox(box, unhex(first.id), pair, delegation.listKey), archive);
  }
}

for (const [at, wrong] of REFUSE.cases.entries()) {
  test(`refused: ${wrong.structure}: ${wrong.why} (${at})`, async () => {
    const of = ACCOUNTS.find((one) => one.about === REFUSE.of);
    const made = unhex(wrong.bytes);
    const data = new Uint8Array(made.length + (wrong.zeros ?? 0));
    data.set(made);
    await assert.rejects(
      read(wrong.structure, data, account(of), of.devices[0]),
      (error) => error instanceof Refused && error.clause === wrong.clause,
    );
  });
}

test("a recovery key comes back from words and code", async () => {
  for (const one of page("recovery").right) {
    const key = unhex(one.rk);
    assert.equal(wordsOf(key).join(" "), one.words);
    assert.deepEqual(keyOfWords(one.words), key);
    assert.equal(qrTextOf(key), one.qr);
    assert(isQrText(one.qr));
    assert.deepEqual(keyOfQrText(` ${one.qr.toLowerCase()}\n`), key);
    assert.equal(hex((await rootOf(key)).public), one.root);
    assert.equal(hex((await recoveryKemOf(key)).public), one.recovery_kem);
  }
  for (const alike of page("recovery").read_alike) {
    assert.deepEqual(keyOfWords(alike.text), keyOfWords(alike.words));
  }
});

for (const wrong of page("recovery").wrong) {
  test(`a recovery key that is wrong is refused: ${wrong.why}`, () => {
    const inverse = wrong.what === "words" ? keyOfWords : keyOfQrText;
    assert.throws(
      () => inverse(wrong.text),
      (error) => error instanceof Refused && error.clause === wrong.clause,
    );
  });
}

test("both sides have one safety number", async () => {
  const { right, wrong } = page("numbers");
  for (const { sides, number } of right) {
    const [one, other] = sides.map((side: Case) => ({ ...side, root: unhex(side.root) }));
    assert.equal(await safetyNumber(one, other), number);
    assert.equal(await safetyNumber(other, one), number);
    assert.equal(readNumber(grouped(number)), number);
  }
  for (const { text, clause } of wrong) {
    assert.throws(
      () => readNumber(text),
      (error) => error instanceof Refused && error.clause === clause,
    );
  }
});

async function pinOf(actor: string, pinned: Case, forked = false): Promise<Pin | null> {
  if (pinned === null) return null;
  const keys = await checkPublished(unhex(pinned.delegation), unhex(pinned.list), actor);
  return { keys, forked, verified: false, anew: false };
}

test("what a device does with the lists and leaves that it sees", async () => {
  const { actor, lists, leaves } = page("pins");
  for (const { pinned, seen, line, deed } of lists) {
    const keys = await checkPublished(unhex(seen.delegation), unhex(seen.list), actor);
    const found = judgeList({ pin: await pinOf(actor, pinned), keys });
    assert.deepEqual([found.seen, found.deed], [line, deed]);
  }
  for (const leaf of leaves) {
    const [suite, written] = leaf.key;
    const key = { suite, signatureKey: unhex(written) };
    const found = judgeLeaf({
      pin: await pinOf(actor, leaf.pinned, leaf.forked),
      key,
      certified: leaf.extension ? await checkLeaf(unhex(leaf.extension), actor, key) : null,
      published: leaf.published,
      waited: leaf.waited,
      isNew: leaf.is_new,
      now: leaf.now,
    });
    assert.deepEqual([found.seen, found.deed], [leaf.line, leaf.deed]);
  }
  const tried = new Set(leaves.map((leaf: Case) => leaf.line));
  assert.equal(tried.size, LEAVES.length);
});
