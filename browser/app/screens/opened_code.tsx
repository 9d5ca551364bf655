/** The link of somebody's code, opened by the phone's own camera or from a message (GRA-7.4). */

import { useSignal } from "@preact/signals";

import { me } from "../accounts.ts";
import { befriend } from "../codes/befriend.ts";
import { sayCode } from "../codes/words.ts";
import { homeNode } from "../home_node.ts";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { at, go, place } from "../router.ts";
import { codeIn, whoIn } from "../who.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { LogInScreen } from "./log_in.tsx";

/** Anyone may lead one to a link: nobody is befriended before they say so. */
function Answer({ who, code }: { readonly who: string; readonly code: string }) {
  const fault = useSignal("");
  async function answer(): Promise<void> {
    fault.value = "";
    try {
      const { is, name } = await befriend(who, code);
      if (is === "own" || is === "blocked") {
        fault.value = sayCode(is, { name });
        return;
      }
      tell(sayCode(is, { name }));
      go(`/people/${encodeURIComponent(who)}`, true);
    } catch (error) {
      fault.value = explain(error);
    }
  }
  return (
    <section class="card">
      <p>{sayCode("opened.says")}</p>
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <Button onClick={answer}>
        <Icon name="people" />
        {sayCode("opened.do")}
      </Button>
    </section>
  );
}

/** What to do with it without a login here; the code goes to no server before its person acts. */
function Ways({ link, onHere }: { readonly link: string; readonly onHere: () => void }) {
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(link);
    tell(sayCode("opened.copied"));
  }
  return (
    <>
      <section class="card" aria-labelledby="here">
        <h2 id="here">{sayCode("opened.here")}</h2>
        <Button onClick={onHere}>{sayCode("opened.log_in")}</Button>
      </section>
      <section class="card" aria-labelledby="elsewhere">
        <h2 id="elsewhere">{sayCode("opened.elsewhere")}</h2>
        <p>{sayCode("opened.elsewhere.says")}</p>
        <output class="told-link" dir="ltr" aria-label={sayCode("opened.link")}>
          {link}
        </output>
        <Button kind="quiet" onClick={() => attempt(copy)}>
          <Icon name="link" />
          {sayCode("opened.copy")}
        </Button>
        <p class="quiet">{sayCode("opened.command", { command: "kith friend add LINK" })}</p>
      </section>
      <section class="card" aria-labelledby="new">
        <h2 id="new">{sayCode("opened.new")}</h2>
        <a class="button quiet" href={at("/welcome")}>
          {sayCode("opened.join")}
        </a>
      </section>
    </>
  );
}

export function OpenedCodeScreen() {
  const isEntering = useSignal(false);
  const { path, fragment } = place.value;
  const link = `${location.origin}${at(path)}#${fragment}`;
  const who = whoIn(link, homeNode.value?.domain ?? location.host);
  const code = codeIn(link);
  if (me.value === null && isEntering.value) return <LogInScreen />;
  return (
    <Screen
      title={who === "" || code === "" ? say("people.code") : sayCode("opened.title", { who })}
      under={me.value === null ? "/welcome" : "/people"}
    >
      {who === "" || code === "" ? (
        <Fault>{sayCode("opened.none")}</Fault>
      ) : me.value !== null ? (
        <Answer who={who} code={code} />
      ) : (
        <Ways
          link={link}
          onHere={() => {
            isEntering.value = true;
          }}
        />
      )}
    </Screen>
  );
}
