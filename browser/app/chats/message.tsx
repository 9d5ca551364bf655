/** One message as it is read: its words, when, and where one's own are on their way, with the reason. */

import type {
  Chat,
  Gap,
  HistoryItem,
  Message,
  Quoted,
  SentState,
} from "../../worker/device_client.ts";
import { lineOf } from "../groups/happened.ts";
import { about } from "../keys/doubt.tsx";
import { postIn } from "../linked.ts";
import { Button } from "../parts/form.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { later } from "../parts/later.tsx";
import { locale, say } from "../words/index.ts";
import { explainValue } from "../words/problems.ts";
import { gistOf } from "./gist.ts";
import { keyOf } from "./items.ts";
import { whyHeld, whyReturned, whyUnfetched } from "./kept.ts";
import { PostCard } from "./post_card.tsx";
import { Reactions } from "./reactions.tsx";
import { Said } from "./said.tsx";
import { useTouch } from "./touch.ts";
import { saySaid } from "./words.ts";

const MessageFiles = later(async () => (await import("../files/shown.tsx")).MessageFiles);

/** The kind of what was taken back. */
const GONE = "Tombstone";

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
  readonly mine: string;
  /** Whose words they are is said above them: there are several others. */
  readonly showsSender: boolean;
  readonly onRetry: (message: Message) => unknown;
  readonly onMenu: (message: Message) => unknown;
  readonly onReply: (message: Message) => unknown;
  /** Go to what a message answers. */
  readonly onQuoted: (quoted: Quoted) => unknown;
}

/** What a message answers: a way to it. */
function Answered({
  quoted,
  others,
  mine,
  onQuoted,
}: { readonly quoted: Quoted } & Pick<Props, "others" | "mine" | "onQuoted">) {
  if (!quoted.isHere) return <p class="quoted">{saySaid("answer.gone")}</p>;
  const { actor, kind } = quoted;
  const name = actor === mine ? saySaid("you") : about(others, actor).name;
  const words = kind === GONE ? saySaid("gone") : gistOf(quoted);
  return (
    <button type="button" class="quoted" onClick={() => onQuoted(quoted)}>
      <span class="sr">{saySaid("answer.to")}</span>
      <bdi class="person-name">{name}</bdi>
      <span dir="auto">{words}</span>
    </button>
  );
}

function Bubble({ message, props }: { readonly message: Message; readonly props: Props }) {
  const { others, mine, onRetry, onQuoted } = props;
  const { answers } = message;
  const post = postIn(message.text);
  return (
    <div class="bubble">
      {answers !== null && (
        <Answered quoted={answers} others={others} mine={mine} onQuoted={onQuoted} />
      )}
      {message.files.length > 0 && <MessageFiles message={message} />}
      <Said message={message} />
      {post !== "" && <PostCard id={post} />}
      <p class="message-foot">
        {message.isChanged && <span>{saySaid("changed")}</span>}
        <Time at={message.at} />
        <State message={message} others={others} onRetry={() => onRetry(message)} />
      </p>
    </div>
  );
}

function Time({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{time(at)}</time>;
}

export function HistoryLine(props: Props) {
  const { item, others, mine, showsSender, onMenu, onReply } = props;
  const touch = useTouch(
    () => item.is === "message" && onMenu(item),
    () => item.is === "message" && onReply(item),
  );
  if (item.is === "gap") return <GapLine gap={item} />;
  if (item.is === "line") {
    return (
      <li class="happened">
        <span>{lineOf(item, (actor) => (actor === mine ? "" : about(others, actor).name))}</span>
      </li>
    );
  }
  const name = item.actor === mine ? "message mine" : "message";
  if (item.kind === GONE) {
    return (
      <li class={name} tabIndex={-1} data-key={keyOf(item)}>
        <p class="bubble gone">
          <span>{saySaid("gone")}</span>
          <Time at={item.at} />
        </p>
      </li>
    );
  }
  return (
    <li
      class={name}
      tabIndex={-1}
      data-key={keyOf(item)}
      onContextMenu={(event) => {
        // A link keeps the browser's own menu, and so do words that are marked.
        const isLink = event.target instanceof Element && event.target.closest("a") !== null;
        if (isLink || getSelection()?.isCollapsed === false) return;
        event.preventDefault();
        onMenu(item);
      }}
      {...touch}
    >
      <div class="message-whole">
        {showsSender && item.actor !== mine && (
          <bdi class="sender">{about(others, item.actor).name}</bdi>
        )}
        <Bubble message={item} props={props} />
        <Reactions message={item} others={others} mine={mine} />
      </div>
      <button
        type="button"
        class="round message-more"
        aria-haspopup="dialog"
        aria-label={saySaid("more")}
        onClick={() => onMenu(item)}
      >
        <Icon name="more" />
      </button>
    </li>
  );
}
