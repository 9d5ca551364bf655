/** What a push becomes: always one notification, which names nobody; and where it leads. */

import ar from "../../node/web/words/push.ar.json" with { type: "json" };
import de from "../../node/web/words/push.de.json" with { type: "json" };
import en from "../../node/web/words/push.en.json" with { type: "json" };
import es from "../../node/web/words/push.es.json" with { type: "json" };

type Words = typeof en;
type Key = keyof Words;
const WORDS: Readonly<Record<string, Words>> = { en, de, es, ar };
const PATHS: Readonly<Record<string, string>> = { messages: "/chats", friends: "/people" };
const SETTINGS = "kith-settings";
const LANGUAGE = "/app/language";

/** The app says which language its person reads; kept here, where the app is not. */
export async function keepLanguage(language: string): Promise<void> {
  await (await caches.open(SETTINGS)).put(LANGUAGE, new Response(language));
}

async function language(): Promise<string> {
  const kept = await (await caches.open(SETTINGS)).match(LANGUAGE);
  const chosen = kept === undefined ? navigator.language.slice(0, 2) : await kept.text();
  return Object.hasOwn(WORDS, chosen) ? chosen : "en";
}

/** The kind that the node told; a message says nothing, and what cannot be read is one. */
export function kindOf(data: string | undefined): string {
  try {
    const said = JSON.parse(data ?? "{}") as { readonly kind?: unknown };
    return typeof said.kind === "string" && Object.hasOwn(en, said.kind) ? said.kind : "messages";
  } catch {
    return "messages";
  }
}

/** Show it. A newer one of its kind takes its place. */
export async function show(
  registration: ServiceWorkerRegistration,
  data: string | undefined,
): Promise<void> {
  const kind = kindOf(data);
  const lang = await language();
  const words = WORDS[lang] ?? en;
  await registration.showNotification(words[kind as Key], {
    body: words.body,
    tag: kind,
    lang,
    dir: lang === "ar" ? "rtl" : "ltr",
    icon: "/app/icon-192.png",
    badge: "/app/badge-96.png",
    data: { path: pathOf(kind) },
  });
  await (navigator as { setAppBadge?: () => Promise<void> }).setAppBadge?.().catch(() => undefined);
}

/** Where in the app one sees what a push of this kind is about. */
export const pathOf = (kind: string): string => PATHS[kind] ?? "/notices";
