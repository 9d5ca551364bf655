/** Where one is logged in and which devices hold one's keys; each can be ended from here. */

import type { ComponentChildren } from "preact";

import { askAsMe, me } from "../accounts.ts";
import { Problem } from "../api.ts";
import type { AccountKeys } from "../api_types.ts";
import { logOut } from "../leaving.ts";
import { question } from "../parts/dialog.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
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
    <li class="line">
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

/** What revoking does not do, or does; nothing while it is not known which.
 *
 * A component of its own, because an open question follows an answer that comes late. */
function AfterRevoking({ keys, id }: { keys: Asked<AccountKeys>; id: string }): ComponentChildren {
  if (keys.answer.value !== null) return sayHere("devices.listed", { id });
  const { value: fault } = keys.fault;
  const hasNone = fault instanceof Problem && fault.status === 404;
  return hasNone ? sayHere("devices.unlisted") : null;
}

export function DevicesScreen() {
  const devices = useAsked<Items<Device>>("/devices");
  // Answered where the account has keys: its list of devices is signed, and no app signs it.
  const keys = useAsked<AccountKeys>("/account/devices");
  const sessions = useAsked<Items<Session>>("/sessions");
  async function end(path: string, current: boolean): Promise<void> {
    if (current && me.value !== null) return logOut(me.value, true);
    await askAsMe("DELETE", path);
    await Promise.all([devices.again(), sessions.again()]);
  }
  function askRevoke(device: Device): void {
    const says = (
      <>
        <p>{sayHere("revoke.says")}</p>
        <p>
          <AfterRevoking keys={keys} id={device.id} />
        </p>
      </>
    );
    question(sayHere("revoke.title", { name: device.name }), says, [
      {
        words: sayHere("revoke"),
        kind: "alarm",
        act: () => end(`/devices/${encodeURIComponent(device.id)}`, device.current),
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
        <p>
          {sayHere("devices.says")} <AfterRevoking keys={keys} id="ID" />
        </p>
        <Those asked={devices}>
          {(one: Device) => (
            <Line
              key={one.id}
              name={one.name}
              note={one.current ? sayHere("this") : seen(one.last_seen)}
              warning={warningOf(one)}
              end={sayHere("revoke")}
              onEnd={() => askRevoke(one)}
            />
          )}
        </Those>
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
    </Screen>
  );
}
