/** Where somebody comes in who is not logged in: what this is, and the two ways in. */

import { accounts, asPerson, type Known } from "../accounts.ts";
import { switchTo } from "../entering.ts";
import { homeNode } from "../home_node.ts";
import { PersonLine } from "../parts/avatar.tsx";
import { question } from "../parts/dialog.tsx";
import { Button } from "../parts/form.tsx";
import { useArrival } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { at, go } from "../router.ts";
import { say } from "../words/index.ts";

async function read(who: Known): Promise<void> {
  await switchTo(who);
  go("/chats");
}

function askForget(who: Known): void {
  question(say("kept.forget.title"), <p>{say("kept.forget.says")}</p>, [
    {
      words: say("kept.forget"),
      kind: "alarm",
      act: async () => (await import("../leaving.ts")).forget(who),
    },
  ]);
}

/** The accounts whose device this browser has, or kept. */
function Kept() {
  const all = accounts.value;
  const kept = all.filter((one) => !one.isLoggedIn);
  if (all.length === 0) return null;
  return (
    <section class="card">
      <h2>{say("welcome.kept")}</h2>
      <ul class="lines">
        {all.map(
          (one) =>
            one.isLoggedIn && (
              <li key={one.id}>
                <Button look="line" onClick={() => attempt(() => switchTo(one))}>
                  <PersonLine person={asPerson(one)} />
                </Button>
              </li>
            ),
        )}
        {kept.map((one) => (
          <li key={one.id}>
            <a class="line" href={at(`/login?name=${encodeURIComponent(one.name)}`)}>
              <PersonLine person={asPerson(one)} />
            </a>
            <div class="ways">
              <Button kind="quiet" size="small" onClick={() => attempt(() => read(one))}>
                {say("kept.read")}
              </Button>
              <button type="button" class="button quiet small" onClick={() => askForget(one)}>
                {say("kept.forget")}
              </button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function WelcomeScreen() {
  const node = homeNode.value;
  const name = node?.name ?? "Kith";
  const heading = useArrival(name);
  return (
    <div class="screen narrow welcome">
      <img class="welcome-mark" src="/static/kith.svg" alt="" width="72" height="72" />
      <h1 ref={heading} tabIndex={-1} dir="auto">
        {name}
      </h1>
      <p class="lead">{say("welcome.lead")}</p>
      <Kept />
      <div class="ways column">
        <a class="button main" href={at("/login")}>
          {say("login.do")}
        </a>
        {node !== null && node.registration !== "invite" && (
          <a class="button quiet" href={at("/join")}>
            {say(node.registration === "open" ? "join.do" : "join.ask")}
          </a>
        )}
      </div>
      {node?.registration === "invite" && <p class="quiet">{say("welcome.invite")}</p>}
      <p class="quiet fine">{say("welcome.code")}</p>
    </div>
  );
}
