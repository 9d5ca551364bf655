/** Friends, of whom one chooses several. */

import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import type { Relation } from "../api_types.ts";
import { List } from "../lists.ts";
import { Avatar, nameOf } from "../parts/avatar.tsx";
import { ListView } from "../parts/list_view.tsx";
import { Empty } from "../parts/screen.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";
import { sayGroups } from "./words.ts";

interface Props {
  readonly chosen: Signal<ReadonlySet<string>>;
  /** Who is there already. */
  readonly but?: ReadonlySet<string>;
}

export function ChooseFriends({ chosen, but = new Set() }: Props) {
  const friends = useMemo(() => new List<Relation>("/friends", {}, ({ person }) => person.id), []);
  const choose = (actor: string, on: boolean) => {
    const now = new Set(chosen.value);
    if (on) now.add(actor);
    else now.delete(actor);
    chosen.value = now;
  };
  return (
    <fieldset class="choose-people">
      <legend>{sayGroups("choose")}</legend>
      <ListView
        list={friends}
        empty={
          <Empty title={sayGroups("choose.none")}>
            <a class="button quiet" href={at("/people")}>
              {say("nav.people")}
            </a>
          </Empty>
        }
      >
        {({ person }) =>
          !but.has(person.id) && (
            <li key={person.id}>
              <label class="line">
                <Avatar person={person} size={40} />
                <span class="person-words grow">
                  <bdi class="person-name">{nameOf(person)}</bdi>
                  <bdi class="person-handle">{person.handle}</bdi>
                </span>
                <input
                  type="checkbox"
                  checked={chosen.value.has(person.id)}
                  onChange={(event) => choose(person.id, event.currentTarget.checked)}
                />
              </label>
            </li>
          )
        }
      </ListView>
    </fieldset>
  );
}
