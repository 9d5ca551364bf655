/** Where the device cannot be used as it is: it wants its passphrase, or the browser's store fails. */

import { useSignal } from "@preact/signals";

import { device, standing } from "../device.ts";
import { Fault, Field, Form } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { say } from "../words/index.ts";
import { explainValue } from "../words/problems.ts";

export function UnlockScreen() {
  const passphrase = useSignal("");
  async function send(): Promise<void> {
    await device.unlock(passphrase.value);
    standing.value = await device.status();
  }
  return (
    <Screen title={say("unlock.title")}>
      <section class="card">
        <p>{say("unlock.says")}</p>
        <Form send={say("unlock.do")} onSend={send}>
          <Field
            label={say("field.passphrase")}
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
    </Screen>
  );
}

export function TroubleScreen() {
  const trouble = standing.value?.trouble ?? null;
  return (
    <Screen title={say("trouble.title")}>
      <section class="card">
        {trouble !== null && <Fault>{explainValue(trouble)}</Fault>}
        <p>{say("trouble.says")}</p>
        <button type="button" class="button main" onClick={() => location.reload()}>
          {say("boundary.reload")}
        </button>
      </section>
    </Screen>
  );
}
