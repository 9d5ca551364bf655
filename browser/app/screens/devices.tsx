/** Where one is logged in and which devices hold one's keys; each can be ended from here. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import type { KeysView } from "../../worker/key_questions.ts";
import { askAsMe, me } from "../accounts.ts";
import { RevokeSheet } from "../keys/revoke.tsx";
import { useKeys } from "../keys/standing.ts";
import { sayKeys } from "../keys/words.ts";
import { logOut } from "../leaving.ts";
import { question } from "../parts/dialog.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { at } from "../router.ts";
import { type Asked, useAsked } from "../settings/asked.ts";
import { sayHere } from "../settings/words.ts";
import { ago } from "../words/index.ts";
import { explain } from "../words/problems.ts";

interface Session {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly last_seen: string;
  readonly current: boolean;
  readonly device: string | null;
}
interface Device {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly current: boolean;
  readonly last_seen: string | null;
}
type Items<T> = { readonly items: readonly T[] };

/** What is asked for, a wait for it, or why it does not come. */
function Those<T>({
  asked,
  children,
}: {
  asked: Asked<Items<T>>;
  children: (one: T) => ComponentChildren;
}) {
  if (asked.fault.value !== null) return <Fault>{explain(asked.fault.value)}</Fault>;
  const answer = asked.answer.value;
  return answer === null ? <Waiting /> : <ul class="lines">{answer.items.map(children)}</ul>;
}

interface LineProps {
  readonly name: string;
  readonly note: string;
  readonly warning?: string | undefined;
  readonly end: string;
  readonly onEnd: () => void;
}

function Line(props: LineProps) {
  return (
    <li class="line device">
      <span class="person-words grow">
        <bdi class="person-name">{props.name}</bdi>
        <span class="person-handle">{props.note}</span>
        {props.warning !== undefined && <span class="quiet fine">{props.warning}</span>}
      </span>
      <Button kind="quiet" label={`${props.end}: ${props.name}`} onClick={props.onEnd}>
        {props.end}
      </Button>
    </li>
  );
}

const seen = (at: string | null): string =>
  at === null ? sayHere("never") : sayHere("seen", { when: ago(at) });

const SILENT_MS = 7 * 24 * 3_600_000; // as `kith devices` has it

/** What to say of a device that may be lost. */
function warningOf({ current, last_seen, created }: Device): string | undefined {
  const isSilent = !current && Date.now() - Date.parse(last_seen ?? created) > SILENT_MS;
  return isSilent ? sayHere("devices.silent") : undefined;
}

/** On the account's list, which is signed, or not; nothing where there is no list. */
function listedOf(keys: KeysView | null, id: string): string {
  if (keys === null || keys.listed.length === 0) return "";
  return ` · ${sayKeys(keys.listed.includes(id) ? "devices.on" : "devices.off")}`;
}

export function DevicesScreen() {
  const devices = useAsked<Items<Device>>("/devices");
  const sessions = useAsked<Items<Session>>("/sessions");
  const keys = useKeys();
  const revoked = useSignal<{ readonly id: string; readonly name: string } | null>(null);
  const stands = keys.view.value;
  const there = devices.answer.value?.items;
  const gone =
    there === undefined || stands?.stand !== "listed"
      ? []
      : stands.listed.filter((id) => there.every((one) => one.id !== id));
  async function again(): Promise<void> {
    await Promise.all([devices.again(), sessions.again(), keys.again()]);
  }
  async function end(path: string, current: boolean): Promise<void> {
    if (current && me.value !== null) return logOut(me.value, true);
    await askAsMe("DELETE", path);
    await again();
  }
  function askRevoke(device: Device): void {
    if (!device.current) {
      revoked.value = device;
      return;
    }
    question(sayHere("revoke.title", { name: device.name }), <p>{sayHere("revoke.says")}</p>, [
      {
        words: sayHere("revoke"),
        kind: "alarm",
        act: () => end(`/devices/${encodeURIComponent(device.id)}`, true),
      },
    ]);
  }
  function askEnd(session: Session): void {
    question(sayHere("end.title", { name: session.name }), <p>{sayHere("end.says")}</p>, [
      {
        words: sayHere("end"),
        kind: "alarm",
        act: () => end(`/sessions/${encodeURIComponent(session.id)}`, session.current),
      },
    ]);
  }
  return (
    <Screen title={sayHere("devices")} under="/settings">
      <section class="card" aria-labelledby="devices">
        <h2 id="devices">{sayHere("devices.keys")}</h2>
        <p>{sayHere("devices.says")}</p>
        <Those asked={devices}>
          {(one: Device) => (
            <Line
              key={one.id}
              name={one.name}
              note={
                (one.current ? sayHere("this") : seen(one.last_seen)) + listedOf(stands, one.id)
              }
              warning={warningOf(one)}
              end={sayHere("revoke")}
              onEnd={() => askRevoke(one)}
            />
          )}
        </Those>
        {gone.length > 0 && (
          <ul class="lines">
            {gone.map((id) => (
              <Line
                key={id}
                name={id}
                note={sayKeys("devices.gone")}
                end={sayHere("revoke")}
                onEnd={() => {
                  revoked.value = { id, name: id };
                }}
              />
            ))}
          </ul>
        )}
        <a class="button main" href={at("/link")}>
          <Icon name="plus" />
          {sayKeys("devices.link")}
        </a>
      </section>
      <section class="card" aria-labelledby="sessions">
        <h2 id="sessions">{sayHere("sessions")}</h2>
        <p>{sayHere("sessions.says")}</p>
        <Those asked={sessions}>
          {(one: Session) => (
            <Line
              key={one.id}
              name={one.name}
              note={one.current ? sayHere("this") : seen(one.last_seen)}
              end={sayHere("end")}
              onEnd={() => askEnd(one)}
            />
          )}
        </Those>
      </section>
      {revoked.value !== null && (
        <RevokeSheet
          one={revoked.value}
          keys={stands}
          onClose={() => {
            revoked.value = null;
          }}
          onDone={again}
        />
      )}
    </Screen>
  );
}
