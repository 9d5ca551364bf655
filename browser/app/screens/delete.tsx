/** The end of the account: what goes, what others are asked, what cannot be taken back (APP-3.3). */

import { useSignal } from "@preact/signals";

import { Refused } from "../../errors.ts";
import { me } from "../accounts.ts";
import { deleteAccount } from "../leaving.ts";
import { Button, Fault, Field, Form } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { go } from "../router.ts";
import { exported, save } from "../settings/export.ts";
import { type HereKey, sayHere } from "../settings/words.ts";

const WHAT: readonly (readonly [HereKey, readonly HereKey[]])[] = [
  ["delete.here", ["delete.here.node", "delete.here.browser"]],
  ["delete.asked", ["delete.asked.servers", "delete.asked.away"]],
  ["delete.stays", ["delete.stays.read", "delete.stays.name", "delete.stays.end"]],
];

export function DeleteScreen() {
  const password = useSignal("");
  const isLast = useSignal(false);
  const who = me.value;
  if (who === null) return null;
  async function send(): Promise<void> {
    if (who === null) return;
    try {
      await deleteAccount(who, password.value);
    } catch (error) {
      if (!(error instanceof Refused) || error.clause !== "ACC-1.8") throw error;
      isLast.value = true;
      return;
    }
    tell(sayHere("delete.done", { name: who.address }));
    go("/", true);
  }
  return (
    <Screen title={sayHere("delete")} under="/settings">
      <section class="card">
        <p>
          <bdi>{who.address}</bdi>
        </p>
        {WHAT.map(([title, lines]) => (
          <section key={title} aria-labelledby={title}>
            <h2 id={title}>{sayHere(title)}</h2>
            <ul class="says">
              {lines.map((line) => (
                <li key={line}>{sayHere(line)}</li>
              ))}
            </ul>
          </section>
        ))}
      </section>
      <section class="card" aria-labelledby="before">
        <h2 id="before">{sayHere("delete.before")}</h2>
        <p>{sayHere("export.says")}</p>
        <Button kind="quiet" onClick={() => attempt(async () => save(await exported(who.name)))}>
          {sayHere("export.do")}
        </Button>
      </section>
      <section class="card">
        {isLast.value && <Fault>{sayHere("delete.last")}</Fault>}
        <Form kind="alarm" send={sayHere("delete.do")} onSend={send}>
          <Field
            label={sayHere("password.old")}
            name="password"
            type="password"
            autocomplete="current-password"
            required
            value={password.value}
            onValue={(text) => {
              password.value = text;
            }}
          />
        </Form>
      </section>
    </Screen>
  );
}
