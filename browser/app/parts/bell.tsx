/** The way to what happened, with how much of it nobody has seen. */

import { unseen } from "../notices/unseen.ts";
import { at } from "../router.ts";
import { number, say } from "../words/index.ts";
import { Icon } from "./icon.tsx";

/** So many unread. */
export function Count({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return (
    <span class="count">
      {number(count)}
      <span class="sr"> {say("chats.unread")}</span>
    </span>
  );
}

/** At the top of the main places of a phone; on a wider screen it stands among these. */
export function Bell() {
  return (
    <a class="round bell" href={at("/notices")}>
      <Icon name="bell" />
      <span class="sr">{say("nav.notices")}</span>
      <Count count={unseen.value} />
    </a>
  );
}
