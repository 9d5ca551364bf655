/** Somebody's page: who they are, how one stands to them, what one may see of theirs. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { me } from "../accounts.ts";
import type { Actor, Post, Relation } from "../api_types.ts";
import { gist, kindOf, mainFile } from "../feed/post_parts.ts";
import { List } from "../lists.ts";
import { mediaAddress } from "../media.ts";
import { Avatar, nameOf } from "../parts/avatar.tsx";
import { question, type Way } from "../parts/dialog.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { ListView } from "../parts/list_view.tsx";
import { RichText } from "../parts/rich.tsx";
import { Empty, Screen, Waiting } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { act, type Deed, lookUp, relationTo } from "../people.ts";
import "../pictures/sheet.ts";
import { sayPictures } from "../pictures/words.ts";
import { at } from "../router.ts";
import { useTold } from "../told.ts";
import { say, short } from "../words/index.ts";
import { explain } from "../words/problems.ts";

/** What one most likely wants, by how one stands to them. */
const FIRST: Readonly<Record<Relation["state"], readonly Deed[]>> = {
  none: ["request"],
  declined: ["request"],
  mutual: ["confirm"],
  requested: ["cancel"],
  incoming: ["accept", "decline"],
  friend: [],
  blocked: ["unblock"],
};

interface StandingProps {
  readonly relation: Relation;
  readonly isChannel: boolean;
  readonly onChange: (relation: Relation) => void;
}

/** The deeds that change much say first what they change. */
function askMore({ relation, onChange, isChannel }: StandingProps): void {
  const { person } = relation;
  const way = (deed: Deed, kind: "quiet" | "alarm"): Way => ({
    words: say(`person.${deed}`),
    kind,
    act: async () => onChange(await act(deed, person.id)),
  });
  const ways: Way[] = [];
  if (relation.following !== "") ways.push(way("unfollow", "quiet"));
  else if (relation.state !== "blocked") ways.push(way("follow", "quiet"));
  if (relation.follower) ways.push(way("sendAway", "quiet"));
  if (relation.state === "friend") ways.push(way("unfriend", "alarm"));
  if (relation.state !== "blocked") ways.push(way("block", "alarm"));
  const mute = async () => (await import("../mutes/ask.tsx")).askMute(person);
  ways.push({ words: say("mute"), kind: "quiet", act: mute });
  const report = async () => (await import("../report/ask.tsx")).askReport(person);
  ways.push({ words: say("report"), kind: "quiet", act: report });
  const name = nameOf(person);
  const says = (
    <>
      {relation.state === "friend" && <p>{say("person.unfriend.says", { name })}</p>}
      {!isChannel && <p>{say("person.block.says")}</p>}
    </>
  );
  question(name, says, ways);
}

function Standing(props: StandingProps) {
  const { relation, isChannel, onChange } = props;
  const { person, state } = relation;
  const first = isChannel ? (relation.following === "" ? (["follow"] as const) : []) : FIRST[state];
  return (
    <>
      {!isChannel && state !== "none" && (
        <p class="badge">
          {state === "friend" && <Icon name="check" />}
          {say(`standing.${state}`)}
        </p>
      )}
      {state === "incoming" && relation.text !== "" && (
        <p class="request-text" dir="auto">
          {relation.text}
        </p>
      )}
      <div class="ways centred-ways">
        {state === "friend" && (
          <>
            <a class="button main" href={at(`/chats/with/${encodeURIComponent(person.handle)}`)}>
              <Icon name="chats" />
              {say("person.message")}
            </a>
            <a
              class="button quiet"
              href={at(`/people/${encodeURIComponent(person.handle)}/number`)}
            >
              <Icon name="lock" />
              {say("person.number")}
            </a>
          </>
        )}
        {first.map((deed, index) => (
          <Button
            key={deed}
            kind={index === 0 && deed !== "cancel" ? "main" : "quiet"}
            onClick={() =>
              attempt(async () => {
                onChange(await act(deed, person.id));
              })
            }
          >
            {say(`person.${deed}`)}
          </Button>
        ))}
        <button
          type="button"
          class="round"
          aria-label={say("feed.more")}
          onClick={() => askMore(props)}
        >
          <Icon name="more" />
        </button>
      </div>
    </>
  );
}

