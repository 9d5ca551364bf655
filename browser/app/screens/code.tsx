/** One's own code: whoever stands beside one and scans it is a friend at once (GRA-7). */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { me } from "../accounts.ts";
import { freshCode } from "../codes/befriend.ts";
import { QrCode } from "../codes/qr.tsx";
import { sayCode } from "../codes/words.ts";
import { device } from "../device.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";

const RETRY_MS = 15_000;

/** The address may go to anybody; the code is a key to one's friendship. What was copied is said. */
function Copy({ what, words }: { what: string; words: "code.address" | "code.copy" }) {
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(what);
    tell(sayCode(words === "code.address" ? "code.address.copied" : "code.copied"));
  }
  return (
    <Button kind="quiet" onClick={() => attempt(copy)}>
      <Icon name="link" />
      {sayCode(words)}
    </Button>
  );
}

export function CodeScreen() {
  const who = me.value;
  // Without a line it is the address alone: it leads to one, and befriends nobody.
  const code = useSignal("");
  const address = `${location.origin}/@${who?.name ?? ""}`;
  const link =
    code.value === ""
      ? address
      : `${location.origin}${at(`/code/@${who?.name ?? ""}`)}#f=${code.value}`;
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
      const isFriend =
        event.is === "node" && event.kind === "friendship" && event.data.state === "friend";
      // This one may have been used, or have ended while the page slept.
      if (isFriend || event.is === "missed") void renew();
    });
    void renew();
    return () => {
      clearTimeout(next);
      deaf();
    };
  }, []);
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
        <QrCode text={link} label={sayCode("code.label", { link })} />
        <p class="quiet" role="status">
          {sayCode(code.value === "" ? "address_only" : "shown")}
        </p>
        <div class="ways column">
          <Copy what={address} words="code.address" />
          {code.value !== "" && <Copy what={link} words="code.copy" />}
          <a class="button quiet" href={at("/scan")}>
            <Icon name="camera" />
            {say("people.scan")}
          </a>
        </div>
      </section>
    </Screen>
  );
}
