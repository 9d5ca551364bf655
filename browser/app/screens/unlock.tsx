/** Where the device wants its passphrase; and what is left to whoever does not know it. */

import { useSignal } from "@preact/signals";

import { accounts, asPerson, type Known } from "../accounts.ts";
import { device, standing } from "../device.ts";
import { settled, switchTo } from "../entering.ts";
import { sayLock } from "../lock/words.ts";
import { PersonLine } from "../parts/avatar.tsx";
import { question } from "../parts/dialog.tsx";
import { Button, Field, Form } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";

function askForgotten(who: Known): void {
  question(
    sayLock("unlock.forgotten.title"),
    <p>{sayLock("unlock.forgotten.says", { name: who.address })}</p>,
    [
      {
        words: sayLock("unlock.forgotten.do"),
        kind: "alarm",
        act: async () => (await import("../leaving.ts")).forget(who),
      },
    ],
  );
}

export function UnlockScreen() {
  const passphrase = useSignal("");
  const all = accounts.value;
  const who = all.find(({ id }) => id === standing.value?.current?.id);
  const others = all.filter((one) => one !== who);
  async function send(): Promise<void> {
    await device.unlock(passphrase.value);
    await settled();
  }
  return (
    <Screen title={sayLock("unlock.title")}>
      <section class="card">
        {who !== undefined && <PersonLine person={asPerson(who)} />}
        <p>{sayLock("unlock.says")}</p>
        <Form send={sayLock("unlock.do")} onSend={send}>
          <Field
            label={sayLock("field.passphrase")}
            name="passphrase"
            type="password"
            autocomplete="current-password"
            required
            value={passphrase.value}
            onValue={(text) => {
              passphrase.value = text;
            }}
          />
        </Form>
      </section>
      {others.length > 0 && (
        <section class="card" aria-labelledby="others">
          <h2 id="others">{sayLock("unlock.other")}</h2>
          <ul class="lines">
            {others.map((one) => (
              <li key={one.id}>
                <Button look="line" onClick={() => attempt(() => switchTo(one))}>
                  <PersonLine person={asPerson(one)} />
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {who !== undefined && (
        <button type="button" class="button quiet wide" onClick={() => askForgotten(who)}>
          {sayLock("unlock.forgotten")}
        </button>
      )}
    </Screen>
  );
}
