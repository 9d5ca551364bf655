/** Who is heard at once when they mention one; all others stand among the requests (INB-8). */

import { askAsMe } from "../accounts.ts";
import type { Account } from "../api_types.ts";
import { Choice, Fault } from "../parts/form.tsx";
import { Waiting } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { explain } from "../words/problems.ts";
import { useAsked } from "./asked.ts";
import { sayHere } from "./words.ts";

const WHO = ["everyone", "following", "friends", "nobody"] as const;

export function Mentions() {
  const { answer, fault } = useAsked<Account>("/account");
  async function choose(mentions: string): Promise<void> {
    await attempt(async () => {
      answer.value = await askAsMe<Account>("PATCH", "/account", { body: { mentions } });
    });
  }
  return (
    <section class="card" aria-labelledby="mentions">
      <h2 id="mentions">{sayHere("mentions")}</h2>
      {answer.value === null ? (
        fault.value === null ? (
          <Waiting />
        ) : (
          <Fault>{explain(fault.value)}</Fault>
        )
      ) : (
        <Choice
          label={sayHere("mentions.who")}
          hint={sayHere("mentions.hint")}
          value={answer.value.mentions ?? "following"}
          onValue={choose}
          options={WHO.map((one) => [one, sayHere(`mentions.${one}`)] as const)}
        />
      )}
    </section>
  );
}
