/** Pure: who came and went in a group, what it is called and who may what, in words. */

import type { Chat, GroupLine } from "../../worker/device_client.ts";
import { about } from "../keys/doubt.tsx";
import { inRow } from "../words/index.ts";
import { sayGroups } from "./words.ts";

type NameOf = (actor: string) => string;

type Deed = "line.added" | "line.removed" | "line.left" | "line.named";

/** What became of a group. `nameOf` gives "" for oneself. */
export function lineOf({ by, came, went, name, roles }: GroupLine, nameOf: NameOf): string {
  const who = nameOf(by);
  const of = (actor: string) => nameOf(actor) || sayGroups("you");
  const did = (deed: Deed, params: Readonly<Record<string, string>> = {}) =>
    sayGroups(who ? deed : `${deed}.you`, { who, ...params });
  const others = came.filter((actor) => actor !== by).map(of);
  const left = (actor: string) =>
    actor === by ? did("line.left") : did("line.removed", { names: of(actor) });
  const found = [
    others.length ? did("line.added", { names: inRow(others) }) : "",
    ...went.map(left),
    name ? did("line.named", { name }) : "",
    ...roles.map(({ actor, role }) => sayGroups(`line.role.${role}`, { names: of(actor) })),
  ];
  return found.filter(Boolean).join(" ");
}

/** That somebody ended a group for everybody. */
export function spoilt(by: string, nameOf: NameOf): string {
  return sayGroups("ended", { who: nameOf(by) });
}

/** The same, in its chat. */
export function ended({ group, others }: Chat): string {
  return spoilt(group?.ended?.by ?? "", (actor) => about(others, actor).name);
}
