/** The keys of one's account: the words to be written down, or the ways to come back without them. */

import { useSignal } from "@preact/signals";

import { device } from "../device.ts";
import { WriteDown } from "../keys/paper.tsx";
import { useKeys } from "../keys/standing.ts";
import { ByPassword, PaperField, used, WithoutKeys } from "../keys/without.tsx";
import { sayKeys } from "../keys/words.ts";
import { Fault, Form } from "../parts/form.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { explain, explainValue } from "../words/problems.ts";

/** Whoever revoked a thief's device without the words ends here what it can still sign. */
function Renew() {
  const paper = useSignal("");
  async function send(): Promise<void> {
    await used(paper, (text) => device.renewKeys(text));
    tell(sayKeys("renew.done"));
  }
  return (
    <section class="card" aria-labelledby="renew">
      <h2 id="renew">{sayKeys("renew")}</h2>
      <p>{sayKeys("renew.says")}</p>
      <Form send={sayKeys("renew.do")} onSend={send}>
        <PaperField value={paper} />
      </Form>
    </section>
  );
}

export function KeysScreen() {
  const { view, fault, again } = useKeys();
  const stands = view.value;
  return (
    <Screen title={sayKeys("recovery")} under="/settings">
      {fault.value !== null && <Fault>{explain(fault.value)}</Fault>}
      {stands === null && fault.value === null && <Waiting />}
      {stands?.trouble && <Fault>{explainValue(stands.trouble)}</Fault>}
      {stands !== null && stands.stand !== "listed" && <WithoutKeys view={stands} onDone={again} />}
      {stands?.stand === "listed" && !stands.isWritten && <WriteDown onDone={again} />}
      {stands?.stand === "listed" && stands.isWritten && (
        <>
          <section class="card">
            <p class="good">{sayKeys("recovery.paper")}</p>
          </section>
          <Renew />
        </>
      )}
      {stands?.stand === "listed" && (
        <details class="seen">
          <summary>{sayKeys("seen")}</summary>
          <ByPassword title="reset" says="reset.says" does="reset.do" isLoss onDone={again} />
        </details>
      )}
    </Screen>
  );
}
