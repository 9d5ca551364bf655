/** The deeds of groups (E2E-8), as a transcript asks for them. */

import type { DeviceRosters } from "../device/device_rosters.ts";
import type { Packages } from "../device/key_stock.ts";
import type { Role } from "../device/roles.ts";
import { unbase64 } from "../wire/bytes.ts";

type Given = Readonly<Record<string, unknown>>;

export function packagesOf(given: unknown): Packages {
  const written = Object.entries(given as Record<string, readonly string[]>);
  return Object.fromEntries(written.map(([actor, found]) => [actor, found.map(unbase64)]));
}

export async function rostersDo(
  rosters: DeviceRosters,
  name: string,
  given: Given,
): Promise<unknown> {
  const { group, name: called, actor, role } = given as Readonly<Record<string, string>>;
  const [where, now] = [String(group), Number(given.now)];
  const actors = given.actors as readonly string[];
  switch (name) {
    case "learn":
      return rosters.learn();
    case "of": {
      const found = await rosters.of(where);
      return found && { is: "Roster", ...found };
    }
    case "lines":
      return rosters.lines(where);
    case "spoilt":
      return rosters.spoilt(where);
    case "start":
      return rosters.start(String(called), packagesOf(given.packages), now);
    case "add":
      return rosters.add(where, packagesOf(given.packages), now);
    case "remove":
      return rosters.remove(where, actors, now);
    case "rename":
      return rosters.rename(where, String(called), now);
    case "appoint":
      return rosters.appoint(where, String(actor), role as Role, now);
    case "quit":
      return rosters.quit(where, now);
    default:
      throw new TypeError(`a deed that is not known: ${name}`);
  }
}
