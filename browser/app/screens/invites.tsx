/** Links by which friends come to this node: make one, hand it on, take it back. */

import { useSignal } from "@preact/signals";

import { askAsMe, me } from "../accounts.ts";
import { freshKey } from "../api.ts";
import { Button, Fault, Form, Select, Toggle } from "../parts/form.tsx";
import { Empty, Screen, Waiting } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { useAsked } from "../settings/asked.ts";
import { Link } from "../settings/link.tsx";
import { sayHere } from "../settings/words.ts";
import { ago } from "../words/index.ts";
import { explain } from "../words/problems.ts";

interface Invite {
  readonly id: string;
  readonly uses_left: number;
  readonly befriends: boolean;
  readonly role: "member" | "admin";
  readonly expires: string;
  readonly url: string | null;
}

export function InvitesScreen() {
  const invites = useAsked<{ readonly items: readonly Invite[] }>("/invites");
  const uses = useSignal("1");
  const befriends = useSignal(true);
  const admin = useSignal(false);
  const made = useSignal("");
  async function make(): Promise<void> {
    const invite = await askAsMe<Invite>("POST", "/invites", {
      key: freshKey(),
      body: {
        uses: Number(uses.value),
        befriends: befriends.value,
        role: admin.value ? "admin" : "member",
      },
    });
    made.value = invite.url ?? "";
    await invites.again();
  }
  const known = invites.answer.value;
  return (
    <Screen title={sayHere("invites")} under="/settings">
      <section class="card">
        <p>{sayHere("invites.says")}</p>
        <Form send={sayHere("invites.make")} onSend={make}>
          <Select
            label={sayHere("invites.uses")}
            value={uses.value}
            onValue={(chosen) => {
              uses.value = chosen;
            }}
            options={["1", "5", "25"].map((count) => [
              count,
              sayHere("invites.count", { count: Number(count) }),
            ])}
          />
          <Toggle
            label={sayHere("invites.befriends")}
            on={befriends.value}
            onChange={(on) => {
              befriends.value = on;
            }}
          />
          {me.value?.role === "admin" && (
            <Toggle
              label={sayHere("invites.admin")}
              hint={sayHere("invites.admin.hint")}
              on={admin.value}
              onChange={(on) => {
                admin.value = on;
              }}
            />
          )}
        </Form>
        {made.value !== "" && <Link url={made.value} says={sayHere("invites.made")} />}
      </section>
      <section class="card" aria-labelledby="open">
        <h2 id="open">{sayHere("invites.open")}</h2>
        {invites.fault.value !== null && <Fault>{explain(invites.fault.value)}</Fault>}
        {known === null && invites.fault.value === null && <Waiting />}
        {known?.items.length === 0 && <Empty title={sayHere("invites.none")} />}
        <ul class="lines">
          {known?.items.map((one) => (
            <li key={one.id} class="line">
              <span class="person-words grow">
                <span class="person-name">
                  {sayHere("invites.count", { count: one.uses_left })}
                </span>
                <span class="person-handle">
                  {sayHere("invites.until", { when: ago(one.expires) })}
                </span>
              </span>
              <Button
                kind="quiet"
                onClick={() =>
                  attempt(async () => {
                    await askAsMe("DELETE", `/invites/${encodeURIComponent(one.id)}`);
                    await invites.again();
                  })
                }
              >
                {sayHere("invites.revoke")}
              </Button>
            </li>
          ))}
        </ul>
      </section>
    </Screen>
  );
}
