/** What both devices show once they know of each other: numbers, names, and a yes. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { LinkMet, LinkSide } from "../../worker/key_questions.ts";
import { me } from "../accounts.ts";
import { device } from "../device.ts";
import { Button, Fault, Field, Form } from "../parts/form.tsx";
import { Waiting } from "../parts/screen.tsx";
import { sayKeys } from "./words.ts";

/** `@name@host` of an account of this node; its id where the node does not say. */
async function addressOf(actor: string): Promise<string> {
  const { host, pathname } = new URL(actor);
  if (host !== location.host) return actor;
  const asked = await fetch(pathname, { headers: { Accept: "application/activity+json" } });
  const found = (await asked.json()) as { readonly preferredUsername?: string };
  return found.preferredUsername === undefined ? actor : `@${found.preferredUsername}@${host}`;
}

const YES = { old: "link.let", new: "link.become.do" } as const;

function OwnNumber({ met }: { readonly met: LinkMet }) {
  return (
    <p class="link-number">
      <span>{sayKeys("link.number")}</span>
      <strong dir="ltr">
        {met.number.slice(0, 3)} {met.number.slice(3)}
      </strong>
    </p>
  );
}

interface WhoseProps {
  readonly met: LinkMet;
  readonly side: LinkSide;
  /** Whether this browser is still to be asked. */
  readonly isAsked: boolean;
}

function Whose({ met, side, isAsked }: WhoseProps) {
  const account = useSignal(met.actor);
  useEffect(() => {
    if (side === "old") return;
    addressOf(met.actor).then(
      (address) => {
        account.value = address;
      },
      () => undefined, // its id is shown
    );
  }, [met.actor]);
  if (side === "new") {
    const here = me.value;
    if (!isAsked) return <p>{sayKeys("link.account", { account: account.value })}</p>;
    return (
      <>
        <p class="lead">{sayKeys("link.become", { account: account.value })}</p>
        {here !== null && here.actor !== met.actor && (
          <p>{sayKeys("link.become.other", { me: here.address, account: account.value })}</p>
        )}
      </>
    );
  }
  return (
    <>
      <p class="lead">{sayKeys("link.asks", { name: met.name })}</p>
      <p>{sayKeys("link.before")}</p>
    </>
  );
}

interface MetProps {
  /** What this linking is called. */
  readonly linking: string;
  readonly met: LinkMet;
  readonly side: LinkSide;
  /** The number was right, or need not be typed, and this person said yes. */
  readonly onSure: () => Promise<void>;
  readonly onEnd: (error: unknown) => void;
  readonly onNo: () => void;
}

function Typed({ linking, side, onSure, onEnd }: MetProps) {
  const number = useSignal("");
  const isWrong = useSignal(false);
  async function send(): Promise<void> {
    isWrong.value = false;
    try {
      if (await device.linkType(linking, number.value)) return await onSure();
      number.value = "";
      isWrong.value = true;
    } catch (error) {
      onEnd(error);
    }
  }
  return (
    <Form send={sayKeys(YES[side])} onSend={send}>
      <Field
        label={sayKeys("link.type")}
        hint={sayKeys("link.type.hint")}
        name="number"
        plain
        required
        autocomplete="off"
        value={number.value}
        onValue={(text) => {
          number.value = text;
        }}
      />
      {isWrong.value && <Fault>{sayKeys("link.typed_wrong")}</Fault>}
    </Form>
  );
}

/** Asked in every case: also a code that was scanned may be somebody else's, who mailed it. */
export function Met(props: MetProps) {
  const { met, side, onSure, onNo } = props;
  return (
    <section class="card link-card">
      <Whose met={met} side={side} isAsked />
      <OwnNumber met={met} />
      {met.mustType && <Typed {...props} />}
      <div class="ways">
        {!met.mustType && <Button onClick={onSure}>{sayKeys(YES[side])}</Button>}
        <Button kind="quiet" onClick={onNo}>
          {sayKeys("link.no")}
        </Button>
      </div>
    </section>
  );
}

/** The new one's number stays: where the other one showed the code, it is typed there now. */
export function Finishing({ met, side }: { readonly met: LinkMet; readonly side: LinkSide }) {
  return (
    <section class="card link-card">
      <Whose met={met} side={side} isAsked={false} />
      <OwnNumber met={met} />
      <p class="centred">{sayKeys(side === "new" ? "link.confirm" : "link.letting")}</p>
      <Waiting />
    </section>
  );
}
