/** A path at which the app has nothing. */

import { Screen } from "../parts/screen.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";

export function MissingScreen() {
  return (
    <Screen title={say("missing.title")}>
      <section class="card">
        <p>{say("missing.body")}</p>
        <a class="button main" href={at("/")}>
          {say("boundary.home")}
        </a>
      </section>
    </Screen>
  );
}
