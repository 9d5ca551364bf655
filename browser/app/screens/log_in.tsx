/** Log in: a name and a password; afterwards one is where one wanted to go. */

import { useSignal } from "@preact/signals";

import { device } from "../device.ts";
import { logIn } from "../entering.ts";
import { homeNode } from "../home_node.ts";
import { Field, Form } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { at, go, place } from "../router.ts";
import { say } from "../words/index.ts";

export function LogInScreen() {
  const name = useSignal(place.value.query.get("name") ?? "");
  const password = useSignal("");
  async function send(): Promise<void> {
    await logIn(name.value, password.value);
    if (place.value.path !== "/login") return;
    // A password alone brings no keys: the ways to them are offered, and may be passed by.
    const keys = await device.keys().catch(() => null);
    go(keys?.stand === "none" && keys.isPublished ? "/settings/keys" : "/", true);
  }
  return (
    <Screen title={say("login.title")} under="/welcome">
      <section class="card">
        <Form send={say("login.do")} onSend={send}>
          <Field
            label={say("field.name")}
            name="name"
            value={name.value}
            onValue={(text) => {
              name.value = text;
            }}
            required
            plain
            autocomplete="username"
            before="@"
            after={homeNode.value === null ? undefined : `@${homeNode.value.domain}`}
          />
          <Field
            label={say("field.password")}
            name="password"
            type="password"
            value={password.value}
            onValue={(text) => {
              password.value = text;
            }}
            required
            autocomplete="current-password"
          />
        </Form>
      </section>
      <p class="centred">
        <a class="button quiet" href={at("/link?new")}>
          {say("login.link")}
        </a>
      </p>
      <p class="quiet centred">
        {say("login.new")} <a href={at("/welcome")}>{say("login.how")}</a>
      </p>
    </Screen>
  );
}
