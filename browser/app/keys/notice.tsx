/** A line where one reads and writes, for whoever's browser has no keys, or whose words are not on paper. */

import type { KeysView } from "../../worker/key_questions.ts";
import { Icon } from "../parts/icon.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";
import { explainValue } from "../words/problems.ts";
import { useArchive, useKeys } from "./standing.ts";
import { sayKeys } from "./words.ts";

interface LineProps {
  readonly says: string;
  readonly does: string;
  readonly to: string;
}

function Line({ says, does, to }: LineProps) {
  return (
    <p class="key-notice" role="note">
      <Icon name="lock" />
      <span>{says}</span>
      <a href={at(to)}>{does}</a>
    </p>
  );
}

/** What this browser cannot read, and why. */
export function NoKeysNotice() {
  const view = useKeys().view.value;
  if (view?.stand === "unlisted") {
    return <Line says={say("keys.unlisted")} does={say("keys.do")} to="/settings/keys" />;
  }
  if (view?.stand !== "none" || view.isPublished !== true) return null;
  return <Line says={say("keys.none")} does={say("keys.do")} to="/settings/keys" />;
}

/** That the keys or the archive wait, and why, for as long as it is so: talk goes on (APP-6.4). */
export function HeldNotice() {
  const keys = useKeys().view.value;
  const archive = useArchive().value;
  const held = keys?.stand === "listed" ? keys.trouble : null;
  const waits = archive?.isOn === true ? archive.held : null;
  const missing = archive?.missing ?? 0;
  return (
    <>
      {held !== null && (
        <Line
          says={`${sayKeys("told.keys")} ${explainValue(held)}`}
          does={say("keys.do")}
          to="/settings/keys"
        />
      )}
      {waits !== null && (
        <Line
          says={`${sayKeys("told.archive")} ${explainValue(waits)}`}
          does={say("keys.do")}
          to="/settings/messages"
        />
      )}
      {missing > 0 && (
        <Line
          says={sayKeys("archive.missing", { count: missing })}
          does={say("keys.do")}
          to="/settings/messages"
        />
      )}
    </>
  );
}

/** A nudge, and no wall. */
export function PaperNudge({ view }: { readonly view: KeysView | null }) {
  if (view?.stand !== "listed" || view.isWritten) return null;
  return <Line says={say("keys.nudge")} does={say("keys.nudge.do")} to="/settings/keys" />;
}
