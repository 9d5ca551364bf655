/**
 * The service worker: it keeps the app's files, shows that there is something to see when the node
 * says so, and takes what other apps share. It holds no token and no key, and asks nothing of anyone
 * but the node for the app's own files.
 */

import { keepLanguage, show } from "./notices.ts";
import { keepShared, SHARE } from "./shared.ts";
import { answerOf, dropOthers, keepFiles, renewShell } from "./shell.ts";

declare const self: ServiceWorkerGlobalScope;

/** What the app says to its service worker. */
type Said =
  | { readonly type: "take-over" }
  | { readonly type: "language"; readonly language: string };

/** Tell all windows of the app. */
async function tellAll(message: unknown): Promise<number> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const one of windows) one.postMessage(message);
  return windows.length;
}

/** Bring the app to the front at `path`, opening it where it is closed. */
async function goTo(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => new URL(one.url).pathname.startsWith("/app/"));
  if (there === undefined) {
    await self.clients.openWindow(`/app${path}`);
    return;
  }
  there.postMessage({ type: "go", path });
  await there.focus();
}

// A new build waits until its person says so: files of two builds do not go together.
self.addEventListener("install", (event) => event.waitUntil(keepFiles()));

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([dropOthers(), self.clients.claim()]));
});

self.addEventListener("message", (event) => {
  const said = event.data as Said;
  if (said.type === "take-over") event.waitUntil(self.skipWaiting());
  if (said.type === "language") event.waitUntil(keepLanguage(said.language));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "POST" && new URL(request.url).pathname === SHARE) {
    event.respondWith(keepShared(request));
    return;
  }
  const answer = answerOf(request);
  if (answer === null) return;
  event.respondWith(answer);
  if (request.mode === "navigate") event.waitUntil(renewShell());
});

self.addEventListener("push", (event) => {
  event.waitUntil(
    Promise.all([show(self.registration, event.data?.text()), tellAll({ type: "news" })]),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { path } = (event.notification.data ?? {}) as { readonly path?: string };
  event.waitUntil(goTo(path ?? "/"));
});

// The push service forgot the browser: it is asked for anew, and the app tells the node at its start.
self.addEventListener("pushsubscriptionchange", (event) => {
  const { oldSubscription } = event as { oldSubscription?: PushSubscription | null };
  const options = oldSubscription?.options;
  if (options === undefined) return;
  const again = self.registration.pushManager
    .subscribe(options)
    .then(() => tellAll({ type: "subscribe" }));
  (event as ExtendableEvent).waitUntil(again);
});

// There is a line again: whoever has words that wait sends them.
self.addEventListener("sync", (event) => {
  (event as ExtendableEvent).waitUntil(tellAll({ type: "online" }));
});
