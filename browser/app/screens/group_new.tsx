/** A new group: its name, and which friends are to be in it. */

import { useSignal } from "@preact/signals";

import "../chats/sheet.ts";

import { device } from "../device.ts";
import { ChooseFriends } from "../groups/choose.tsx";
import { sayGroups } from "../groups/words.ts";
import { Field, Form } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { go } from "../router.ts";

const LONGEST_NAME = 100; // E2E-8.1

export function NewGroupScreen() {
  const name = useSignal("");
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const isReady = name.value.trim() !== "" && chosen.value.size > 0;
  return (
    <Screen title={sayGroups("new")} under="/chats">
      <section class="card">
        <Form
          send={sayGroups("begin")}
          disabled={!isReady}
          onSend={async () => {
            const chat = await device.newGroup(name.value.trim(), [...chosen.value]);
            go(`/chats/${encodeURIComponent(chat)}`, true);
          }}
        >
          <Field
            label={sayGroups("name")}
            name="group-name"
            plain
            required
            maxLength={LONGEST_NAME}
            hint={sayGroups("name.hint")}
            value={name.value}
            onValue={(text) => {
              name.value = text;
            }}
          />
          <ChooseFriends chosen={chosen} />
        </Form>
      </section>
    </Screen>
  );
}
