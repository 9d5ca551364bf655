/** The deeds of transcripts that are of keys (DEV-12, DEV-13). */

import type { DeviceKeys } from "../device/device_keys.ts";
import type { SignedKeys } from "../device/key_signing.ts";
import type { ListedDevice } from "../keys/public/device_list.ts";
import { checkPublished } from "../keys/public/published.ts";
import { type Bytes, unbase64 } from "../wire/bytes.ts";

type Given = Readonly<Record<string, unknown>>;

function signedIn(given: unknown): SignedKeys | null {
  if (given === null) return null;
  const { delegation, list, box } = given as Record<"delegation" | "list" | "box", string>;
  return { delegation: unbase64(delegation), list: unbase64(list), box: unbase64(box) };
}

function listedIn(given: unknown): ListedDevice {
  const { id, seal, key } = given as Record<"id" | "seal" | "key", string>;
  const keys = [{ suite: 1, signatureKey: unbase64(key) }];
  return { id: unbase64(id), seal: unbase64(seal), keys, added: 0 };
}

export async function keysDo(keys: DeviceKeys, name: string, given: Given): Promise<unknown> {
  const now = Number(given.now);
  const bytes = (part: string): Bytes => unbase64(String(given[part]));
  const rk = () => (given.rk === null ? null : bytes("rk"));
  const actor = String(given.actor);
  switch (name) {
    case "may_begin":
      return keys.mayBegin(given.alone === true, now);
    case "await_none":
      return keys.awaitNone();
    case "begin":
      return keys.begin(bytes("id"), now);
    case "begin_anew":
      return keys.beginAnew(signedIn(given.told), bytes("id"), now);
    case "meet":
      return keys.meet(signedIn(given.told), now);
    case "drop":
      return keys.drop();
    case "owed": {
      const owed = await keys.owed();
      return owed && { is: "PutKeys", ...owed, keys: { is: "SignedKeys", ...owed.keys } };
    }
    case "recovery_key":
      return keys.recoveryKey();
    case "write_down":
      return keys.writeDown();
    case "unlist":
      return keys.unlist(bytes("id"), rk(), now);
    case "redelegate":
      return keys.redelegate(bytes("rk"), now);
    case "recover": {
      const told = signedIn(given.told);
      if (told === null) throw new TypeError("nothing is told");
      const keep = (given.keep as readonly string[]).map(unbase64);
      return keys.recover(told, bytes("id"), bytes("rk"), now, keep);
    }
    case "certify":
      return keys.certify(now);
    case "admit":
      return keys.admit(listedIn(given.device), now);
    case "see": {
      const shown = await checkPublished(bytes("delegation"), bytes("list"), actor);
      const { seen, deed } = await keys.see(actor, shown);
      return { seen, deed };
    }
    case "verify":
      return keys.verify(actor);
    default:
      throw new TypeError(`a deed that is not known: ${name}`);
  }
}
