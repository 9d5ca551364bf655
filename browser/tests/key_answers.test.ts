/** What a tab says of a linking is for the one that it shows, and for no other (spec LNK-3.12). */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { Missing } from "../errors.ts";
import { type Agreed, Reader } from "../linking/private/linking.ts";
import { readCode } from "../linking/public/code.ts";
import { OLD, type OldSide } from "../linking/public/sides.ts";
import { BROWSER_CLOCK } from "../messenger/waiting.ts";
import { base64, EMPTY, unbase64 } from "../wire/bytes.ts";
import { KeyAnswers } from "../worker/key_answers.ts";

const ORIGIN = "https://alpha.test";
const draw = (count: number) => crypto.getRandomValues(new Uint8Array(count));

function answers(): KeyAnswers {
  const ground = { origin: ORIGIN, entropy: { draw }, clock: BROWSER_CLOCK, isTakenOver: false };
  const opened = () => assert.fail("nobody is logged in");
  const letIn = () => assert.fail("nobody is let in");
  return new KeyAnswers({ opened, letIn, check: async () => undefined }, ground);
}

/** A node, and behind it the device of somebody that reads every code at once. */
class Other {
  readonly met = new Map<string, Agreed>();
  readonly #readers = new Map<string, Reader>();

  async answer(url: URL, how: RequestInit): Promise<Response> {
    const said = JSON.parse(String(how.body)) as Readonly<Record<string, string>>;
    const [, code = "", what = ""] = /\/links\/?([^/]*)\/?(.*)$/.exec(url.pathname) ?? [];
    if (code === "") return Response.json({ code: this.#read(said.commit ?? ""), secret: "s" });
    const reader = this.#readers.get(code);
    assert(reader);
    if (what === "look") return Response.json({ side: base64(reader.mine), grant: "" });
    assert.equal(what, "show");
    this.met.set(code, reader.meet(unbase64(said.side ?? "")));
    return Response.json({});
  }

  #read(commit: string): string {
    const code = readCode(`ABCD-000${this.#readers.size}`);
    const [nonce, root, listHash] = [draw(32), draw(32), draw(32)];
    const mine: OldSide = { side: OLD, nonce, actor: `${ORIGIN}/a`, root, d: 1, n: 1, listHash };
    const found = { code, origin: "", commit: EMPTY };
    this.#readers.set(code, new Reader(mine, found, unbase64(commit), false));
    return code;
  }
}

function behind(context: TestContext): Other {
  const other = new Other();
  context.mock.method(globalThis, "fetch", (url: URL, how: RequestInit) => other.answer(url, how));
  return other;
}

const isOver = (error: unknown) => error instanceof Missing && error.clause === "LNK-5.5";

test("a number and a yes are for no linking that was begun since", async (context) => {
  const other = behind(context);
  const device = answers();
  await device.linkShow("mine", "new", "A browser");
  assert.equal((await device.linkMeet("mine")).mustType, true);
  const { code } = await device.linkShow("theirs", "new", "A browser");
  await device.linkMeet("theirs");
  const shown = other.met.get(code)?.shown ?? "";
  await assert.rejects(device.linkMeet("mine"), isOver);
  await assert.rejects(device.linkType("mine", shown), isOver);
  await assert.rejects(device.linkFinish("mine"), isOver);
  await device.linkEnd("mine"); // a tab that is left ends its own alone
  assert(await device.linkType("theirs", shown));
  await device.linkEnd("theirs");
  await assert.rejects(device.linkFinish("theirs"), isOver);
});

test("of two that begin at once the later one goes on, and what was given up never begins", async (context) => {
  behind(context);
  const device = answers();
  const [first, second] = [
    device.linkShow("first", "new", "A browser"),
    device.linkShow("second", "new", "A browser"),
  ];
  await assert.rejects(first, isOver);
  await second;
  await device.linkMeet("second");
  const third = device.linkShow("third", "new", "A browser");
  await device.linkEnd("third");
  await assert.rejects(third, isOver);
});
