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
function Opened({ onYes }: { readonly onYes: () => void }) {
  return (
    <section class="card">
      <p class="lead">{sayKeys("link.opened")}</p>
      <Button onClick={onYes}>{sayKeys("link.opened.do")}</Button>
    </section>
  );
}

function useLinking(side: LinkSide) {
  const stage = useSignal<Stage>({ is: "begin" });
  const isHere = useRef(true);
  useEffect(() => {
    return () => {
      isHere.current = false;
      void device.linkEnd().catch(() => undefined);
    };
  }, []);
  const fail = (error: unknown) => {
    if (isHere.current) stage.value = { is: "failed", why: explain(error) };
  };
  async function show(): Promise<void> {
    try {
      const shown = await device.linkShow(side, deviceName());
      stage.value = { is: "shown", shown };
      const met = await device.linkMeet();
      if (isHere.current) stage.value = { is: "met", met };
    } catch (error) {
      fail(error);
    }
  }
  async function read(text: string, fault: Signal<string>): Promise<void> {
    if (stage.peek().is === "reading") return; // the camera sees it again and again
    stage.value = { is: "reading" };
    try {
      stage.value = { is: "met", met: await device.linkRead(side, text, deviceName()) };
    } catch (error) {
      fault.value = explain(error);
      stage.value = { is: "begin" };
    }
  }
  async function finish(met: LinkMet): Promise<void> {
    stage.value = { is: "finishing", met };
    try {
      const account = await device.linkFinish();
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
    void device.linkEnd().catch(() => undefined);
    stage.value = { is: "begin" };
  }
  return { stage, show, read, finish, fail, again };
}

function Begin({ side, linking }: { side: LinkSide; linking: ReturnType<typeof useLinking> }) {
  const fault = useSignal("");
  const { fragment } = place.value;
  const opened = useSignal(fragment.startsWith("1."));
  const read = (text: string) => linking.read(text, fault);
  if (opened.value) {
    const link = `${location.origin}/link#${fragment}`;
    return (
      <Opened
        onYes={() => {
          opened.value = false;
          void read(link);
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
        onFound={read}
        fault={fault}
        paste={sayKeys("link.paste")}
        go={sayKeys("link.read")}
      />
    </section>
  );
}

export function LinkScreen() {
  // Whoever is logged in by a password alone may be let in, too.
  const side: LinkSide = me.value === null || place.value.query.has("new") ? "new" : "old";
  const linking = useLinking(side);
  const now = linking.stage.value;
  return (
    <Screen title={sayKeys("link")} under={me.value === null ? "/login" : "/settings/devices"}>
      {now.is === "begin" && <Begin side={side} linking={linking} />}
      {now.is === "reading" && <Waiting />}
      {now.is === "shown" && <Shown shown={now.shown} side={side} />}
      {now.is === "met" && (
        <Met
          met={now.met}
          side={side}
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
