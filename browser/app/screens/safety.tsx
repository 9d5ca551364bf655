/** The safety number with somebody: 60 digits and their code, compared by a scan or by what is read out (KEY-6). */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Missing, Refused } from "../../errors.ts";
import type { Safety } from "../../worker/key_questions.ts";
import { QrCode } from "../codes/qr.tsx";
import { Scanner } from "../codes/scanner.tsx";
import { device } from "../device.ts";
import { sayKeys } from "../keys/words.ts";
import { nameOf } from "../parts/avatar.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { explain } from "../words/problems.ts";

const OF_FIVE = /.{1,5}/gu;
/** Theirs are none, or not known here. */
const NONE = "KEY-7.5";
const NOT_BELIEVED = "KEY-5.1";

/** What keeps one from a number, in words that say what to do. */
function whyNot(error: unknown, name: string): string {
  if (error instanceof Missing && error.clause === NONE) return sayKeys("safety.none", { name });
  if (error instanceof Refused && error.clause === NOT_BELIEVED) {
    return sayKeys("safety.forked", { name });
  }
  return explain(error);
}

function Digits({ number }: { readonly number: string }) {
  return (
    <p class="safety-number" dir="ltr">
      {(number.match(OF_FIVE) ?? []).map((group, at) => (
        <span key={at}>{group} </span>
      ))}
    </p>
  );
}

export function SafetyScreen({ parts }: { readonly parts: Readonly<Record<string, string>> }) {
  const handle = parts.handle ?? "";
  const name = nameOf({ handle, display_name: "" });
  const safety = useSignal<Safety | null>(null);
  const fault = useSignal("");
  const differs = useSignal("");
  useEffect(() => {
    device.safety(handle).then(
      (found) => {
        safety.value = found;
      },
      (error: unknown) => {
        fault.value = whyNot(error, name);
      },
    );
  }, [handle]);
  async function compare(text: string): Promise<void> {
    differs.value = "";
    try {
      safety.value = await device.verify(handle, text);
    } catch (error) {
      differs.value = whyNot(error, name);
    }
  }
  async function goOn(number: string): Promise<void> {
    differs.value = "";
    try {
      safety.value = await device.acceptAnew(handle, number);
    } catch (error) {
      differs.value = whyNot(error, name);
    }
  }
  const found = safety.value;
  return (
    <Screen
      title={sayKeys("safety.with", { name })}
      under={`/people/${encodeURIComponent(handle)}`}
    >
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      {found === null && fault.value === "" && <Waiting />}
      {found !== null && (
        <>
          {found.beganAnew && (
            <section class="card">
              <Fault>{sayKeys("safety.changed", { name })}</Fault>
              <p>{sayKeys("safety.anew")}</p>
              <Button kind="quiet" onClick={() => goOn(found.number)}>
                {sayKeys("safety.go_on")}
              </Button>
            </section>
          )}
          <section class="card">
            <p class="handle centred" dir="ltr">
              {handle}
            </p>
            <p>{sayKeys("safety.says")}</p>
            <Digits number={found.number} />
            <QrCode text={found.number} label={sayKeys("safety.qr")} />
            {found.compared ? (
              <p class="good" role="status">
                <Icon name="check" />
                {sayKeys("safety.agreed", { name })}
              </p>
            ) : (
              <p class="quiet" role="status">
                {sayKeys("safety.not")}
              </p>
            )}
            <p class="quiet fine">{sayKeys("safety.limit")}</p>
          </section>
          <section class="card" aria-labelledby="compare">
            <h2 id="compare">{sayKeys("safety.scan")}</h2>
            <Scanner
              onFound={compare}
              fault={differs}
              paste={sayKeys("safety.typed")}
              go={sayKeys("safety.do")}
            />
          </section>
        </>
      )}
    </Screen>
  );
}
