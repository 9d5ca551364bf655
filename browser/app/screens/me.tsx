/** Oneself: the profile as others see it, the accounts of this browser, and the way out. */

import { accounts, type Known, me } from "../accounts.ts";
import { switchTo } from "../entering.ts";
import { NoKeysNotice, PaperNudge } from "../keys/notice.tsx";
import { logOut } from "../leaving.ts";
import { Avatar, PersonLine, pageOf } from "../parts/avatar.tsx";
import { Bell } from "../parts/bell.tsx";
import { question } from "../parts/dialog.tsx";
import { Button } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { at, go } from "../router.ts";
import { say } from "../words/index.ts";

const personOf = (one: Known) => ({
  id: one.actor,
  handle: one.address,
  display_name: one.displayName,
  icon: "",
  icon_here: one.avatar,
});

function askWayOut(who: Known): void {
  question(
    say("logout.title"),
    <>
      <p>{say("logout.keep.says")}</p>
      <p>{say("logout.remove.says")}</p>
    </>,
    [
      {
        words: say("logout.keep"),
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
                person={personOf(one)}
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
  if (who === null) return null;
  return (
    <Screen title={say("nav.me")} actions={<Bell />}>
      <section class="card profile">
        <Avatar person={personOf(who)} size={96} />
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
      <PaperNudge />
      <NoKeysNotice />
      <a class="button quiet wide" href={at("/settings")}>
        <Icon name="settings" />
        {say("me.settings")}
      </a>
      <Switcher who={who} />
      <button type="button" class="button quiet wide" onClick={() => askWayOut(who)}>
        <Icon name="out" />
        {say("logout.do")}
      </button>
    </Screen>
  );
}
