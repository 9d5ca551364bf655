/** A new password; whoever else is logged in is out then. */

import { useSignal } from "@preact/signals";

import { askAsMe } from "../accounts.ts";
import { Field, Form } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { back } from "../router.ts";
import { sayHere } from "../settings/words.ts";
import { say } from "../words/index.ts";

export function PasswordScreen() {
  const old = useSignal("");
  const fresh = useSignal("");
  async function send(): Promise<void> {
    const body = { old_password: old.value, new_password: fresh.value };
    await askAsMe("POST", "/account/password", { body });
    tell(sayHere("password.done"));
    back("/settings");
  }
  return (
    <Screen title={sayHere("password")} under="/settings">
      <section class="card">
        <p>{sayHere("password.says")}</p>
        <Form send={sayHere("password.do")} onSend={send}>
          <Field
            label={sayHere("password.old")}
            name="old"
            type="password"
            autocomplete="current-password"
            required
            value={old.value}
            onValue={(text) => {
              old.value = text;
            }}
          />
          <Field
            label={sayHere("password.new")}
            name="new"
            type="password"
            autocomplete="new-password"
            hint={say("field.password.hint")}
            minLength={10}
            required
            value={fresh.value}
            onValue={(text) => {
              fresh.value = text;
            }}
          />
        </Form>
      </section>
    </Screen>
  );
}
