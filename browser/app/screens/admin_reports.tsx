/** What was reported, for those who run the node: what it is about, what can be done, and the end of it. */

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { askAsMe } from "../accounts.ts";
import { freshKey } from "../api.ts";
import type { Report, ReportedPost } from "../api_types.ts";
import { List } from "../lists.ts";
import { nameOf, pageOf } from "../parts/avatar.tsx";
import { question } from "../parts/dialog.tsx";
import { Button, Choice, Form, TextArea } from "../parts/form.tsx";
import { ListView } from "../parts/list_view.tsx";
import { RichText } from "../parts/rich.tsx";
import { Empty, Screen } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { sayReport } from "../report/words.ts";
import { sayHere } from "../settings/words.ts";
import { ago } from "../words/index.ts";

type State = "open" | "closed";
const LONGEST_NOTE = 1000; // INB-10.5

interface PostProps {
  readonly post: ReportedPost;
  /** Whether it is of this node, and so can be deleted here. */
  readonly isOurs: boolean;
  readonly onDone: () => unknown;
}

function Reported({ post, isOurs, onDone }: PostProps) {
  const remove = () =>
    question(sayReport("delete"), <p>{sayReport("delete.says")}</p>, [
      {
        words: sayReport("delete"),
        kind: "alarm",
        act: async () => {
          await askAsMe("DELETE", "/admin/posts", { query: { id: post.id } });
          await onDone();
        },
      },
    ]);
  return (
    <li class="standing">
      <span class="person-handle">
        {sayReport("post", { when: ago(post.published) })}
        {post.gone && ` · ${sayReport("gone")}`}
      </span>
      {post.name !== "" && <p dir="auto">{post.name}</p>}
      {post.summary !== "" && <p dir="auto">{post.summary}</p>}
      <RichText html={post.content} />
      {isOurs && !post.gone && (
        <div class="ways">
          <Button kind="quiet" size="small" onClick={remove}>
            {sayReport("delete")}
          </Button>
        </div>
      )}
    </li>
  );
}

/** Locked out, or no more heard and shown: by whose account is here, or by their id. */
function suspend({ account, about }: Report, onDone: () => unknown): void {
  const name = nameOf(about);
  const act = async () => {
    if (account === "") {
      await askAsMe("PUT", "/admin/actors", { body: { actor: about.id, suspended: true } });
    } else {
      await askAsMe("POST", `/admin/accounts/${encodeURIComponent(account ?? "")}/suspend`);
    }
    tell(sayHere("saved"));
    await onDone();
  };
  const says = sayHere(account === "" ? "actors.says" : "people.suspend.says");
  question(sayHere("people.suspend.title", { name }), <p>{says}</p>, [
    { words: sayHere("people.suspend"), kind: "alarm", act },
  ]);
}

function Closing({ report, onDone }: { readonly report: Report; readonly onDone: () => unknown }) {
  const note = useSignal("");
  const send = async () => {
    const path = `/admin/reports/${encodeURIComponent(report.id)}/close`;
    await askAsMe("POST", path, { body: { note: note.value }, key: freshKey() });
    tell(sayHere("saved"));
    await onDone();
  };
  const { host } = report;
  const sendAll = async () => {
    await askAsMe("POST", "/admin/reports/close", { body: { host, note: note.value } });
    tell(sayHere("saved"));
    await onDone();
  };
  return (
    <Form send={sayReport("close")} onSend={send} disabled={note.value.trim() === ""}>
      <TextArea
        label={sayReport("note")}
        hint={sayReport("note.says")}
        name={`note-${report.id}`}
        rows={2}
        maxLength={LONGEST_NOTE}
        required
        value={note.value}
        onValue={(text) => {
          note.value = text;
        }}
      />
      {host && (
        <Button kind="quiet" disabled={note.value.trim() === ""} onClick={sendAll}>
          {sayReport("close.all", { host })}
        </Button>
      )}
    </Form>
  );
}

function Card({ report, onDone }: { readonly report: Report; readonly onDone: () => unknown }) {
  const { about, reporter, account, posts = [] } = report;
  const by =
    reporter === undefined || reporter === null
      ? report.host
        ? sayReport("by.server", { host: report.host })
        : sayReport("by.gone")
      : sayReport("by", { name: reporter.handle });
  return (
    <li class="standing">
      <span class="person-words">
        <a class="person-name" href={pageOf(about.handle)}>
          <bdi>{nameOf(about)}</bdi>
        </a>
        <bdi class="person-handle">{about.handle}</bdi>
        <span class="person-handle">
          {by} · <time dateTime={report.created}>{ago(report.created)}</time>
          {report.forwarded && ` · ${sayReport("forwarded")}`}
        </span>
      </span>
      {report.text !== "" && (
        <p class="request-text" dir="auto">
          {report.text}
        </p>
      )}
      {posts.length > 0 && (
        <ul class="standings">
          {posts.map((post) => (
            <Reported key={post.id} post={post} isOurs={account !== ""} onDone={onDone} />
          ))}
        </ul>
      )}
      {report.state === "open" ? (
        <>
          <div class="ways">
            <Button kind="quiet" onClick={() => suspend(report, onDone)}>
              {sayHere("people.suspend")}
            </Button>
          </div>
          <Closing report={report} onDone={onDone} />
        </>
      ) : (
        <p dir="auto">
          {report.closer === "" ? sayReport("machine") : <bdi>@{report.closer}</bdi>}: {report.note}
        </p>
      )}
    </li>
  );
}

export function AdminReportsScreen() {
  const state = useSignal<State>("open");
  const list = useMemo(
    () => new List<Report>("/admin/reports", { state: state.value }, (one) => one.id),
    [state.value],
  );
  return (
    <Screen title={sayHere("admin.reports")} under="/admin">
      <section class="card">
        <Choice
          label={sayReport("state")}
          value={state.value}
          onValue={(chosen) => {
            state.value = chosen as State;
          }}
          options={[
            ["open", sayReport("open")],
            ["closed", sayReport("closed")],
          ]}
        />
      </section>
      <section class="card" aria-label={sayHere("admin.reports")}>
        <ListView list={list} class="standings" empty={<Empty title={sayReport("none")} />}>
          {(one) => <Card key={one.id} report={one} onDone={() => list.renew()} />}
        </ListView>
      </section>
    </Screen>
  );
}
