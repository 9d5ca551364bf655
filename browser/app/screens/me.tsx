/** Oneself: the profile as others see it, the accounts of this browser, and the way out. */

import type { KeysView } from "../../worker/key_questions.ts";
import { accounts, asPerson, type Known, me } from "../accounts.ts";
import { switchTo } from "../entering.ts";
import { NoKeysNotice, PaperNudge } from "../keys/notice.tsx";
import { useKeys } from "../keys/standing.ts";
import { sayKeys } from "../keys/words.ts";
import { logOut } from "../leaving.ts";
import { Avatar, PersonLine, pageOf } from "../parts/avatar.tsx";
import { Bell } from "../parts/bell.tsx";
import { question, type Way } from "../parts/dialog.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { at, go } from "../router.ts";
import { say } from "../words/index.ts";

/** Whoever logs out of the last device that has the keys is told before what that means. */
function askWayOut(who: Known, keys: KeysView | null): void {
  const isLast = keys?.stand === "listed" && !keys.isWritten && keys.listed.length < 2;
  const first: Way = { words: sayKeys("logout.write"), act: () => go("/settings/keys") };
  question(
    say("logout.title"),
    <>
      {isLast && <Fault>{sayKeys("logout.last")}</Fault>}
      <p>{say("logout.keep.says")}</p>
      <p>{say("logout.remove.says")}</p>
    </>,
    [
      ...(isLast ? [first] : []),
      {
        words: say("logout.keep"),
        kind: isLast ? "quiet" : "main",
        act: async () => {
          await logOut(who, true);
          go("/", true);
        },
      },
      {
        words: say("logout.remove"),
        kind: "alarm",
        act: async () => {
          await logOut(who, false);
          go("/", true);
        },
      },
    ],
  );
}

function Switcher({ who }: { who: Known }) {
  const others = accounts.value.filter((one) => one.id !== who.id);
  return (
    <section class="card" aria-labelledby="accounts">
      <h2 id="accounts">{say("me.accounts")}</h2>
      <ul class="lines">
        {others.map((one) => (
          <li key={one.id}>
            <Button
              look="line"
              onClick={() =>
                attempt(async () => {
                  await switchTo(one);
                  go(one.isLoggedIn ? "/me" : "/chats");
                })
              }
            >
              <PersonLine
                person={asPerson(one)}
                note={one.isLoggedIn ? one.address : say("me.out")}
              />
            </Button>
          </li>
        ))}
      </ul>
      <a class="button quiet" href={at("/login")}>
        <Icon name="plus" />
        {say("me.add")}
      </a>
    </section>
  );
}

export function MeScreen() {
  const who = me.value;
  const keys = useKeys().view;
  if (who === null) return null;
  return (
    <Screen title={say("nav.me")} actions={<Bell />}>
      <section class="card profile">
        <Avatar person={asPerson(who)} size={96} />
        <h2>
          <bdi>{who.displayName === "" ? who.name : who.displayName}</bdi>
        </h2>
        <p class="handle" dir="ltr">
          {who.address}
        </p>
        <div class="ways column">
          <a class="button quiet" href={pageOf(who.address)}>
            <Icon name="feed" />
            {say("me.posts")}
          </a>
          <a class="button quiet" href={at("/me/profile")}>
            <Icon name="edit" />
            {say("me.edit")}
          </a>
          <a class="button quiet" href={at("/code")}>
            <Icon name="qr" />
            {say("people.code")}
          </a>
        </div>
      </section>
      <PaperNudge view={keys.value} />
      <NoKeysNotice />
      <a class="button quiet wide" href={at("/settings")}>
        <Icon name="settings" />
        {say("me.settings")}
      </a>
      <Switcher who={who} />
      <button type="button" class="button quiet wide" onClick={() => askWayOut(who, keys.value)}>
        <Icon name="out" />
        {say("logout.do")}
      </button>
    </Screen>
  );
}
