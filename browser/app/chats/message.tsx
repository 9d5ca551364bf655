/** One message as it is read: its words, when, and where one's own are on their way, with the reason. */

import type { Gap, HistoryItem, Message, Problem } from "../../worker/device_client.ts";
import { linked, postIn } from "../linked.ts";
import { Button } from "../parts/form.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { locale, say } from "../words/index.ts";
import { explainValue } from "../words/problems.ts";
import { whyHeld } from "./kept.ts";
import { PostCard } from "./post_card.tsx";

function time(at: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit" }).format(at);
}

/** The day of an item, where it is another one than that of the item before. */
export function dayOf(item: HistoryItem, before: HistoryItem | undefined): string {
  const day = (at: number) => new Date(at).toDateString();
  if (before !== undefined && day(before.at) === day(item.at)) return "";
  return new Intl.DateTimeFormat(locale(), { dateStyle: "full" }).format(item.at);
}

const SIGNS: Readonly<Record<NonNullable<Message["state"]>["is"], IconName>> = {
  waiting: "clock",
  atOurNode: "check",
  atTheirNode: "check",
  refused: "alert",
  returned: "back",
};

function State({
  message,
  onRetry,
}: {
  readonly message: Message;
  readonly onRetry: () => unknown;
}) {
  const { state } = message;
  if (state === null) return null;
  const because: Problem | null = "because" in state ? state.because : null;
  return (
    <>
      <span class={`sent-state ${state.is}`}>
        <Icon name={SIGNS[state.is]} />
        <span class={["waiting", "refused", "returned"].includes(state.is) ? "" : "sr"}>
          {say(`sent.${state.is}`)}
        </span>
      </span>
      {because !== null && (
        <span class="because">
          {state.is === "waiting" ? whyHeld(because) : explainValue(because)}
        </span>
      )}
      {state.is === "refused" && (
        <Button look="again" onClick={onRetry}>
          {say("chat.again")}
        </Button>
      )}
    </>
  );
}

function GapLine({ gap }: { readonly gap: Gap }) {
  return (
    <li class="gap">
      <Icon name="alert" />
      <span>
        {say(gap.askedAgain ? "chat.gap.asked" : "chat.gap")} {explainValue(gap.because)}
      </span>
    </li>
  );
}

interface Props {
  readonly item: HistoryItem;
  readonly isMine: boolean;
  readonly onRetry: (message: Message) => unknown;
}

export function HistoryLine({ item, isMine, onRetry }: Props) {
  if (item.is === "gap") return <GapLine gap={item} />;
  const post = postIn(item.text);
  return (
    <li class={isMine ? "message mine" : "message"}>
      <div class="bubble">
        <p class="message-text" dir="auto">
          {linked(item.text).map((part, index) =>
            typeof part === "string" ? (
              part
            ) : (
              <a
                key={index}
                href={part.href}
                target={new URL(part.href).origin === location.origin ? undefined : "_blank"}
                rel="noopener noreferrer nofollow"
              >
                {part.href}
              </a>
            ),
          )}
        </p>
        {post !== "" && <PostCard id={post} />}
        <p class="message-foot">
          <time dateTime={new Date(item.at).toISOString()}>{time(item.at)}</time>
          {isMine && <State message={item} onRetry={() => onRetry(item)} />}
        </p>
      </div>
    </li>
  );
}
