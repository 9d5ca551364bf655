/** Two devices of one person: the new one is let in by the other, whichever of them shows its code (spec LNK). */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { LinkMet, LinkShown, LinkSide } from "../../worker/key_questions.ts";
import { me } from "../accounts.ts";
import { QrCode } from "../codes/qr.tsx";
import { Scanner } from "../codes/scanner.tsx";
import { device } from "../device.ts";
import { deviceName, settled } from "../entering.ts";
import { Finishing, Met } from "../keys/link_steps.tsx";
import { sayKeys } from "../keys/words.ts";
import { Button, Fault } from "../parts/form.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { go, place } from "../router.ts";
import { explain } from "../words/problems.ts";

/** The code in two halves, to be read out. */
const spoken = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

type Stage =
  | { readonly is: "begin" }
  | { readonly is: "reading" }
  | { readonly is: "shown"; readonly shown: LinkShown }
  | { readonly is: "met"; readonly met: LinkMet }
  | { readonly is: "finishing"; readonly met: LinkMet }
  | { readonly is: "failed"; readonly why: string };

function Shown({ shown, side }: { readonly shown: LinkShown; readonly side: LinkSide }) {
  return (
    <section class="card link-card" aria-labelledby="shown">
      <h2 id="shown">{sayKeys(side === "new" ? "link.new" : "link.old")}</h2>
      <p>{sayKeys(side === "new" ? "link.new.says" : "link.old.says")}</p>
      <QrCode text={shown.link} label={sayKeys("link.qr")} />
      <p class="centred">{sayKeys("link.code", { code: spoken(shown.code) })}</p>
      <output class="told-link" dir="ltr">
        {shown.link}
      </output>
      <p class="quiet centred" role="status">
        {sayKeys("link.waits")}
      </p>
    </section>
  );
}

/** Whoever came by the link is asked first: anybody may lead one to a link. */
function Opened({ onYes }: { readonly onYes: () => unknown }) {
  return (
    <section class="card">
      <p class="lead">{sayKeys("link.opened")}</p>
      <Button onClick={onYes}>{sayKeys("link.opened.do")}</Button>
    </section>
  );
}

function useLinking(side: { readonly current: LinkSide }) {
  const stage = useSignal<Stage>({ is: "begin" });
  /** Why what was read is no good: said where one reads again. */
  const fault = useSignal("");
  // What this tab says is for the linking that it shows, whatever another one began since.
  const linking = useRef("");
  const isHere = useRef(true);
  useEffect(() => {
    return () => {
      isHere.current = false;
      void device.linkEnd(linking.current).catch(() => undefined);
    };
  }, []);
  const fail = (error: unknown) => {
    if (isHere.current) stage.value = { is: "failed", why: explain(error) };
  };
  function began(): string {
    linking.current = crypto.randomUUID();
    return linking.current;
  }
  async function show(): Promise<void> {
    fault.value = "";
    try {
      const id = began();
      const shown = await device.linkShow(id, side.current, deviceName());
      stage.value = { is: "shown", shown };
      device.linkMeet(id).then((met) => {
        if (isHere.current) stage.value = { is: "met", met };
      }, fail);
    } catch (error) {
      fail(error);
    }
  }
  async function read(text: string, isScanned: boolean): Promise<void> {
    if (stage.peek().is === "reading") return; // the camera sees it again and again
    fault.value = "";
    stage.value = { is: "reading" };
    try {
      const met = await device.linkRead(began(), side.current, text, isScanned, deviceName());
      stage.value = { is: "met", met };
    } catch (error) {
      fault.value = explain(error);
      stage.value = { is: "begin" };
    }
  }
  async function finish(met: LinkMet): Promise<void> {
    stage.value = { is: "finishing", met };
    try {
      const account = await device.linkFinish(linking.current);
      if (account === null) {
        tell(sayKeys("link.let_in", { name: met.name }));
        go("/settings/devices", true);
        return;
      }
      await settled();
      void device.persist().catch(() => undefined);
      tell(sayKeys("link.done"));
      go("/chats", true);
    } catch (error) {
      fail(error);
    }
  }
  function again(): void {
    void device.linkEnd(linking.current).catch(() => undefined);
    stage.value = { is: "begin" };
  }
  return { stage, linking, fault, show, read, finish, fail, again };
}

interface BeginProps {
  readonly side: LinkSide;
  readonly linking: ReturnType<typeof useLinking>;
  /** What stood behind the # of the link that one said yes to. */
  readonly answered: Signal<string>;
}

function Begin({ side, linking, answered }: BeginProps) {
  const { fragment } = place.value;
  if (fragment.startsWith("1.") && answered.value !== fragment) {
    const link = `${location.origin}/link#${fragment}`;
    return (
      <Opened
        onYes={() => {
          answered.value = fragment;
          return linking.read(link, false); // whoever made it may have sent it
        }}
      />
    );
  }
  return (
    <section class="card" aria-labelledby="begin">
      <h2 id="begin">{sayKeys(side === "new" ? "link.new" : "link.old")}</h2>
      <p>{sayKeys(side === "new" ? "none.link.says" : "link.old.says")}</p>
      <Button onClick={linking.show}>{sayKeys("link.show")}</Button>
      <h3>{sayKeys("link.scan")}</h3>
      <Scanner
        onFound={linking.read}
        fault={linking.fault}
        paste={sayKeys("link.paste")}
        go={sayKeys("link.read")}
      />
    </section>
  );
}

export function LinkScreen() {
  const { query, fragment } = place.value;
  // Whoever is logged in by a password alone may be let in, too; that is not for a link to say that was opened.
  const isAsked = query.has("new") && fragment === "";
  const wanted: LinkSide = me.value === null || isAsked ? "new" : "old";
  const begun = useRef(wanted);
  const linking = useLinking(begun);
  const answered = useSignal("");
  const now = linking.stage.value;
  // What one began goes on as that, whoever logs in or out meanwhile.
  if (now.is === "begin") begun.current = wanted;
  const side = begun.current;
  return (
    <Screen title={sayKeys("link")} under={me.value === null ? "/login" : "/settings/devices"}>
      {now.is === "begin" && <Begin side={side} linking={linking} answered={answered} />}
      {now.is === "reading" && <Waiting />}
      {now.is === "shown" && <Shown shown={now.shown} side={side} />}
      {now.is === "met" && (
        <Met
          met={now.met}
          side={side}
          linking={linking.linking.current}
          onSure={() => linking.finish(now.met)}
          onEnd={linking.fail}
          onNo={linking.again}
        />
      )}
      {now.is === "finishing" && <Finishing met={now.met} side={side} />}
      {now.is === "failed" && (
        <section class="card">
          <Fault>{now.why}</Fault>
          <Button onClick={linking.again}>{sayKeys("link.again")}</Button>
        </section>
      )}
    </Screen>
  );
}
