/** What people said below a post, in threads, and one's own word. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import { me } from "../accounts.ts";
import type { Post } from "../api_types.ts";
import { List } from "../lists.ts";
import { isAway, keepForLater } from "../outbox.tsx";
import { Avatar, nameOf, pageOf } from "../parts/avatar.tsx";
import { useDeed } from "../parts/deed.ts";
import { question, Sheet } from "../parts/dialog.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { RichText } from "../parts/rich.tsx";
import { Empty, Waiting } from "../parts/screen.tsx";
import { Scrolling } from "../parts/scrolling.tsx";
import { attempt } from "../parts/toast.tsx";
import { leftOf } from "../parts/typed.ts";
import { sayWritten } from "../post/words.ts";
import { Earlier, Written } from "../post/written.ts";
import { ago, say, short } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { comment, commentOn, edit, remove, report, toggleLike, versions } from "./deeds.ts";
import { hiddenBy } from "./hidden.ts";
import { type Thread, threaded } from "./post_parts.ts";

const DEEPEST = 3; // further answers stand beside what they answer: a phone is narrow

interface CommentDeeds {
  readonly answer: (to: Post) => void;
  readonly like: (post: Post) => void;
  readonly remove: (post: Post) => void;
  readonly edit: (post: Post) => void;
  readonly versions: (post: Post) => void;
}

function Comment({ thread, deeds }: { readonly thread: Thread; readonly deeds: CommentDeeds }) {
  const { post, answers } = thread;
  const isHidden = useSignal(hiddenBy(post) !== "");
  return (
    <li class="comment">
      <div class="comment-self">
        <Avatar person={post.author} size={36} />
        <div class="comment-body">
          <p class="comment-head">
            <a href={pageOf(post.author.handle)}>
              <bdi>{nameOf(post.author)}</bdi>
            </a>
            <time dateTime={post.published}>{ago(post.published)}</time>
            {post.updated && (
              <button type="button" class="comment-changed" onClick={() => deeds.versions(post)}>
                {say("feed.changed")}
              </button>
            )}
          </p>
          {isHidden.value ? (
            <button type="button" class="clip-more" onClick={() => (isHidden.value = false)}>
              {hiddenBy(post)} · {say("feed.show")}
            </button>
          ) : (
            <RichText html={post.content} lang={post.lang} />
          )}
          <p class="comment-deeds">
            <button type="button" onClick={() => deeds.answer(post)}>
              {say("comments.answer")}
            </button>
            {post.author.id === me.value?.actor ? (
              <>
                <button type="button" onClick={() => deeds.edit(post)}>
                  {say("feed.edit")}
                </button>
                <button type="button" onClick={() => deeds.remove(post)}>
                  {say("delete")}
                </button>
              </>
            ) : (
              <button type="button" onClick={() => attempt(() => report(post))}>
                {say("report")}
              </button>
            )}
          </p>
        </div>
        <button
          type="button"
          class="comment-like"
          aria-pressed={post.liked}
          aria-label={`${say("feed.like")}: ${short(post.likes)}`}
          onClick={() => deeds.like(post)}
        >
          <Icon name="heart" filled={post.liked} />
          {post.likes > 0 && <span>{short(post.likes)}</span>}
        </button>
      </div>
      {answers.length > 0 && (
        <ol class="answers">
          {answers.map((one) => (
            <Comment key={one.post.id} thread={one} deeds={deeds} />
          ))}
        </ol>
      )}
    </li>
  );
}

interface Props {
  readonly post: Post;
  readonly onClose: () => void;
  /** One comment more or less stands below the post. */
  readonly onCount: (change: number) => void;
}

export function Comments({ post, onClose, onCount }: Props) {
  const list = useMemo(
    () => new List<Post>("/comments", { of: post.id }, (one) => one.id),
    [post.id],
  );
  const text = useSignal("");
  const to = useSignal<Post | null>(null);
  const fault = useSignal("");
  const { busy, begin } = useDeed();
  const written = useMemo(() => new Written(comment), [post.id]);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => void list.more(), [list]);

  async function send(): Promise<void> {
    const sent = text.value;
    const words = sent.trim();
    if (words === "") return;
    fault.value = "";
    const answered = to.value;
    const { id } = answered ?? post;
    const isGone = () => {
      text.value = leftOf(text.value, sent);
      if (to.value === answered) to.value = null;
    };
    try {
      const made = await written.send(commentOn(id, words));
      isGone();
      if (made === null) return void list.renew(); // it stands there, and nobody can say as what
      list.prepend(made);
      onCount(1);
    } catch (error) {
      if (isAway(error)) {
        keepForLater("/comments", commentOn(id, words), written.key);
        written.begin();
        isGone();
      } else if (error instanceof Earlier) {
        written.begin();
        fault.value = sayWritten("earlier.comment");
        void list.renew();
      } else fault.value = explain(error);
    }
  }

  const deeds: CommentDeeds = {
    answer: (one) => {
      to.value = one;
      field.current?.focus();
    },
    edit: (one) => void attempt(() => edit(one, list)),
    versions: (one) => void attempt(() => versions(one)),
    like: (one) => void toggleLike(one, (next) => list.replace(next)),
    remove: (one) =>
      question(say("comments.remove"), <p>{say("delete.says")}</p>, [
        {
          words: say("delete"),
          kind: "alarm",
          act: async () => {
            await remove(one, list);
            onCount(-1);
          },
        },
      ]),
  };
  const threads = threaded(list.items.value, post.id, DEEPEST);
  const state = list.state.value;
  return (
    <Sheet title={say("feed.comments")} kind="edge" onClose={onClose}>
      <Scrolling class="comments" label={say("feed.comments")}>
        {threads.length === 0 && state === "end" && (
          <Empty title={say("comments.none")}>
            <p>{say("comments.first")}</p>
          </Empty>
        )}
        <ol class="lines">
          {threads.map((thread) => (
            <Comment key={thread.post.id} thread={thread} deeds={deeds} />
          ))}
        </ol>
        {state === "loading" && <Waiting />}
        {state === "failed" && <Fault>{explain(list.fault.value)}</Fault>}
        {(state === "ready" || state === "failed") && (
          <Button kind="quiet" size="wide" onClick={() => list.more()}>
            {say(state === "failed" ? "retry" : "more")}
          </Button>
        )}
      </Scrolling>
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          void begin(send);
        }}
      >
        {to.value !== null && (
          <p class="composer-to">
            <span>{say("comments.to", { name: nameOf(to.value.author) })}</span>
            <button
              type="button"
              class="round small"
              aria-label={say("cancel")}
              onClick={() => {
                to.value = null;
              }}
            >
              <Icon name="close" />
            </button>
          </p>
        )}
        {fault.value !== "" && <Fault>{fault.value}</Fault>}
        <div class="composer-row">
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            aria-label={say("comments.write")}
            placeholder={say("comments.write")}
            value={text.value}
            maxLength={5000}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
                event.preventDefault();
                void begin(send);
              }
            }}
          />
          <button
            type="submit"
            class="round main"
            aria-label={say("send")}
            disabled={text.value.trim() === ""}
            aria-busy={busy.value}
          >
            <Icon name="send" />
          </button>
        </div>
      </form>
    </Sheet>
  );
}
