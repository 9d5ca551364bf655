/** The people of a group: who may what, who comes and goes, and what it is called. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import "../chats/sheet.ts";

import { ROLES, type Role } from "../../device/roles.ts";
import type { Chat, GroupView } from "../../worker/device_client.ts";
import { chats } from "../chats/chats.ts";
import { meetFriends, personOf } from "../chats/names.ts";
import { device, standing } from "../device.ts";
import { ChooseFriends } from "../groups/choose.tsx";
import { sayGroups } from "../groups/words.ts";
import { Avatar, nameOf } from "../parts/avatar.tsx";
import { question } from "../parts/dialog.tsx";
import { Button, Field, Form, Select } from "../parts/form.tsx";
import { Empty, Screen, Waiting } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { go } from "../router.ts";
import type { ScreenProps } from "../screens.tsx";
import { say } from "../words/index.ts";

const LONGEST_NAME = 100; // E2E-8.1

type Person = GroupView["people"][number];

/** Whether one with the role `mine` takes somebody out (E2E-8.3). */
const mayRemove = (mine: Role | null, theirs: Role): boolean =>
  mine === "owner" || (mine === "admin" && theirs === "member");

function Line({ chat, one, group }: { chat: Chat; one: Person; group: GroupView }) {
  const person = personOf(one);
  const name = nameOf(person);
  const isMe = one.actor === standing.value?.current?.actor;
  const change = (role: string) =>
    attempt(async () => {
      await device.changeGroup(chat.id, { is: "role", actor: one.actor, role: role as Role });
      tell(sayGroups("role.done", { name }));
    });
  const remove = () =>
    question(sayGroups("remove.ask", { name }), <p>{sayGroups("remove.says")}</p>, [
      {
        words: sayGroups("remove.do"),
        kind: "alarm",
        act: async () => {
          await device.changeGroup(chat.id, { is: "remove", actors: [one.actor] });
          tell(sayGroups("removed"));
        },
      },
      { words: say("cancel"), kind: "quiet", act: () => undefined },
    ]);
  return (
    <li class="line group-person">
      <Avatar person={person} size={48} />
      <span class="person-words grow">
        <bdi class="person-name">{isMe ? sayGroups("is.you", { name }) : name}</bdi>
        {group.role !== "owner" && (
          <span class="person-handle">{sayGroups(`role.${one.role}`)}</span>
        )}
      </span>
      {group.role === "owner" && (
        <Select
          label={sayGroups("role", { name })}
          value={one.role}
          onValue={change}
          options={ROLES.map((role) => [role, sayGroups(`role.${role}`)])}
        />
      )}
      {!isMe && mayRemove(group.role, one.role) && (
        <Button kind="quiet" onClick={remove}>
          {sayGroups("remove", { name })}
        </Button>
      )}
    </li>
  );
}

function Add({ chat, group, chosen }: AddProps) {
  const but = new Set(group.people.map(({ actor }) => actor));
  return (
    <details class="card">
      <summary>{sayGroups("add")}</summary>
      <p>{sayGroups("add.says")}</p>
      <Form
        send={sayGroups("add.do")}
        disabled={chosen.value.size === 0}
        onSend={async () => {
          await device.changeGroup(chat.id, { is: "add", actors: [...chosen.value] });
          chosen.value = new Set();
          tell(sayGroups("added"));
        }}
      >
        <ChooseFriends chosen={chosen} but={but} />
      </Form>
    </details>
  );
}

interface AddProps {
  readonly chat: Chat;
  readonly group: GroupView;
  readonly chosen: Signal<ReadonlySet<string>>;
}

function Rename({ chat, group }: { readonly chat: Chat; readonly group: GroupView }) {
  const name = useSignal(group.name);
  return (
    <details class="card">
      <summary>{sayGroups("rename")}</summary>
      <Form
        send={sayGroups("rename.do")}
        disabled={name.value.trim() === "" || name.value.trim() === group.name}
        onSend={async () => {
          await device.changeGroup(chat.id, { is: "rename", name: name.value.trim() });
          tell(sayGroups("renamed"));
        }}
      >
        <Field
          label={sayGroups("name")}
          name="group-name"
          plain
          required
          maxLength={LONGEST_NAME}
          value={name.value}
          onValue={(text) => {
            name.value = text;
          }}
        />
      </Form>
    </details>
  );
}

function People({ chat, group }: { readonly chat: Chat; readonly group: GroupView }) {
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const place = ({ role }: Person) => ROLES.length - ROLES.indexOf(role);
  const people = [...group.people].sort((a, b) => place(a) - place(b));
  const leave = () =>
    question(sayGroups("leave.ask", { name: group.name }), <p>{sayGroups("leave.says")}</p>, [
      {
        words: sayGroups("leave.do"),
        kind: "alarm",
        act: async () => {
          await device.leave(chat.id);
          go("/chats", true);
        },
      },
      { words: say("cancel"), kind: "quiet", act: () => undefined },
    ]);
  return (
    <>
      <section class="card" aria-label={sayGroups("people")}>
        <p>{sayGroups(group.role === null ? "out" : "roles.says")}</p>
        <ul class="lines">
          {people.map((one) => (
            <Line key={one.actor} chat={chat} one={one} group={group} />
          ))}
        </ul>
      </section>
      {group.role !== null && group.role !== "member" && (
        <>
          <Add chat={chat} group={group} chosen={chosen} />
          <Rename chat={chat} group={group} />
        </>
      )}
      {group.role !== null && (
        <Button kind="quiet" onClick={leave}>
          {sayGroups("leave")}
        </Button>
      )}
    </>
  );
}

export function GroupScreen({ parts }: ScreenProps) {
  const id = parts.id ?? "";
  const account = standing.value?.current;
  useEffect(() => {
    void meetFriends(account?.actor ?? "").catch(() => undefined);
  }, [account?.id]);
  const chat = chats.value?.find((one) => one.id === id);
  const group = chat?.group ?? null;
  const title = group?.name ?? sayGroups("screen");
  return (
    <Screen title={title} under={`/chats/${encodeURIComponent(id)}`}>
      {chats.value === null ? (
        <Waiting />
      ) : chat === undefined || group === null ? (
        <Empty title={sayGroups("problem.DEV-19.3")} />
      ) : (
        <People chat={chat} group={group} />
      )}
    </Screen>
  );
}
