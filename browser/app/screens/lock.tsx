/** The lock of this browser: a passphrase without which nobody opens what it keeps (E2E-6.11). */

import { useSignal } from "@preact/signals";

import { device, standing } from "../device.ts";
import { settled } from "../entering.ts";
import { sayLock } from "../lock/words.ts";
import { Button, Fault, Field, Form } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { back } from "../router.ts";
import { sayHere } from "../settings/words.ts";

const SHORTEST = 10;

async function put(passphrase: string | null): Promise<void> {
  await device.setPassphrase(passphrase);
  await settled();
  tell(sayLock(passphrase === null ? "lock.gone" : "lock.done"));
  back("/settings");
}

export function LockScreen() {
  const first = useSignal("");
  const again = useSignal("");
  const fault = useSignal("");
  const isLocking = standing.value?.hasPassphrase === true;
  async function send(): Promise<void> {
    fault.value = first.value === again.value ? "" : sayLock("lock.differ");
    if (fault.value === "") await put(first.value);
  }
  return (
    <Screen title={sayHere("lock")} under="/settings">
      <section class="card">
        <p>{sayLock("lock.says")}</p>
        <p>{sayLock("lock.limit")}</p>
        {isLocking && <p class="good">{sayLock("lock.is")}</p>}
        <Form send={sayLock(isLocking ? "lock.change" : "lock.do")} onSend={send}>
          <Field
            label={sayLock("lock.first")}
            name="first"
            type="password"
            autocomplete="new-password"
            hint={sayLock("lock.hint")}
            minLength={SHORTEST}
            required
            value={first.value}
            onValue={(text) => {
              first.value = text;
            }}
          />
          <Field
            label={sayLock("lock.again")}
            name="again"
            type="password"
            autocomplete="new-password"
            required
            value={again.value}
            onValue={(text) => {
              again.value = text;
            }}
          />
          {fault.value !== "" && <Fault>{fault.value}</Fault>}
        </Form>
      </section>
      {isLocking && (
        <Button kind="quiet" size="wide" onClick={() => attempt(() => put(null))}>
          {sayLock("lock.remove")}
        </Button>
      )}
    </Screen>
  );
}
