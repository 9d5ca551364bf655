/** What happened to a chat, or to all: it stands there until one puts it away (APP-6.3). */

import type { Chat, News } from "../../worker/device_client.ts";
import { device } from "../device.ts";
import { spoilt } from "../groups/happened.ts";
import { about } from "../keys/doubt.tsx";
import { sayKeys } from "../keys/words.ts";
import { Icon } from "../parts/icon.tsx";
import { attempt } from "../parts/toast.tsx";
import { chats, newsOf } from "./chats.ts";
import { happened } from "./happened.ts";

/** Where the focus goes when `line` is put away: to the next one's button, else to the heading above. */
function afterLine(line: Element | null): HTMLElement | null {
  const next = line?.nextElementSibling?.querySelector("button") ?? null;
  return next ?? line?.closest(".chat-list, .conversation")?.querySelector("h1") ?? null;
}

async function putAway(id: string, button: HTMLElement): Promise<void> {
  const next = afterLine(button.parentElement);
  const isDone = await attempt(() => device.putAway(id));
  // Not away from where somebody went meanwhile.
  const now = document.activeElement;
  if (isDone && (now === button || now === document.body)) next?.focus();
}

function Line({ one, others }: { readonly one: News; readonly others: Chat["others"] }) {
  const nameOf = (actor: string) => about(others, actor).name;
  const words =
    one.event.is === "GroupSpoilt" ? spoilt(one.event.by, nameOf) : happened(one.event, nameOf);
  return (
    <div class="key-notice">
      <Icon name="alert" />
      <span>{words}</span>
      <button
        type="button"
        class="button quiet small"
        onClick={(event) => putAway(one.id, event.currentTarget)}
      >
        {sayKeys("told.away")}
      </button>
    </div>
  );
}

/** Of `chat`, or (null) of all chats. */
export function Told({ chat }: { readonly chat: Chat | null }) {
  const others = chat?.others ?? (chats.value ?? []).flatMap((one) => one.others);
  return (
    <div role="status">
      {newsOf(chat?.id ?? "").map((one) => (
        <Line key={one.id} one={one} others={others} />
      ))}
    </div>
  );
}
