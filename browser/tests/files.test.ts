/** Files of chats through a line that breaks: sent in pieces, fetched in parts, believed once they are whole (ATT). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { sha256 } from "@noble/hashes/sha2.js";

import { filesIn } from "../attachments/attached.ts";
import { openAll } from "../attachments/chunked.ts";
import { Full, Malformed, Unreachable } from "../errors.ts";
import type { Bytes } from "../wire/bytes.ts";
import { concat, EMPTY, hex } from "../wire/bytes.ts";
import { attach, forget, openFile } from "../worker/files.ts";
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

  async #content(_href: string, start: number): Promise<Response> {
    const part = this.data.slice(start);
    const end = this.breaks.shift() ?? part.length;
    const body = new ReadableStream<Uint8Array>({
      pull(stream) {
        stream.enqueue(part.slice(0, end));
        if (end < part.length) stream.error(new TypeError("broken"));
        else stream.close();
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
