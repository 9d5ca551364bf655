/** A line where one reads and writes, for whoever's browser has no keys, or whose words are not on paper. */

import { Icon } from "../parts/icon.tsx";
import { at } from "../router.ts";
import { type Key, say } from "../words/index.ts";
import { useKeys } from "./standing.ts";

function Line({ says, does, to }: { readonly says: Key; readonly does: Key; readonly to: string }) {
  return (
    <p class="key-notice" role="note">
      <Icon name="lock" />
      <span>{say(says)}</span>
      <a href={at(to)}>{say(does)}</a>
    </p>
  );
}

/** What this browser cannot read, and why. */
export function NoKeysNotice() {
  const view = useKeys().view.value;
  if (view?.stand === "unlisted") {
    return <Line says="keys.unlisted" does="keys.do" to="/settings/keys" />;
  }
  if (view?.stand !== "none" || view.isPublished !== true) return null;
  return <Line says="keys.none" does="keys.do" to="/settings/keys" />;
}

/** A nudge, and no wall. */
export function PaperNudge() {
  const view = useKeys().view.value;
  if (view?.stand !== "listed" || view.isWritten) return null;
  return <Line says="keys.nudge" does="keys.nudge.do" to="/settings/keys" />;
}
