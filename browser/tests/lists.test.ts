/** Lists that are heard anew: whoever stands in one stays where they are, whatever came meanwhile. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "../app/api.ts";
import type { Post } from "../app/api_types.ts";
import { indexOf, leave, newAbove, stand, standingIn } from "../app/feed/standing.ts";

// What the device's line listens to in a page; here nobody holds the device.
class Silent extends EventTarget {
  postMessage(): void {}
}
Object.assign(globalThis, {
  document: new EventTarget(),
  addEventListener: () => undefined,
  BroadcastChannel: Silent,
});
const { List } = await import("../app/lists.ts");

const PAGE = 3;

/** A node's feed, the newest first, of which the test adds and takes away; `hidden` are left out of pages. */
class Told {
  posts: number[] = [];
  hidden = new Set<number>();
  asked = 0;

  readonly page = async <T>(path: string): Promise<Page<T>> => {
    this.asked++;
    const before = path.startsWith("/next/") ? Number(path.slice("/next/".length)) : Infinity;
    const rest = this.posts.filter((one) => one < before);
    const shown = rest.slice(0, PAGE);
    const items = shown.filter((one) => !this.hidden.has(one)).map((one) => ({ id: `${one}` }));
    const next = rest.length > PAGE ? `/next/${shown.at(-1)}` : "";
    return { items: items as T[], next };
  };
}

const from = (first: number, last: number): number[] =>
  Array.from({ length: first - last + 1 }, (_, index) => first - index);

async function begun(first: number) {
  const told = new Told();
  told.posts = from(first, 1);
  const list = new List<Post>("/feed", {}, (post) => post.id, told.page);
  await list.more();
  const ids = () => list.items.value.map(({ id }) => Number(id));
  return { told, list, ids, standing: standingIn(list) };
}

test("who comes back to more than a page of new posts stands where they stood", async () => {
  const { told, list, ids, standing } = await begun(9);
  await list.more();
  stand(standing, list.items.value, 4);
  told.posts = from(16, 1);
  await list.renew(true);
  assert.deepEqual(ids(), from(16, 4));
  assert.equal(ids()[indexOf(standing, list.items.value)], 5);
  assert.deepEqual(list.ahead.value, []);
  await list.more();
  assert.deepEqual(ids(), from(16, 1));
  assert.equal(list.state.value, "end");
});

test("what is more than a few pages waits until one goes there", async () => {
  const { told, list, ids, standing } = await begun(9);
  stand(standing, list.items.value, 1);
  told.posts = from(60, 1);
  await list.renew(true);
  assert.deepEqual(ids(), [9, 8, 7]);
  assert.equal(ids()[indexOf(standing, list.items.value)], 8);
  assert.equal(told.asked, 1 + 5);
  assert(list.ahead.value.length > 0);
  list.remove("59");
  await list.more(); // what one knows goes on as before
  assert.deepEqual(ids(), from(9, 4));
  leave(standing);
  await list.catchUp();
  assert.deepEqual(ids(), [60, ...from(58, 46)]);
  assert.equal(indexOf(standing, list.items.value), 0);
  assert.deepEqual(list.ahead.value, []);
  await list.more();
  assert.deepEqual(ids().slice(-PAGE), from(45, 43));
});

test("a list in which nobody stands is begun anew", async () => {
  const { told, list, ids } = await begun(9);
  told.posts = from(60, 1);
  await list.renew();
  assert.deepEqual(ids(), from(60, 46));
  assert.deepEqual(list.ahead.value, []);
});

test("an empty first page empties nothing while more follows", async () => {
  const { told, list, ids, standing } = await begun(9);
  stand(standing, list.items.value, 1);
  told.posts = from(14, 1);
  told.hidden = new Set(from(14, 10));
  await list.renew(true);
  assert.deepEqual(ids(), [9, 8, 7]);
  told.posts = from(60, 1);
  told.hidden = new Set(from(60, 10));
  await list.renew(true);
  assert.deepEqual(ids(), [9, 8, 7]);
  assert.deepEqual(list.ahead.value, []);
});

test("where all is gone nothing stays", async () => {
  const { told, list, ids } = await begun(9);
  told.posts = [];
  await list.renew(true);
  assert.deepEqual(ids(), []);
  assert.equal(list.state.value, "end");
});

test("where the post one looks at is gone one stands at the next", async () => {
  const { told, list, ids, standing } = await begun(9);
  stand(standing, list.items.value, 0);
  stand(standing, list.items.value, 1);
  told.posts = [11, 9, 7, 6, 5];
  await list.renew(true);
  const index = indexOf(standing, list.items.value);
  assert.equal(ids()[index], 7);
  assert.equal(newAbove(standing, list.items.value, index), 1);
});

test("who is at the end stays at the end", async () => {
  const { told, list, standing } = await begun(2);
  stand(standing, list.items.value, 2);
  told.posts = from(4, 1);
  await list.renew(true);
  assert.equal(indexOf(standing, list.items.value), 4);
});
