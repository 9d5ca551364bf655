/** What administrators did: who, what, about whom, and when. */

import { useMemo } from "preact/hooks";

import type { Act } from "../api_types.ts";
import { List } from "../lists.ts";
import { ListView } from "../parts/list_view.tsx";
import { Empty, Screen } from "../parts/screen.tsx";
import { type ReportKey, sayReport } from "../report/words.ts";
import { sayHere } from "../settings/words.ts";
import { ago } from "../words/index.ts";

const DEEDS: Readonly<Record<string, ReportKey>> = {
  approve: "deed.approve",
  reject: "deed.reject",
  suspend: "deed.suspend",
  "reset-link": "deed.reset-link",
  "set-registration": "deed.set-registration",
  "suspend-server": "deed.suspend-server",
  "allow-server": "deed.allow-server",
  "suspend-actor": "deed.suspend-actor",
  "allow-actor": "deed.allow-actor",
  "delete-post": "deed.delete-post",
  "close-report": "deed.close-report",
};

function Line({ act }: { readonly act: Act }) {
  const deed = DEEDS[act.deed];
  return (
    <li class="line">
      <span class="person-words grow">
        <span class="person-name">{deed === undefined ? act.deed : sayReport(deed)}</span>
        <bdi class="person-handle">{act.object}</bdi>
        <span class="person-handle">
          {act.who === "" ? sayReport("machine") : <bdi>@{act.who}</bdi>} ·{" "}
          <time dateTime={act.at}>{ago(act.at)}</time>
        </span>
      </span>
    </li>
  );
}

export function AdminLogScreen() {
  const list = useMemo(() => new List<Act>("/admin/log", {}, (act) => act.id), []);
  return (
    <Screen title={sayHere("admin.log")} under="/admin">
      <section class="card" aria-label={sayHere("admin.log")}>
        <ListView list={list} class="lines" empty={<Empty title={sayReport("log.none")} />}>
          {(act) => <Line key={act.id} act={act} />}
        </ListView>
      </section>
    </Screen>
  );
}
