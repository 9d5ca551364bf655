/** Sign up, by an invite link or as the node lets people in: a name and one password. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { InviteShown } from "../api_types.ts";
import { inviteOf, signUp } from "../entering.ts";
import { homeNode } from "../home_node.ts";
import { Avatar, nameOf } from "../parts/avatar.tsx";
import { Fault, Field, Form, TextArea } from "../parts/form.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { at, go, place } from "../router.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";

const NAME = "[A-Za-z0-9]([A-Za-z0-9_]*[A-Za-z0-9])?";

function Promised({ invite }: { invite: InviteShown }) {
  const { inviter } = invite;
  if (inviter !== null) {
    return (
      <div class="inviter">
        <Avatar person={inviter} size={72} />
        <p class="lead">{say("join.invites", { name: nameOf(inviter) })}</p>
        {invite.befriends && <p class="quiet">{say("join.befriends")}</p>}
      </div>
    );
  }
  return <p class="lead">{say(invite.role === "admin" ? "join.admin" : "join.invited")}</p>;
}

interface FieldsProps {
  readonly secret: string;
  readonly approval: boolean;
  /** Whom one finds here: the chat with them is what one sees first. */
  readonly inviter: string;
}

function Fields({ secret, approval, inviter }: FieldsProps) {
  const name = useSignal("");
  const shown = useSignal("");
  const password = useSignal("");
  const reason = useSignal("");
  async function send(): Promise<void> {
    const isInside = await signUp({
      name: name.value,
      displayName: shown.value,
      password: password.value,
      reason: reason.value,
      invite: secret,
    });
    if (!isInside) go("/join?pending", true);
    else go(inviter === "" ? "/" : `/chats/with/${encodeURIComponent(inviter)}`, true);
  }
  const put = (field: { value: string }) => (text: string) => {
    field.value = text;
  };
  return (
    <Form send={say(approval ? "join.ask" : "join.do")} onSend={send}>
      <Field
        label={say("field.name")}
        name="name"
        hint={say("field.name.hint")}
        value={name.value}
        onValue={put(name)}
        required
        plain
        maxLength={30}
        pattern={NAME}
        autocomplete="username"
        before="@"
        after={homeNode.value === null ? undefined : `@${homeNode.value.domain}`}
      />
      <Field
        label={say("field.shown")}
        name="display_name"
        value={shown.value}
        onValue={put(shown)}
        maxLength={64}
        autocomplete="name"
      />
      <Field
        label={say("field.password")}
        name="password"
        type="password"
        hint={say("field.password.hint")}
        value={password.value}
        onValue={put(password)}
        required
        minLength={10}
        maxLength={256}
        autocomplete="new-password"
      />
      {approval && (
        <TextArea
          label={say("field.reason")}
          name="reason"
          rows={4}
          value={reason.value}
          onValue={put(reason)}
          required
          maxLength={1000}
        />
      )}
    </Form>
  );
}

function Pending() {
  return (
    <section class="card">
      <p class="lead">{say("join.pending")}</p>
      <a class="button main" href={at("/login")}>
        {say("login.do")}
      </a>
    </section>
  );
}

export function JoinScreen() {
  const secret = place.value.fragment;
  const invite = useSignal<InviteShown | null>(null);
  const fault = useSignal("");
  useEffect(() => {
    if (secret === "") return;
    inviteOf(secret).then(
      (found) => {
        invite.value = found;
      },
      (error: unknown) => {
        fault.value = explain(error);
      },
    );
  }, [secret]);
  const node = homeNode.value;
  const title = say("join.title", { name: node?.name ?? "Kith" });
  if (place.value.query.has("pending")) {
    return (
      <Screen title={say("join.thanks")}>
        <Pending />
      </Screen>
    );
  }
  const asked = secret === "" ? node !== null : invite.value !== null;
  const closed = secret === "" && node?.registration === "invite";
  return (
    <Screen title={title} under="/welcome">
      <section class="card">
        {fault.value !== "" && <Fault>{fault.value}</Fault>}
        {closed && <Fault>{say("welcome.invite")}</Fault>}
        {!asked && fault.value === "" && <Waiting />}
        {invite.value !== null && <Promised invite={invite.value} />}
        {asked && !closed && (
          <Fields
            secret={secret}
            approval={secret === "" && node?.registration === "approval"}
            inviter={invite.value?.befriends === true ? (invite.value.inviter?.handle ?? "") : ""}
          />
        )}
      </section>
      <p class="quiet fine centred">{say("welcome.code")}</p>
    </Screen>
  );
}
