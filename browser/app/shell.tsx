/** The frame: ways to the main places, the screen that one is at, and what is said in passing. */

import { me } from "./accounts.ts";
import { unread } from "./chats/chats.ts";
import { standing } from "./device.ts";
import { homeNode } from "./home_node.ts";
import { takeOver, waiting } from "./installed.ts";
import { unseen } from "./notices/unseen.ts";
import { Count } from "./parts/bell.tsx";
import { Boundary } from "./parts/boundary.tsx";
import { Questions } from "./parts/dialog.tsx";
import { Icon, type IconName } from "./parts/icon.tsx";
import { later } from "./parts/later.tsx";
import { Waiting } from "./parts/screen.tsx";
import { Toasts } from "./parts/toast.tsx";
import { at, place } from "./router.ts";
import { LogInScreen } from "./screens/log_in.tsx";
import { TroubleScreen } from "./screens/trouble.tsx";
import { WelcomeScreen } from "./screens/welcome.tsx";
import { screenAt } from "./screens.tsx";
import { type Key, say } from "./words/index.ts";

const UnlockScreen = later(async () => (await import("./screens/unlock.tsx")).UnlockScreen);

const PLACES: readonly (readonly [string, Key, IconName])[] = [
  ["/", "nav.feed", "feed"],
  ["/chats", "nav.chats", "chats"],
  ["/post", "nav.post", "plus"],
  ["/people", "nav.people", "people"],
  ["/notices", "nav.notices", "bell"],
  ["/me", "nav.me", "me"],
];
/** Places of which a part is unread, by how much it is. */
const UNREAD: ReadonlyMap<string, { readonly value: number }> = new Map([
  ["/chats", unread],
  ["/notices", unseen],
]);
/** There is room for these on a wide screen alone; a phone has a bell. */
const WIDE = new Set(["/notices"]);

function classOf(way: string): string {
  if (way === "/post") return "way way-post";
  return WIDE.has(way) ? "way way-wide" : "way";
}

/** Whether `path` lies at or below `way`. */
function leads(way: string, path: string): boolean {
  if (way === "/") return path === "/" || path.startsWith("/feed") || path.startsWith("/watch");
  // What lies below one's own place in the ways of the app.
  if (way === "/me" && /^\/(settings|admin)(\/|$)/u.test(path)) return true;
  return path === way || path.startsWith(`${way}/`);
}

function Ways() {
  const { path } = place.value;
  return (
    <nav class="ways-bar" aria-label={say("nav")}>
      <a class="brand" href={at("/")}>
        <img src="/static/kith.svg" alt="" width="30" height="30" />
        <bdi>{homeNode.value?.name ?? "Kith"}</bdi>
      </a>
      {PLACES.map(([way, words, icon]) => (
        <a
          key={way}
          class={classOf(way)}
          href={at(way)}
          aria-current={leads(way, path) ? "page" : undefined}
        >
          <Icon name={icon} />
          <span>{say(words)}</span>
          <Count count={UNREAD.get(way)?.value ?? 0} />
        </a>
      ))}
    </nav>
  );
}

/** The screen for who is here: whoever is not logged in logs in first, and goes on from there. */
function Here() {
  const { path } = place.value;
  const { screen: Now, parts, inside } = screenAt(path);
  if (standing.value === null) return <Waiting />;
  const { phase, current } = standing.value;
  if (phase === "locked") return <UnlockScreen />;
  if (phase === "failed") return <TroubleScreen />;
  // Whoever is logged out can still read what this device has.
  const isReading = phase === "loggedOut" && current !== null && path.startsWith("/chats");
  if (isReading) return <Now parts={parts} />;
  if (me.value === null && path === "/") return <WelcomeScreen />;
  if (me.value === null && inside) return <LogInScreen />;
  return <Now key={path.startsWith("/chats") ? "chats" : path} parts={parts} />;
}

/** A new build of the app is here: it is used when its person wants it. */
function Update() {
  if (waiting.value === null) return null;
  return (
    <div class="update" role="status">
      <span>{say("update.there")}</span>
      <button type="button" class="button main small" onClick={takeOver}>
        {say("update.do")}
      </button>
    </div>
  );
}

export function Shell() {
  const { path } = place.value;
  const full = me.value !== null && !["/welcome", "/join", "/login"].includes(path);
  return (
    <>
      <div class={full ? "frame" : "frame bare"}>
        <a class="skip" href="#main">
          {say("skip")}
        </a>
        {full && <Ways />}
        {/* Another person's screens are drawn anew: nothing of the one before stays. */}
        <main id="main" tabIndex={-1} key={standing.value?.current?.id ?? ""}>
          <Boundary of={path}>
            <Here />
          </Boundary>
        </main>
      </div>
      <Update />
      <Toasts />
      <Questions />
    </>
  );
}
