/** Which screen stands at which path; what is not needed at first is loaded when it is. */

import type { ComponentType } from "preact";

import { later } from "./parts/later.tsx";
import { matched } from "./router.ts";
import { FeedScreen } from "./screens/feed.tsx";
import { JoinScreen } from "./screens/join.tsx";
import { LogInScreen } from "./screens/log_in.tsx";
import { MissingScreen } from "./screens/missing.tsx";
import { WelcomeScreen } from "./screens/welcome.tsx";

/** What a screen is given: the named parts of its path. */
export interface ScreenProps {
  readonly parts: Readonly<Record<string, string>>;
}
type AnyScreen = ComponentType<ScreenProps>;

interface Entry {
  readonly pattern: string;
  readonly screen: AnyScreen;
  /** Whether one has to be logged in. */
  readonly inside: boolean;
}

const inside = (pattern: string, screen: AnyScreen): Entry => ({ pattern, screen, inside: true });
const outside = (pattern: string, screen: AnyScreen): Entry => ({ pattern, screen, inside: false });

const ChatsScreen = later<ScreenProps>(
  async () => (await import("./screens/chats.tsx")).ChatsScreen,
);
const NoticesScreen = later<ScreenProps>(
  async () => (await import("./screens/notices.tsx")).NoticesScreen,
);
const SettingsPlaces = later(
  async () => (await import("./screens/settings_places.tsx")).SettingsPlaces,
);
const AdminPlaces = later(async () => (await import("./screens/admin_places.tsx")).AdminPlaces);

export const SCREENS: readonly Entry[] = [
  outside("/welcome", WelcomeScreen),
  outside("/join", JoinScreen),
  outside("/login", LogInScreen),
  inside("/", FeedScreen),
  inside("/feed/:of", FeedScreen),
  inside(
    "/watch",
    later<ScreenProps>(async () => (await import("./screens/watch.tsx")).WatchScreen),
  ),
  inside(
    "/chats/new",
    later<ScreenProps>(async () => (await import("./screens/group_new.tsx")).NewGroupScreen),
  ),
  inside(
    "/chats/:id/group",
    later<ScreenProps>(async () => (await import("./screens/group.tsx")).GroupScreen),
  ),
  ...["/chats", "/chats/:id", "/chats/with/:handle"].map((pattern) => inside(pattern, ChatsScreen)),
  inside(
    "/post",
    later<ScreenProps>(async () => (await import("./screens/post.tsx")).PostScreen),
  ),
  inside(
    "/people",
    later<ScreenProps>(async () => (await import("./screens/people.tsx")).PeopleScreen),
  ),
  inside(
    "/people/:handle",
    later<ScreenProps>(async () => (await import("./screens/person.tsx")).PersonScreen),
  ),
  inside(
    "/people/:handle/number",
    later<ScreenProps>(async () => (await import("./screens/safety.tsx")).SafetyScreen),
  ),
  inside(
    "/blocked",
    later<ScreenProps>(async () => (await import("./screens/people.tsx")).BlockedScreen),
  ),
  inside(
    "/code",
    later<ScreenProps>(async () => (await import("./screens/code.tsx")).CodeScreen),
  ),
  outside(
    "/link",
    later<ScreenProps>(async () => (await import("./screens/link.tsx")).LinkScreen),
  ),
  outside(
    "/code/:handle",
    later<ScreenProps>(async () => (await import("./screens/opened_code.tsx")).OpenedCodeScreen),
  ),
  inside(
    "/scan",
    later<ScreenProps>(async () => (await import("./screens/scan.tsx")).ScanScreen),
  ),
  ...["/notices", "/notices/requests"].map((pattern) => inside(pattern, NoticesScreen)),
  inside(
    "/me/profile",
    later<ScreenProps>(async () => (await import("./screens/profile.tsx")).ProfileScreen),
  ),
  inside(
    "/me",
    later<ScreenProps>(async () => (await import("./screens/me.tsx")).MeScreen),
  ),
  ...["/settings", "/settings/:part"].map((pattern) => inside(pattern, SettingsPlaces)),
  ...["/admin", "/admin/:part"].map((pattern) => inside(pattern, AdminPlaces)),
];

/** The screen at `path`, with the named parts of the path. */
export function screenAt(path: string): {
  readonly screen: AnyScreen;
  readonly parts: ScreenProps["parts"];
  readonly inside: boolean;
} {
  for (const { pattern, screen, inside } of SCREENS) {
    const parts = matched(pattern, path);
    if (parts !== null) return { screen, parts, inside };
  }
  return { screen: MissingScreen, parts: {}, inside: false };
}
