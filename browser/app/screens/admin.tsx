/** The node, for those who run it: how it stands, how people come to it, and the ways to more. */

import { useSignal } from "@preact/signals";

import { askAsMe } from "../accounts.ts";
import { Choice, Fault } from "../parts/form.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { useAsked } from "../settings/asked.ts";
import { type HereKey, sayHere } from "../settings/words.ts";
import { ago, number } from "../words/index.ts";
import { explain } from "../words/problems.ts";

type Mode = "invite" | "approval" | "open";

interface Health {
  readonly warnings: readonly string[];
  readonly clock_offset_seconds: number | null;
  readonly media_bounds: Readonly<Record<string, boolean>>;
  readonly arrivals_waiting: number;
  readonly deliveries_due: number;
  readonly deliveries_given_up: number;
  readonly broken_arrivals: readonly {
    readonly activity: string;
    readonly actor: string;
    readonly reason: string;
  }[];
  readonly failing_peers: readonly {
    readonly host: string;
    readonly since: string;
    readonly reason: string;
  }[];
  readonly refused: Readonly<Record<string, number>>;
}

function Way({ to, icon, words }: { to: string; icon: IconName; words: HereKey }) {
  return (
    <li>
      <a class="line" href={at(to)}>
        <Icon name={icon} />
        <span>{sayHere(words)}</span>
      </a>
    </li>
  );
}

function SignUp() {
  const settings = useAsked<{ readonly registration: Mode }>("/admin/settings");
  const chosen = useSignal<Mode | null>(null);
  const mode = chosen.value ?? settings.answer.value?.registration ?? null;
  async function choose(registration: Mode): Promise<void> {
    await attempt(async () => {
      await askAsMe("PUT", "/admin/settings", { body: { registration } });
      chosen.value = registration;
      tell(sayHere("saved"));
    });
  }
  if (settings.fault.value !== null) return <Fault>{explain(settings.fault.value)}</Fault>;
  if (mode === null) return <Waiting />;
  return (
    <Choice
      label={sayHere("admin.sign_up")}
      value={mode}
      onValue={(wanted) => choose(wanted as Mode)}
      options={[
        ["invite", sayHere("admin.by_invite")],
        ["approval", sayHere("admin.by_approval")],
        ["open", sayHere("admin.open")],
      ]}
    />
  );
}

function Fact({ words, value }: { words: HereKey; value: string }) {
  return (
    <div class="fact">
      <dt>{sayHere(words)}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Standing({ health }: { readonly health: Health }) {
  const unbound = Object.entries(health.media_bounds).filter(([, holds]) => !holds);
  const clock = health.clock_offset_seconds;
  const refused = Object.entries(health.refused).sort(([, one], [, other]) => other - one);
  return (
    <>
      {health.warnings.map((warning) => (
        <Fault key={warning}>{warning}</Fault>
      ))}
      {health.warnings.length === 0 && <p class="good">{sayHere("health.good")}</p>}
      <dl class="facts">
        <Fact words="health.arrivals" value={number(health.arrivals_waiting)} />
        <Fact words="health.due" value={number(health.deliveries_due)} />
        <Fact words="health.given_up" value={number(health.deliveries_given_up)} />
        {clock !== null && (
          <Fact
            words="health.clock"
            value={sayHere("health.seconds", { count: Math.round(clock) })}
          />
        )}
        <Fact
          words="health.bounds"
          value={
            unbound.length === 0
              ? sayHere("health.bounds.all")
              : sayHere("health.bounds.not", { which: unbound.map(([name]) => name).join(", ") })
          }
        />
      </dl>
      {health.failing_peers.length > 0 && <h3>{sayHere("health.peers")}</h3>}
      <ul class="lines">
        {health.failing_peers.map((peer) => (
          <li key={peer.host} class="line">
            <span class="person-words grow">
              <bdi class="person-name">{peer.host}</bdi>
              <span class="person-handle">
                {ago(peer.since)} · <bdi>{peer.reason}</bdi>
              </span>
            </span>
          </li>
        ))}
      </ul>
      {health.broken_arrivals.length > 0 && <h3>{sayHere("health.broken")}</h3>}
      <ul class="lines">
        {health.broken_arrivals.map((one) => (
          <li key={one.activity} class="line">
            <span class="person-words grow">
              <bdi class="person-name">{one.actor}</bdi>
              <bdi class="person-handle">{one.reason}</bdi>
            </span>
          </li>
        ))}
      </ul>
      {refused.length > 0 && (
        <details>
          <summary>{sayHere("health.refused")}</summary>
          <dl class="facts">
            {refused.map(([clause, count]) => (
              <div key={clause} class="fact">
                <dt>{clause}</dt>
                <dd>{number(count)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

export function AdminScreen() {
  const health = useAsked<Health>("/admin/health");
  const known = health.answer.value;
  return (
    <Screen title={sayHere("admin")} under="/settings">
      <nav class="card" aria-label={sayHere("admin")}>
        <ul class="lines">
          <Way to="/admin/people" icon="people" words="admin.people" />
          <Way to="/admin/servers" icon="share" words="admin.servers" />
          <Way to="/admin/reports" icon="alert" words="admin.reports" />
          <Way to="/admin/log" icon="check" words="admin.log" />
          <Way to="/settings/invites" icon="link" words="invites" />
        </ul>
      </nav>
      <section class="card">
        <SignUp />
      </section>
      <section class="card" aria-labelledby="health">
        <h2 id="health">{sayHere("health")}</h2>
        {health.fault.value !== null && <Fault>{explain(health.fault.value)}</Fault>}
        {known === null ? health.fault.value === null && <Waiting /> : <Standing health={known} />}
      </section>
    </Screen>
  );
}
