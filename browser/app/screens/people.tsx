/** People: who asks to be friends, one's friends, and the ways to find somebody. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { me } from "../accounts.ts";
import type { Relation } from "../api_types.ts";
import { homeNode } from "../home_node.ts";
import { List } from "../lists.ts";
import { PersonLine, pageOf } from "../parts/avatar.tsx";
import { Bell } from "../parts/bell.tsx";
import { Button, Fault, Field } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { ListView } from "../parts/list_view.tsx";
import { Empty, Screen } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { act, type Deed } from "../people.ts";
import { at, go } from "../router.ts";
import { useTold } from "../told.ts";
import { whoIn } from "../who.ts";
import { say } from "../words/index.ts";

const relations = (path: string, query: Record<string, string> = {}) =>
  new List<Relation>(path, query, (one) => one.person.id);

function Search() {
  const text = useSignal("");
  const fault = useSignal("");
  function search(): void {
    const who = whoIn(text.value, homeNode.value?.domain ?? location.host);
    if (who === "") fault.value = say("people.search.wrong");
    else go(`/people/${encodeURIComponent(who)}`);
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: older readers do not know <search>
    <form
      role="search"
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <Field
        label={say("people.search")}
        name="who"
        type="search"
        plain
        value={text.value}
        onValue={(value) => {
          text.value = value;
          fault.value = "";
        }}
        hint={say("people.search.hint", {
          address: `@ada@${homeNode.value?.domain ?? location.host}`,
        })}
      />
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <button type="submit" class="button main" disabled={text.value.trim() === ""}>
        <Icon name="search" />
        {say("people.search.do")}
      </button>
    </form>
  );
}

interface RequestProps {
  readonly relation: Relation;
  readonly deeds: readonly Deed[];
  readonly onDone: (deed: Deed) => void;
}

function Request({ relation, deeds, onDone }: RequestProps) {
  const { person } = relation;
  return (
    <li class="request">
      <a class="line" href={pageOf(person.handle)}>
        <PersonLine person={person} />
      </a>
      {relation.text !== "" && (
        <p class="request-text" dir="auto">
          {relation.text}
        </p>
      )}
      <div class="ways">
        {deeds.map((deed, index) => (
          <Button
            key={deed}
            kind={index === 0 && deed !== "cancel" ? "main" : "quiet"}
            onClick={async () => {
              if (await attempt(() => act(deed, person.id))) onDone(deed);
            }}
          >
            {say(`person.${deed}`)}
          </Button>
        ))}
      </div>
    </li>
  );
}

export function PeopleScreen() {
  const actor = me.value?.actor;
  const [incoming, outgoing, friends] = useMemo(
    () => [
      relations("/friends/requests", { direction: "incoming" }),
      relations("/friends/requests", { direction: "outgoing" }),
      relations("/friends"),
    ],
    [actor],
  ) as [List<Relation>, List<Relation>, List<Relation>];
  useEffect(() => {
    // Who waits for an answer stands above all else, and nothing does while nobody waits.
    for (const list of [incoming, outgoing]) void list.more();
  }, [actor]);
  useTold(() => {
    for (const list of [incoming, outgoing, friends]) void list.renew();
  }, [actor]);
  const settle = (list: List<Relation>, id: string, deed: Deed) => {
    list.remove(id);
    if (deed === "accept") void friends.renew();
  };
  return (
    <Screen title={say("nav.people")} actions={<Bell />}>
      {incoming.items.value.length > 0 && (
        <section class="card" aria-labelledby="incoming">
          <h2 id="incoming">{say("people.incoming")}</h2>
          <ListView list={incoming}>
            {(one) => (
              <Request
                key={one.person.id}
                relation={one}
                deeds={["accept", "decline"]}
                onDone={(deed) => settle(incoming, one.person.id, deed)}
              />
            )}
          </ListView>
        </section>
      )}
      <section class="card">
        <Search />
        <div class="ways even">
          <a class="button quiet" href={at("/code")}>
            <Icon name="qr" />
            {say("people.code")}
          </a>
          <a class="button quiet" href={at("/scan")}>
            <Icon name="camera" />
            {say("people.scan")}
          </a>
          <a class="button quiet" href={at("/settings/invites")}>
            <Icon name="link" />
            {say("people.invite")}
          </a>
        </div>
      </section>
      {outgoing.items.value.length > 0 && (
        <section class="card" aria-labelledby="outgoing">
          <h2 id="outgoing">{say("people.outgoing")}</h2>
          <ListView list={outgoing}>
            {(one) => (
              <Request
                key={one.person.id}
                relation={one}
                deeds={["cancel"]}
                onDone={(deed) => settle(outgoing, one.person.id, deed)}
              />
            )}
          </ListView>
        </section>
      )}
      <section class="card" aria-labelledby="friends">
        <h2 id="friends">{say("people.friends")}</h2>
        <ListView
          list={friends}
          empty={
            <Empty title={say("people.none")}>
              <p>{say("people.none.says")}</p>
            </Empty>
          }
        >
          {({ person }) => (
            <li key={person.id}>
              <a class="line" href={pageOf(person.handle)}>
                <PersonLine person={person} />
              </a>
            </li>
          )}
        </ListView>
      </section>
      <a class="button quiet wide" href={at("/blocked")}>
        {say("people.blocked")}
      </a>
    </Screen>
  );
}

export function BlockedScreen() {
  const blocked = useMemo(() => relations("/blocks"), [me.value?.actor]);
  return (
    <Screen title={say("people.blocked")} under="/people">
      <section class="card">
        <p class="quiet">{say("person.block.says")}</p>
        <ListView list={blocked} empty={<Empty title={say("people.blocked.none")} />}>
          {(one) => (
            <Request
              key={one.person.id}
              relation={one}
              deeds={["unblock"]}
              onDone={() => blocked.remove(one.person.id)}
            />
          )}
        </ListView>
      </section>
    </Screen>
  );
}
