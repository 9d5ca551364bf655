/** Files of chats through a line that breaks: sent in pieces, fetched in parts, believed once they are whole (ATT). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { sha256 } from "@noble/hashes/sha2.js";

import { filesIn } from "../attachments/attached.ts";
import { openAll } from "../attachments/chunked.ts";
import { Conflict, Full, Malformed, Missing, Unreachable } from "../errors.ts";
import type { Bytes } from "../wire/bytes.ts";
import { concat, EMPTY, hex } from "../wire/bytes.ts";
import { attach, forget } from "../worker/files.ts";
import { openFile } from "../worker/opened_files.ts";
import { Seeded } from "./seeded.ts";

type Opened = Parameters<typeof attach>[0];
const HREF = `https://alpha.test/sealed/${"A".repeat(43)}`;

/** A node that keeps one file, behind a line that breaks when `cuts` says so. */
class Kept {
  data: Bytes = EMPTY;
  said: string[] = [];
  raw = "";
  /** Whether the request of this number comes to nothing, or its answer is lost. */
  cuts: (count: number) => "" | "before" | "after" = () => "";
  /** After so many bytes a download breaks off, once each. */
  breaks: number[] = [];
  full = false;
  /** What a route throws before it does anything. */
  throws: (route: string) => Error | null = () => null;
  asked: string[] = [];
  #count = 0;

  get open(): Opened {
    const api = {
      ask: this.#ask.bind(this),
      content: this.#content.bind(this),
      rest: async () => {},
    };
    const chats = {
      ours: async () => null,
      send: async (_chat: string, text: string, id: string, _to: unknown, raw: string) => {
        this.raw = raw;
        return { text, id };
      },
      rawOf: async () => this.raw,
    };
    return { api, chats, entropy: new Seeded("files") } as unknown as Opened;
  }

  async #ask(route: string, given: { query?: Record<string, string>; body?: unknown }) {
    this.said.push(route);
    const thrown = this.throws(route);
    if (thrown !== null) throw thrown;
    const view = (state = "open") => ({
      id: "u",
      state,
      offset: this.data.length,
      chunk_limit_bytes: 100_000,
    });
    if (route === "POST /uploads") {
      if (this.full) throw new Full("VID-1.9", "no room");
      this.data = EMPTY;
      return view();
    }
    if (route === "POST /attachments") return { href: HREF, name: "A".repeat(43) };
    if (route !== "PUT /uploads/{id}") return view();
    const cut = this.cuts(this.#count++);
    if (cut === "before") throw new Unreachable("cut");
    assert.equal(given.query?.offset, String(this.data.length));
    this.data = concat(this.data, given.body as Bytes);
    const digest = given.query?.sha256;
    if (digest) assert.equal(digest, hex(Uint8Array.from(sha256(this.data))));
    if (cut === "after") throw new Unreachable("the answer is lost");
    return view(digest ? "sealed" : "open");
  }

  async #content(href: string, start: number): Promise<Response> {
    this.asked.push(href);
    const thrown = this.throws(href);
    if (thrown !== null) throw thrown;
    const part = this.data.slice(start);
    const end = this.breaks.shift() ?? part.length;
    let isOut = false;
    const body = new ReadableStream<Uint8Array>({
      pull(stream) {
        if (!isOut && end > 0) stream.enqueue(part.slice(0, end));
        else if (end < part.length) stream.error(new TypeError("broken"));
        else stream.close();
        isOut = true;
      },
    });
    const size = String(this.data.length);
    const headers = start
      ? { "Content-Range": `bytes ${start}-${this.data.length - 1}/${size}` }
      : { "Content-Length": size };
    return new Response(body, { status: start ? 206 : 200, headers });
  }
}

const words = (length: number): Bytes => Uint8Array.from({ length }, (_, at) => at % 251);

function outgoing(data: Bytes) {
  const more = { width: 0, height: 0, milliseconds: 0, poster: null };
  return { data: new Blob([data]), name: "a.bin", mediaType: "application/x-test", ...more };
}

const attaching = (data: Bytes) => ({
  chat: "c",
  text: "words",
  files: [outgoing(data)],
  id: "1",
  answers: null,
});

