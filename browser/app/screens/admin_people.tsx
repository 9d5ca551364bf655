/** The node's people, for those who run it: who asks to join, who is here, who is locked out. */

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { askAsMe, me } from "../accounts.ts";
import { freshKey } from "../api.ts";
import { List } from "../lists.ts";
import { question } from "../parts/dialog.tsx";
import { Button, Choice, Field, Form } from "../parts/form.tsx";
import { ListView } from "../parts/list_view.tsx";
import { Empty, Screen } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { Link } from "../settings/link.tsx";
import { sayHere } from "../settings/words.ts";
import { ago } from "../words/index.ts";

type State = "pending" | "active" | "suspended";

interface Applicant {
  readonly id: string;
  readonly name: string;
  readonly display_name: string;
  readonly state: State;
  readonly role: "member" | "admin";
  readonly created: string;
  readonly reason: string;
}

const pathOf = (one: Applicant, deed: string): string =>
  `/admin/accounts/${encodeURIComponent(one.id)}/${deed}`;

function Deeds({
  one,
  done,
  onLink,
}: {
  readonly one: Applicant;
  readonly done: () => void;
  readonly onLink: (url: string) => void;
}) {
  const post = (deed: string) => async () => {
    await askAsMe("POST", pathOf(one, deed));
    done();
  };
  const asked = (deed: "reject" | "suspend") => () =>
    question(
      sayHere(`people.${deed}.title`, { name: one.name }),
      <p>{sayHere(`people.${deed}.says`)}</p>,
      [{ words: sayHere(`people.${deed}`), kind: "alarm", act: post(deed) }],
    );
  async function link(): Promise<void> {
    await attempt(async () => {
      const key = freshKey();
      const made = await askAsMe<{ readonly url: string }>("POST", pathOf(one, "reset-link"), {
        key,
      });
      onLink(made.url);
    });
  }
  if (one.state === "active") {
    return (
      <div class="ways">
        <Button kind="quiet" onClick={link}>
          {sayHere("people.reset")}
        </Button>
        {one.name !== me.value?.name && (
          <Button kind="quiet" onClick={asked("suspend")}>
            {sayHere("people.suspend")}
          </Button>
        )}
      </div>
    );
  }
  return (
    <div class="ways">
      <Button onClick={() => attempt(post("approve"))}>
        {sayHere(one.state === "pending" ? "people.approve" : "people.back")}
      </Button>
      {one.state === "pending" && (
        <Button kind="quiet" onClick={asked("reject")}>
          {sayHere("people.reject")}
        </Button>
      )}
    </div>
  );
}

function Person({ one, done }: { readonly one: Applicant; readonly done: (id: string) => void }) {
  const link = useSignal("");
  return (
    <li class="standing">
      <span class="person-words">
        <bdi class="person-name">{one.display_name === "" ? one.name : one.display_name}</bdi>
        <span class="person-handle">
          <bdi>@{one.name}</bdi>
          {one.role === "admin" && ` · ${sayHere("people.admin")}`} · {ago(one.created)}
        </span>
      </span>
      {one.reason !== "" && <p dir="auto">{one.reason}</p>}
      <Deeds
        one={one}
        done={() => done(one.id)}
        onLink={(url) => {
          link.value = url;
        }}
      />
      {link.value !== "" && <Link url={link.value} says={sayHere("people.reset.says")} />}
    </li>
  );
}

export function AdminPeopleScreen() {
  const state = useSignal<State>("active");
  const name = useSignal("");
  const wanted = useSignal("");
  const list = useMemo(
    () =>
      new List<Applicant>(
        "/admin/accounts",
        wanted.value === "" ? { state: state.value } : { name: wanted.value },
        (one) => one.id,
      ),
    [state.value, wanted.value],
  );
  function done(id: string): void {
    list.remove(id);
    tell(sayHere("saved"));
    if (wanted.value !== "") void list.renew();
  }
  return (
    <Screen title={sayHere("admin.people")} under="/admin">
      <section class="card">
        <Form
          send={sayHere("people.find")}
          onSend={async () => {
            wanted.value = name.value.trim().replace(/^@/u, "").split("@")[0] ?? "";
          }}
        >
          <Field
            label={sayHere("people.name")}
            name="name"
            type="search"
            plain
            value={name.value}
            onValue={(text) => {
              name.value = text;
              if (text === "") wanted.value = "";
            }}
          />
        </Form>
        {wanted.value === "" && (
          <Choice
            label={sayHere("people.state")}
            value={state.value}
            onValue={(chosen) => {
              state.value = chosen as State;
            }}
            options={[
              ["pending", sayHere("people.pending")],
              ["active", sayHere("people.active")],
              ["suspended", sayHere("people.suspended")],
            ]}
          />
        )}
      </section>
      <section class="card" aria-label={sayHere("admin.people")}>
        <ListView list={list} empty={<Empty title={sayHere("people.none")} />} class="standings">
          {(one) => <Person key={one.id} one={one} done={done} />}
        </ListView>
      </section>
    </Screen>
  );
}
