/** Somebody's code: by the camera, from a photo, or as a link that was sent. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { befriend } from "../codes/befriend.ts";
import { Scanner } from "../codes/scanner.tsx";
import { sayCode } from "../codes/words.ts";
import { homeNode } from "../home_node.ts";
import { Screen } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { at, go } from "../router.ts";
import { codeIn, whoIn } from "../who.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";

export function ScanScreen() {
  const fault = useSignal("");
  const isAsking = useRef(false);
  async function found(text: string): Promise<void> {
    if (isAsking.current) return; // the camera sees it again and again
    const who = whoIn(text, homeNode.value?.domain ?? location.host);
    if (who === "") {
      fault.value = sayCode("scan.other");
      return;
    }
    const code = codeIn(text);
    isAsking.current = true;
    try {
      if (code !== "") {
        const { is, name } = await befriend(who, code);
        if (is === "own" || is === "blocked") {
          fault.value = sayCode(is, { name });
          return;
        }
        tell(sayCode(is, { name }));
      }
      go(`/people/${encodeURIComponent(who)}`, true);
    } catch (error) {
      fault.value = explain(error);
    } finally {
      isAsking.current = false;
    }
  }
  return (
    <Screen title={say("people.scan")} under="/people">
      <section class="card">
        <Scanner
          onFound={found}
          fault={fault}
          paste={sayCode("scan.paste")}
          go={say("people.search.do")}
        />
      </section>
      <p class="centred">
        <a href={at("/code")}>{say("people.code")}</a>
      </p>
    </Screen>
  );
}