test("what the line loses is made and sent again", async () => {
  const node = new Kept();
  node.cuts = (count) => (["before", "after", ""] as const)[count % 3] ?? "";
  const data = words(400_000);
  const told: number[] = [];
  await attach(node.open, attaching(data), (done, size) => told.push(done / size));
  const [file] = filesIn(node.raw).those;
  const blob = file?.blob;
  assert(blob);
  assert.deepEqual(await openAll(blob.key, "application/x-test", 400_000, node.data), data);
  assert.deepEqual(blob.sha256, Uint8Array.from(sha256(node.data)));
  assert.equal(told.at(-1), 1);
  assert(
    told.every((one, at) => one >= (told[at - 1] ?? 0)),
    "progress goes on",
  );
});

const wanted = { chat: "c", message: { id: "m", actor: "a" }, place: 0, isPoster: false };

test("a download goes on where it was cut, and a part that was changed is named", async () => {
  const node = new Kept();
  const data = words(5_000_000);
  await attach(node.open, attaching(data), () => undefined);
  node.breaks = [10, 2_200_000, 1_000];
  const found = await openFile(node.open, wanted, () => undefined);
  assert.deepEqual(new Uint8Array(await found.arrayBuffer()), data);
  assert.equal(found.type, "application/octet-stream");
  const changed = 56 + 200 * 16_400 + 5;
  node.data[changed] = (node.data[changed] ?? 0) ^ 1;
  await assert.rejects(
    openFile(node.open, wanted, () => undefined),
    { params: { place: 200 } },
  );
  node.data = node.data.slice(0, -1);
  await assert.rejects(
    openFile(node.open, wanted, () => undefined),
    Malformed,
  );
  node.breaks = Array.from({ length: 12 }, () => 0);
  await assert.rejects(
    openFile(node.open, wanted, () => undefined),
    Malformed,
  );
});

test("where there is no room nothing is said, and what went up is removed", async () => {
  const node = new Kept();
  node.full = true;
  await assert.rejects(
    attach(node.open, attaching(words(9)), () => undefined),
    Full,
  );
  assert.equal(node.raw, "");
  node.full = false;
  const two = { ...attaching(words(9)), files: [outgoing(words(9)), outgoing(words(9))] };
  const open = node.open;
  const { send } = open.chats;
  open.chats.send = async () => {
    throw new Full("E2E-5.3", "too long");
  };
  await assert.rejects(
    attach(open, two, () => undefined),
    Full,
  );
  assert.equal(node.said.filter((one) => one === "DELETE /attachments/{name}").length, 2);
  open.chats.send = send;
  await attach(open, attaching(words(9)), () => undefined);
  node.said = [];
  await forget(open, node.raw);
  assert.deepEqual(node.said, ["DELETE /attachments/{name}"]);
  await assert.rejects(
    attach(open, { ...two, files: [] }, () => undefined),
    /one to 10/,
  );
});

test("ATT-5.1: where the node stands after a lost answer is heeded, also as a refusal", async () => {
  const node = new Kept();
  let puts = 0;
  node.cuts = (count) => (count === 0 ? "after" : "");
  node.throws = (route) => {
    if (route === "GET /uploads/{id}") return new Unreachable("away");
    if (route !== "PUT /uploads/{id}" || ++puts !== 2) return null;
    return new Conflict("VID-1.4", "another offset", { offset: node.data.length });
  };
  const data = words(400_000);
  await attach(node.open, attaching(data), () => undefined);
  const [file] = filesIn(node.raw).those;
  assert(file?.blob);
  assert.deepEqual(await openAll(file.blob.key, "application/x-test", 400_000, node.data), data);
});

test("ATT-5.1: a node that takes nothing, or goes back again and again, is given up", async () => {
  for (const offset of [0, 1, -5, 1e9]) {
    const node = new Kept();
    let puts = 0;
    node.throws = (route) => {
      if (route !== "PUT /uploads/{id}") return null;
      assert(++puts < 50, "it goes on for ever");
      return new Conflict("VID-1.4", "another offset", { offset: puts % 2 ? offset : 0 });
    };
    await assert.rejects(attach(node.open, attaching(words(9)), () => undefined));
    assert.equal(node.raw, "");
    assert(node.said.includes("DELETE /uploads/{id}"));
  }
});

