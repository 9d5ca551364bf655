/** How the app is for its person: calls, looks, language, what is kept, and the ways to more. */

import { me } from "../accounts.ts";
import { appearance, look, type Theme } from "../appearance.ts";
import { Button, Choice, Select, Toggle } from "../parts/form.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { exported, save } from "../settings/export.ts";
import { Mentions } from "../settings/mentions.tsx";
import { Notifications } from "../settings/notifications.tsx";
import { type HereKey, sayHere } from "../settings/words.ts";
import { LANGUAGES, type Language, language, speak } from "../words/index.ts";

function Looks() {
  const { theme, stillness, saveData } = appearance.value;
  return (
    <section class="card" aria-labelledby="looks">
      <h2 id="looks">{sayHere("looks")}</h2>
      <Choice
        label={sayHere("theme")}
        value={theme}
        onValue={(chosen) => look({ theme: chosen as Theme })}
        options={[
          ["system", sayHere("theme.system")],
          ["light", sayHere("theme.light")],
          ["dark", sayHere("theme.dark")],
        ]}
      />
      <Select
        label={sayHere("language")}
        value={language()}
        onValue={(chosen) => speak(chosen as Language)}
        options={Object.entries(LANGUAGES)}
      />
      <Toggle
        label={sayHere("still")}
        hint={sayHere("still.hint")}
        on={stillness}
        onChange={(on) => look({ stillness: on })}
      />
      <Toggle
        label={sayHere("saver")}
        hint={sayHere("saver.hint")}
        on={saveData}
        onChange={(on) => look({ saveData: on })}
      />
    </section>
  );
}

function Way({ to, icon, words }: { to: string; icon: IconName; words: HereKey }) {
  return (
    <li>
      <a class="line" href={at(to)}>
        <Icon name={icon} />
        <span>{sayHere(words)}</span>
      </a>
    </li>
  );
}

export function SettingsScreen() {
  const who = me.value;
  if (who === null) return null;
  return (
    <Screen title={sayHere("settings")} under="/me">
      <nav class="card" aria-label={sayHere("account")}>
        <ul class="lines">
          <Way to="/settings/devices" icon="link" words="devices" />
          <Way to="/settings/keys" icon="lock" words="keys" />
          <Way to="/settings/messages" icon="chats" words="kept" />
          <Way to="/settings/lock" icon="lock" words="lock" />
          <Way to="/settings/password" icon="edit" words="password" />
          <Way to="/settings/invites" icon="link" words="invites" />
          <Way to="/settings/mutes" icon="mute" words="mutes" />
          {who.role === "admin" && <Way to="/admin" icon="settings" words="admin" />}
        </ul>
      </nav>
      <Notifications />
      <Mentions />
      <Looks />
      <section class="card" aria-labelledby="export">
        <h2 id="export">{sayHere("export")}</h2>
        <p>{sayHere("export.says")}</p>
        <Button kind="quiet" onClick={() => attempt(async () => save(await exported(who.name)))}>
          {sayHere("export.do")}
        </Button>
      </section>
      <a class="button quiet wide" href={at("/settings/delete")}>
        {sayHere("delete")}
      </a>
    </Screen>
  );
}
