/** One message as it is read: its words, when, and where one's own are on their way, with the reason. */

import type { Chat, Gap, HistoryItem, Message, SentState } from "../../worker/device_client.ts";
import { about } from "../keys/doubt.tsx";
import { linked, postIn } from "../linked.ts";
import { Button } from "../parts/form.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { locale, say } from "../words/index.ts";
import { explainValue } from "../words/problems.ts";
import { whyHeld, whyReturned, whyUnfetched } from "./kept.ts";
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
  unfetched: "clock",
  refused: "alert",
  returned: "back",
};

/** Why words are not with whom they are for, as far as that is known. */
function why(state: SentState, others: Chat["others"]): string {
  if (state.is === "waiting") return state.because === null ? "" : whyHeld(state.because);
  if (state.is === "refused") return explainValue(state.because);
  const nameOf = (actor: string) => about(others, actor).name;
  if (state.is === "unfetched") return whyUnfetched(state.since, nameOf);
  return state.is === "returned" ? whyReturned(state.reasons, nameOf) : "";
}

function State({
  message,
  others,
  onRetry,
}: {
  readonly message: Message;
  readonly others: Chat["others"];
  readonly onRetry: () => unknown;
}) {
  const { state } = message;
  if (state === null) return null;
  const because = why(state, others);
  return (
    <>
      <span class={`sent-state ${state.is}`}>
        <Icon name={SIGNS[state.is]} />
        <span class={["atOurNode", "atTheirNode"].includes(state.is) ? "sr" : ""}>
          {say(`sent.${state.is}`)}
        </span>
      </span>
      {because !== "" && <span class="because">{because}</span>}
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
  readonly others: Chat["others"];
  readonly isMine: boolean;
  readonly onRetry: (message: Message) => unknown;
}

export function HistoryLine({ item, others, isMine, onRetry }: Props) {
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
          {isMine && <State message={item} others={others} onRetry={() => onRetry(item)} />}
        </p>
      </div>
    </li>
  );
}
