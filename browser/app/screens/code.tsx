/** One's own code: whoever stands beside one and scans it is a friend at once (GRA-7). */

import { useSignal } from "@preact/signals";
import { generate } from "lean-qr";
import { useEffect, useRef } from "preact/hooks";

import { me } from "../accounts.ts";
import { freshCode } from "../codes/befriend.ts";
import { sayCode } from "../codes/words.ts";
import { device } from "../device.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";

const RETRY_MS = 15_000;

export function CodeScreen() {
  const who = me.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  // Without a line it is the address alone: it leads to one, and befriends nobody.
  const code = useSignal("");
  const address = `${location.origin}/@${who?.name ?? ""}`;
  const link = code.value === "" ? address : `${address}#f=${code.value}`;
  useEffect(() => {
    let next: ReturnType<typeof setTimeout> | undefined;
    async function renew(): Promise<void> {
      clearTimeout(next);
      const made = await freshCode().catch(() => null);
      code.value = made?.code ?? "";
      const until = made === null ? RETRY_MS : Date.parse(made.expires) - Date.now();
      next = setTimeout(renew, Math.max(RETRY_MS, until));
    }
    const deaf = device.listen((event) => {
      if (event.is !== "node" || event.kind !== "friendship") return;
      if (event.data.state !== "friend") return;
      void renew(); // this one may have been used
    });
    void renew();
    return () => {
      clearTimeout(next);
      deaf();
    };
  }, []);
  useEffect(() => {
    // Always dark on light: cameras read it in the dark theme as well.
    const options = { on: [13, 24, 22] as const, off: [255, 255, 255] as const };
    if (canvas.current !== null) generate(link).toCanvas(canvas.current, options);
  }, [link]);
  if (who === null) return null;
  return (
    <Screen title={say("people.code")} under="/people">
      <section class="card profile">
        <Avatar
          person={{ id: who.actor, handle: who.address, display_name: who.displayName, icon: "" }}
          size={64}
        />
        <p class="handle" dir="ltr">
          {who.address}
        </p>
        <div class="code">
          <canvas ref={canvas} role="img" aria-label={sayCode("code.label", { link })} />
        </div>
        <p class="quiet" role="status">
          {sayCode(code.value === "" ? "address_only" : "shown")}
        </p>
        <div class="ways centred-ways">
          <Button
            kind="quiet"
            onClick={async () => {
              await navigator.clipboard.writeText(link);
              tell(sayCode("code.copied"));
            }}
          >
            <Icon name="link" />
            {sayCode("code.copy")}
          </Button>
          <a class="button quiet" href={at("/scan")}>
            <Icon name="camera" />
            {say("people.scan")}
          </a>
        </div>
      </section>
    </Screen>
  );
}
