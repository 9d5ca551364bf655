/** Who shared a post that stands in the feed for that alone (INB-12). */

import en from "../../../node/web/words/shared.en.json" with { type: "json" };
import type { Person } from "../api_types.ts";
import { nameOf, pageOf } from "../parts/avatar.tsx";
import { sayer } from "../words/index.ts";

const sayShared = sayer("shared", en, {
  de: () => import("../../../node/web/words/shared.de.json"),
  es: () => import("../../../node/web/words/shared.es.json"),
  ar: () => import("../../../node/web/words/shared.ar.json"),
});

export function SharedBy({ person }: { readonly person: Person }) {
  return (
    <p class="clip-audience">
      <a href={pageOf(person.handle)}>{sayShared("shared.by", { name: nameOf(person) })}</a>
    </p>
  );
}
