/** One's profile: what friends call one, and what one says of oneself. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { askAsMe, renamed } from "../accounts.ts";
import type { Account } from "../api_types.ts";
import { mediaAddress } from "../media.ts";
import { Fault, Field, Form, TextArea } from "../parts/form.tsx";
import { addressOf, type Link, LinkFields, written } from "../parts/links.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { FaceField } from "../pictures/face.tsx";
import { sayPictures } from "../pictures/words.ts";
import { linesOf, richOf } from "../rich.ts";
import { back } from "../router.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";

function Fields({ account }: { readonly account: Account }) {
  const name = useSignal(account.display_name);
  const summary = useSignal(linesOf(richOf(account.summary)));
  const links = useSignal<readonly Link[]>(account.links);
  const avatar = useSignal<string | null>(null);
  const header = useSignal<string | null>(null);
  async function send(): Promise<void> {
    const body = {
      display_name: name.value.trim(),
      summary: summary.value,
      avatar: avatar.value,
      header: header.value,
      links: written(links.value).map(({ name, url }) => ({ name, url: addressOf(url) })),
    };
    renamed(await askAsMe<Account>("PATCH", "/account", { body }));
    tell(say("saved"));
    back("/me");
  }
  return (
    <Form send={say("save")} onSend={send}>
      <FaceField
        label={sayPictures("face")}
        now={mediaAddress(account.avatar ?? "")}
        wanted={avatar}
      />
      <FaceField
        label={sayPictures("header")}
        now={mediaAddress(account.header ?? "")}
        wanted={header}
        isBehind
      />
      <Field
        label={say("field.shown")}
        name="display_name"
        value={name.value}
        maxLength={64}
        autocomplete="name"
        onValue={(text) => {
          name.value = text;
        }}
      />
      <TextArea
        label={say("profile.summary")}
        name="summary"
        rows={5}
        maxLength={1000}
        hint={say("profile.summary.hint")}
        value={summary.value}
        onValue={(text) => {
          summary.value = text;
        }}
      />
      <LinkFields links={links} />
    </Form>
  );
}

export function ProfileScreen() {
  const account = useSignal<Account | null>(null);
  const fault = useSignal("");
  useEffect(() => {
    askAsMe<Account>("GET", "/account").then(
      (found) => {
        account.value = found;
      },
      (error: unknown) => {
        fault.value = explain(error);
      },
    );
  }, []);
  return (
    <Screen title={say("me.edit")} under="/me">
      <section class="card">
        {fault.value !== "" && <Fault>{fault.value}</Fault>}
        {account.value === null ? <Waiting /> : <Fields account={account.value} />}
      </section>
    </Screen>
  );
}
