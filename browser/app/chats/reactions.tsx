/** What stands under a message: each emoji once, how often, and whether one's own is there. */

import type { Chat, Message } from "../../worker/device_client.ts";
import { device } from "../device.ts";
import { about } from "../keys/doubt.tsx";
import { attempt } from "../parts/toast.tsx";
import { inRow, number } from "../words/index.ts";
import { saySaid } from "./words.ts";

/** Whether this emoji of one's own stands there. */
export function hasReacted(message: Message, emoji: string, mine: string): boolean {
  return message.reactions.some((one) => one.emoji === emoji && one.actors.includes(mine));
}

interface Props {
  readonly message: Message;
  readonly others: Chat["others"];
  readonly mine: string;
}

export function Reactions({ message, others, mine }: Props) {
  if (message.reactions.length === 0) return null;
  const nameOf = (actor: string) => (actor === mine ? saySaid("you") : about(others, actor).name);
  return (
    <ul class="reactions">
      {message.reactions.map(({ emoji, actors }) => {
        const isMine = actors.includes(mine);
        const names = inRow(actors.map(nameOf));
        return (
          <li key={emoji}>
            <button
              type="button"
              class="reaction"
              aria-pressed={isMine}
              aria-label={saySaid(isMine ? "reaction.take" : "reaction", { emoji, names })}
              onClick={() => attempt(() => device.react(message.chat, message, emoji, !isMine))}
            >
              <span aria-hidden="true">{emoji}</span>
              {actors.length > 1 && <span aria-hidden="true">{number(actors.length)}</span>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
