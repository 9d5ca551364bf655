/** The app as it is installed: its service worker, a new build that waits, what calls come from it. */

import { effect, signal } from "@preact/signals";

import { go } from "./router.ts";
import { script } from "./trusted.ts";
import { language } from "./words/index.ts";

/** A new build of the app is here, and waits until its person wants it. */
export const waiting = signal<ServiceWorker | null>(null);
/** Grows when the node has called: who shows lists reads them anew. */
export const news = signal(0);
/** Grows when there is a line again: who has words that wait sends them. */
export const online = signal(0);
const resubscribe = new Set<() => void>();

/** Be told when the browser's subscription to Web Push changed. */
export function onSubscriptionChange(act: () => void): void {
  resubscribe.add(act);
}

function heard(event: MessageEvent): void {
  const said = event.data as { readonly type?: string; readonly path?: string };
  if (said.type === "go" && said.path !== undefined) go(said.path);
  if (said.type === "news") news.value++;
  if (said.type === "online") online.value++;
  if (said.type === "subscribe") for (const act of resubscribe) act();
}

function watch(registration: ServiceWorkerRegistration): void {
  const look = () => {
    // The first one has nothing to take the place of.
    if (navigator.serviceWorker.controller !== null) waiting.value = registration.waiting;
  };
  look();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look);
  });
}

/** Use the new build from now on. What is open begins anew with it. */
export function takeOver(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), {
    once: true,
  });
  waiting.value?.postMessage({ type: "take-over" });
}

function clearBadge(): void {
  if (document.visibilityState !== "visible") return;
  void navigator.clearAppBadge?.().catch(() => undefined);
}

/** The registration, once the worker is there; null where browsers have none. */
export async function registered(): Promise<ServiceWorkerRegistration | null> {
  return "serviceWorker" in navigator ? navigator.serviceWorker.ready : null;
}

/** Send what waits as soon as there is a line, also when the app is not looked at (Chromium). */
export async function sendLater(): Promise<void> {
  const registration = (await registered()) as
    | (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } })
    | null;
  await registration?.sync?.register("outbox").catch(() => undefined);
}

/** Once, at the start. Without a service worker the app works, but not without a line. */
export async function begin(): Promise<void> {
  addEventListener("online", () => online.value++);
  document.addEventListener("visibilitychange", clearBadge);
  clearBadge();
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", heard);
  const registration = await navigator.serviceWorker.register(script("/app/sw.js"), {
    scope: "/app/",
  });
  watch(registration);
  await navigator.serviceWorker.ready;
  effect(() => registration.active?.postMessage({ type: "language", language: language() }));
}
