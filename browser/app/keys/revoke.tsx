/** A device is revoked: with the recovery words it can do nothing any more; without them it is said what it still can. */

import { useSignal } from "@preact/signals";

import type { KeysView } from "../../worker/key_questions.ts";
import { device } from "../device.ts";
import { Sheet } from "../parts/dialog.tsx";
import { Button, Form } from "../parts/form.tsx";
import { tell } from "../parts/toast.tsx";
import { sayHere } from "../settings/words.ts";
import { explainValue } from "../words/problems.ts";
import { PaperField, used } from "./without.tsx";
import { sayKeys } from "./words.ts";

interface Props {
  readonly one: { readonly id: string; readonly name: string };
  readonly keys: KeysView | null;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}

export function RevokeSheet({ one, keys, onClose, onDone }: Props) {
  const paper = useSignal("");
  const isWithout = useSignal(false);
  const isListed = keys?.stand === "listed" && keys.listed.includes(one.id);
  const isUnwritten = isListed && !keys.isWritten;
  async function revoke(words: string): Promise<void> {
    const { name } = one;
    const { unlisted, problem } = await device.revoke(one.id, words);
    if (problem !== null) {
      tell(sayKeys("revoke.only_out", { name, reason: explainValue(problem) }), true);
    } else if (unlisted) tell(sayKeys("revoke.done", { name }));
    onClose();
    await onDone();
  }
  /** What is on no paper yet this device knows by itself. */
  async function withOwnWords(): Promise<void> {
    await revoke((await device.recovery()).words.join(" "));
  }
  return (
    <Sheet title={sayHere("revoke.title", { name: one.name })} onClose={onClose}>
      <div class="question">
        <p>{sayHere("revoke.says")}</p>
        {!isListed && <p>{sayHere("devices.unlisted")}</p>}
        {isUnwritten && <p>{sayKeys("revoke.unwritten")}</p>}
        {isListed && !isUnwritten && (
          <p>{sayKeys(isWithout.value ? "revoke.without" : "revoke.words")}</p>
        )}
      </div>
      {isListed && !isUnwritten && !isWithout.value ? (
        <>
          <Form send={sayKeys("revoke.with.do")} kind="alarm" onSend={() => used(paper, revoke)}>
            <PaperField value={paper} />
          </Form>
          <Button
            kind="quiet"
            onClick={() => {
              isWithout.value = true;
            }}
          >
            {sayKeys("revoke.without.do")}
          </Button>
        </>
      ) : (
        <Form
          send={sayHere("revoke")}
          kind="alarm"
          onSend={() => (isUnwritten ? withOwnWords() : revoke(""))}
        >
          {null}
        </Form>
      )}
    </Sheet>
  );
}