function Tile({ post }: { readonly post: Post }) {
  const file = mainFile(post);
  const picture = file === null ? "" : mediaAddress(file.poster_here || (file.here ?? ""));
  const isHidden = post.sensitive || post.summary !== "";
  const isPicture = file !== null && (kindOf(file) === "image" || (file.poster_here ?? "") !== "");
  return (
    <li>
      <a class="tile" href={at(`/watch?id=${encodeURIComponent(post.id)}`)}>
        {isPicture && picture !== "" && !isHidden ? (
          <img src={picture} alt={gist(post, 80)} loading="lazy" decoding="async" />
        ) : (
          <span class="tile-words" dir="auto">
            {isHidden ? post.summary || say("feed.sensitive") : gist(post, 140)}
          </span>
        )}
        <span class="tile-likes" aria-hidden="true">
          <Icon name="heart" />
          {short(post.likes)}
        </span>
      </a>
    </li>
  );
}

function Posts({ actor }: { readonly actor: string }) {
  const list = useMemo(
    () => new List<Post>("/posts", { author: actor }, (post) => post.id),
    [actor],
  );
  return (
    <ListView list={list} class="tiles" empty={<Empty title={say("person.no_posts")} />}>
      {(post) => <Tile key={post.id} post={post} />}
    </ListView>
  );
}

/** The picture behind a profile, unless it does not come. */
function Behind({ address }: { readonly address: string }) {
  const failed = useSignal(false);
  const source = mediaAddress(address);
  if (source === "" || failed.value) return null;
  return (
    <img
      class="behind"
      src={source}
      alt=""
      width={960}
      height={320}
      onError={() => {
        failed.value = true;
      }}
    />
  );
}

function Links({ links }: { readonly links: NonNullable<Actor["links"]> }) {
  if (links.length === 0) return null;
  return (
    <ul class="profile-links" aria-label={sayPictures("links")}>
      {links.map(({ name, text, url = "" }, place) => (
        <li key={place}>
          <bdi>{name}</bdi>
          {": "}
          {url === "" ? (
            <bdi>{text}</bdi>
          ) : (
            <a href={url} target="_blank" rel="nofollow noopener noreferrer">
              <bdi>{text}</bdi>
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

export function PersonScreen({ parts }: { readonly parts: Readonly<Record<string, string>> }) {
  const handle = parts.handle ?? "";
  const actor = useSignal<Actor | null>(null);
  const relation = useSignal<Relation | null>(null);
  const fault = useSignal("");
  useEffect(() => {
    const load = async () => {
      const found = await lookUp(handle);
      actor.value = found;
      if (found.id !== me.value?.actor) relation.value = await relationTo(found.id);
    };
    load().catch((error: unknown) => {
      fault.value = explain(error);
    });
  }, [handle]);
  useTold(() => {
    const { id = "" } = actor.value ?? {};
    if (id === "" || id === me.value?.actor) return;
    relationTo(id).then(
      (next) => {
        if (actor.value?.id === id) relation.value = next;
      },
      () => undefined, // what is shown was true; the next deed says what is wrong
    );
  }, [handle]);
  const found = actor.value;
  if (found === null) {
    return (
      <Screen title={handle} under="/people">
        {fault.value === "" ? <Waiting /> : <Fault>{fault.value}</Fault>}
      </Screen>
    );
  }
  const person = relation.value?.person ?? {
    id: found.id,
    handle: found.address,
    display_name: found.display_name,
    icon: found.icon,
    icon_here: found.icon_here ?? "",
  };
  return (
    <Screen title={nameOf(person)} under="/people" width="wide">
      <section class="card profile">
        <Behind address={found.header_here ?? ""} />
        <Avatar person={person} size={96} />
        <p class="handle" dir="ltr">
          {found.address}
        </p>
        {found.summary !== "" && <RichText html={found.summary} class="summary" />}
        <Links links={found.links ?? []} />
        {relation.value !== null && (
          <Standing
            relation={relation.value}
            isChannel={found.kind === "Group"}
            onChange={(next) => {
              relation.value = next;
            }}
          />
        )}
        {found.id === me.value?.actor && (
          <a class="button quiet" href={at("/me/profile")}>
            <Icon name="edit" />
            {say("me.edit")}
          </a>
        )}
        {fault.value !== "" && <Fault>{fault.value}</Fault>}
      </section>
      <Posts actor={found.id} key={relation.value?.state ?? ""} />
    </Screen>
  );
}
