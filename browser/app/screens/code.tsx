/** One's own code: the address of one's page, for the camera of somebody who stands beside one. */

import { generate } from "lean-qr";
import { useEffect, useRef } from "preact/hooks";

import { me } from "../accounts.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";

export function CodeScreen() {
  const who = me.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const link = `${location.origin}/@${who?.name ?? ""}`;
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
          <canvas ref={canvas} role="img" aria-label={say("code.label", { link })} />
        </div>
        <p class="quiet">{say("code.says")}</p>
        <div class="ways centred-ways">
          <Button
            kind="quiet"
            onClick={async () => {
              await navigator.clipboard.writeText(link);
              tell(say("code.copied"));
            }}
          >
            <Icon name="link" />
            {say("code.copy")}
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