test("ATT-5.1: what was made without an answer is removed, and what was stopped", async () => {
  const node = new Kept();
  let made = 0;
  node.throws = (route) => {
    if (route === "POST /attachments" && ++made === 1) return new Unreachable("lost");
    return route === "DELETE /uploads/{id}" ? new Conflict("VID-5.4", "it was used") : null;
  };
  await assert.rejects(
    attach(node.open, attaching(words(9)), () => undefined),
    Unreachable,
  );
  assert.equal(node.said.at(-1), "DELETE /attachments/{name}");
  node.throws = () => null;
  const stop = new AbortController();
  const stopping = attach(node.open, attaching(words(400_000)), () => stop.abort(), stop.signal);
  await assert.rejects(stopping, /it was stopped/);
  assert.equal(node.raw, "");
  assert.equal(node.said.at(-1), "DELETE /uploads/{id}");
});

test("ATT-2.8: files of words that are kept stay, whatever fails behind that", async () => {
  const node = new Kept();
  const open = node.open;
  let kept = false;
  open.chats.ours = async () => (kept ? ({} as never) : null);
  open.chats.send = async () => {
    kept = true;
    throw new Unreachable("a draft was not put away");
  };
  await assert.rejects(attach(open, attaching(words(9)), () => undefined));
  assert(!node.said.includes("DELETE /attachments/{name}"));
});

test("ATT-1.4: what is whole of a part that broke off is kept", async () => {
  const node = new Kept();
  const data = words(3_000_000);
  await attach(node.open, attaching(data), () => undefined);
  node.breaks = Array.from({ length: 40 }, () => 100_000);
  const found = await openFile(node.open, wanted, () => undefined);
  assert.deepEqual(new Uint8Array(await found.arrayBuffer()), data);
});

test("ATT-2.2: where the first address has it no more the next one is asked", async () => {
  const node = new Kept();
  const data = words(9);
  await attach(node.open, attaching(data), () => undefined);
  const other = HREF.replace("alpha", "beta");
  node.raw = node.raw.replace(`["${HREF}"]`, `["${HREF}","${other}"]`);
  node.throws = (href) => (href === HREF ? new Missing("ATT-4.3", "gone") : null);
  const found = await openFile(node.open, wanted, () => undefined);
  assert.deepEqual(new Uint8Array(await found.arrayBuffer()), data);
  assert.deepEqual(node.asked, [HREF, other]);
});

/** The beginning of a PNG with these sides. */
function png(width: number, height: number): Bytes {
  const data = new Uint8Array(64);
  data.set([0x89, 0x50, 0x4e, 0x47]);
  const view = new DataView(data.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return data;
}

test("ATT-2.5: a picture that would fill the memory is only saved, whatever the message says", async () => {
  const types: string[] = [];
  for (const data of [png(8_000, 8_000), png(30_000, 30_000), words(64)]) {
    const node = new Kept();
    const file = { ...outgoing(data), mediaType: "image/png", width: 9, height: 9 };
    await attach(node.open, { ...attaching(data), files: [file] }, () => undefined);
    types.push((await openFile(node.open, wanted, () => undefined)).type);
  }
  assert.deepEqual(types, ["image/png", "application/octet-stream", "application/octet-stream"]);
});

test("ATT-2.3: a small picture is fetched once, and not shown where it is large inside", async () => {
  const part = { ...wanted, isPoster: true };
  const node = new Kept();
  for (const side of [200, 8_000]) {
    const picture = { ...outgoing(png(side, side)), mediaType: "image/png" };
    const what = { ...attaching(EMPTY), files: [picture] };
    await attach(node.open, what, () => undefined);
    const message = JSON.parse(node.raw);
    const [{ encryptedBlob }] = message.attachment;
    message.attachment[0].icon = { type: "Image", mediaType: "image/png", encryptedBlob };
    node.raw = JSON.stringify(message);
    node.asked = [];
    if (side === 200) {
      const found = await openFile(node.open, part, () => undefined);
      assert.equal(found.type, "image/png");
      assert.equal(await openFile(node.open, part, () => undefined), found);
      assert.equal(node.asked.length, 1);
      continue;
    }
    await assert.rejects(
      openFile(node.open, part, () => undefined),
      Missing,
    );
  }
});
