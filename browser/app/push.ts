/** Web Push in this browser: whether the node may call, and for what (spec PSH). */

import { askAsMe, me } from "./accounts.ts";
import { onSubscriptionChange, registered } from "./installed.ts";

export type Kind = "messages" | "friends" | "comments" | "likes" | "follows" | "other";
export const KINDS: readonly Kind[] = [
  "messages",
  "friends",
  "comments",
  "likes",
  "follows",
  "other",
];
const USUAL: readonly Kind[] = KINDS.filter((kind) => kind !== "likes");
const KEY = "kith.push";

interface PushKey {
  readonly key: string;
}
interface PushView {
  readonly id: string;
  readonly kinds: readonly Kind[];
  readonly current: boolean;
  readonly failing: string | null;
}

/** Of which accounts this browser is to be told of what, by actor. */
function wanted(): Record<string, readonly Kind[]> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, readonly Kind[]>;
  } catch {
    return {};
  }
}

function want(kinds: readonly Kind[] | null, actor: string = me.value?.actor ?? ""): void {
  const { [actor]: _before, ...others } = wanted();
  localStorage.setItem(
    KEY,
    JSON.stringify(kinds === null ? others : { ...others, [actor]: kinds }),
  );
}

/** Forget of what `actor` was to be told here. */
export const unwanted = (actor: string): void => want(null, actor);

/** What the node may tell this browser of; null: nothing. */
export const kindsHere = (): readonly Kind[] | null => wanted()[me.value?.actor ?? ""] ?? null;

export type Ability = "able" | "denied" | "install" | "none";

/** Whether this browser can be told at all; "install": once the app is on the home screen (iOS). */
export function ability(): Ability {
  if (!("serviceWorker" in navigator) || !("PushManager" in globalThis)) {
    return "standalone" in navigator ? "install" : "none";
  }
  return Notification.permission === "denied" ? "denied" : "able";
}

const raw = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const text = (bytes: ArrayBuffer | null): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0))));

/** The browser's subscription under the node's key; one under another key is given up. */
async function subscription(): Promise<PushSubscription> {
  const registration = await registered();
  if (registration === null) throw new TypeError("this browser has no service worker");
  const { key } = await askAsMe<PushKey>("GET", "/push/key");
  const before = await registration.pushManager.getSubscription();
  if (before !== null) {
    if (text(before.options.applicationServerKey) === key) return before;
    await before.unsubscribe();
  }
  return registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: raw(key),
  });
}

/** Have the node tell this browser of `kinds`, once its person has allowed it. Whether they did. */
export async function turnOn(kinds: readonly Kind[] = USUAL): Promise<boolean> {
  if ((await Notification.requestPermission()) !== "granted") return false;
  const { endpoint, expirationTime, getKey } = await subscription().then((made) => ({
    endpoint: made.endpoint,
    expirationTime: made.expirationTime,
    getKey: (name: PushEncryptionKeyName) => text(made.getKey(name)),
  }));
  await askAsMe("PUT", "/push/subscription", {
    body: {
      endpoint,
      p256dh: getKey("p256dh"),
      auth: getKey("auth"),
      kinds,
      expires: expirationTime === null ? null : new Date(expirationTime).toISOString(),
    },
  });
  want(kinds);
  return true;
}

/** Have this browser told nothing more. The browser's own subscription stays for other accounts. */
export async function turnOff(): Promise<void> {
  const { items } = await askAsMe<{ readonly items: readonly PushView[] }>(
    "GET",
    "/push/subscriptions",
  );
  const mine = items.find((one) => one.current);
  if (mine !== undefined) {
    await askAsMe("DELETE", `/push/subscriptions/${encodeURIComponent(mine.id)}`);
  }
  want(null);
}

/** Ask the node for a call now; why it could not be made, "" when it was. */
export async function tryIt(): Promise<string> {
  const { delivered, status, reason } = await askAsMe<{
    readonly delivered: boolean;
    readonly status: number | null;
    readonly reason: string;
  }>("POST", "/push/test");
  return delivered ? "" : reason || `${status}`;
}

/** At each start: push services forget browsers, and the node is told where this one is now. */
export async function resubscribe(): Promise<void> {
  const kinds = kindsHere();
  if (kinds === null || ability() !== "able" || Notification.permission !== "granted") return;
  await turnOn(kinds).catch(() => undefined);
}

onSubscriptionChange(() => void resubscribe());
