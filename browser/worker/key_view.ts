/** How the device that is open stands with the keys of its account, as a person is told. */

import { KithError, Missing } from "../errors.ts";
import { checkPublished } from "../keys/public/published.ts";
import { unbase64 } from "../wire/bytes.ts";
import { uuidOf } from "../wire/ids.ts";
import type { KeysView } from "./key_questions.ts";
import type { OpenDevice } from "./open_device.ts";
import { problemOf } from "./problems.ts";

/** The account has none, or its node knows of none. */
const NONE: ReadonlySet<string> = new Set(["KEY-7.5", "API-1.5"]);

export async function keysView(device: OpenDevice): Promise<KeysView> {
  const { keys } = device.device;
  const row = await keys.row();
  const { held } = device.keeper;
  const trouble = held === null ? null : problemOf(held);
  if (row === null) {
    const listed = await published(device);
    const isPublished = listed && listed.length > 0;
    return { stand: "none", isPublished, isWritten: false, listed: listed ?? [], trouble };
  }
  const { devices } = (await keys.published()).devices;
  return {
    stand: row.unlisted ? "unlisted" : "listed",
    isPublished: true,
    isWritten: row.rk.length === 0,
    listed: devices.map(({ id }) => uuidOf(id)),
    trouble,
  };
}

/** Who is on the list that the home node shows to all; null where it does not say. */
async function published({ api, account }: OpenDevice): Promise<readonly string[] | null> {
  const { actor } = account;
  try {
    const { delegation, list } = await api.ask("GET /keys", { query: { actor } });
    const found = await checkPublished(unbase64(delegation), unbase64(list), actor);
    return found.devices.devices.map(({ id }) => uuidOf(id));
  } catch (error) {
    if (error instanceof Missing && NONE.has(error.clause)) return [];
    if (!(error instanceof KithError)) throw error;
    return null;
  }
}
