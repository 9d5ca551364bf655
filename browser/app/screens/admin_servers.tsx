/** Other servers and people of theirs with whom this node has nothing to do. */

import { useSignal } from "@preact/signals";

import { askAsMe } from "../accounts.ts";
import { Button, Fault, Field, Form } from "../parts/form.tsx";
import { Empty, Screen, Waiting } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { useAsked } from "../settings/asked.ts";
import { type HereKey, sayHere } from "../settings/words.ts";
import { explain } from "../words/problems.ts";

interface Kind {
  readonly path: "/admin/servers" | "/admin/actors";
  /** What names one of them in the request. */
  readonly member: "host" | "actor";
  readonly title: HereKey;
  readonly says: HereKey;
  readonly field: HereKey;
  readonly none: HereKey;
}

const KINDS: readonly Kind[] = [
  {
    path: "/admin/servers",
    member: "host",
    title: "servers.title",
    says: "servers.says",
    field: "servers.host",
    none: "servers.none",
  },
  {
    path: "/admin/actors",
    member: "actor",
    title: "actors.title",
    says: "actors.says",
    field: "actors.actor",
    none: "actors.none",
  },
];

function Suspended({ kind }: { readonly kind: Kind }) {
  const asked = useAsked<{ readonly suspended: readonly string[] }>(kind.path);
  const typed = useSignal("");
  async function put(one: string, suspended: boolean): Promise<void> {
    await askAsMe("PUT", kind.path, { body: { [kind.member]: one, suspended } });
    await asked.again();
  }
  const known = asked.answer.value?.suspended;
  return (
    <section class="card" aria-labelledby={kind.member}>
      <h2 id={kind.member}>{sayHere(kind.title)}</h2>
      <p>{sayHere(kind.says)}</p>
      <Form
        send={sayHere("servers.suspend")}
        onSend={async () => {
          await put(typed.value.trim(), true);
          typed.value = "";
        }}
      >
        <Field
          label={sayHere(kind.field)}
          name={kind.member}
          plain
          required
          value={typed.value}
          onValue={(text) => {
            typed.value = text;
          }}
        />
      </Form>
      {asked.fault.value !== null && <Fault>{explain(asked.fault.value)}</Fault>}
      {known === undefined && asked.fault.value === null && <Waiting />}
      {known?.length === 0 && <Empty title={sayHere(kind.none)} />}
      <ul class="lines">
        {known?.map((one) => (
          <li key={one} class="line">
            <bdi class="person-name grow">{one}</bdi>
            <Button kind="quiet" onClick={() => attempt(() => put(one, false))}>
              {sayHere("servers.back")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function AdminServersScreen() {
  return (
    <Screen title={sayHere("admin.servers")} under="/admin">
      {KINDS.map((kind) => (
        <Suspended key={kind.path} kind={kind} />
      ))}
    </Screen>
  );
}
