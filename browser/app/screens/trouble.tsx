/** Where the device cannot be used as it is: the browser's store fails. */

import { standing } from "../device.ts";
import { Fault } from "../parts/form.tsx";
import { Screen } from "../parts/screen.tsx";
import { say } from "../words/index.ts";
import { explainValue } from "../words/problems.ts";

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
