/** Pure: the delegation, by which the root lets a list key speak for the account (spec KEY-3.1). */

import { Malformed } from "../../errors.ts";
import { type Bytes, concat, equal } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import {
  checkActor,
  head,
  parseContent,
  parseSigned,
  readActor,
  readCount,
  readEd25519,
  readTime,
  readX25519,
  type Signed,
  u64,
} from "./signed.ts";

export const DELEGATION_LABEL = "Kith delegation 1";
export const MOST_DELEGATION_BYTES = 4096;
export const DELEGATION_SECONDS = 3652 * 86_400; // ten years

/** `d` counts the delegations of one root. Times are in seconds since 1970. */
export interface Delegation {
  readonly actor: string;
  readonly root: Bytes;
  readonly d: number;
  readonly listKey: Bytes;
  readonly recoveryKem: Bytes;
  readonly notAfter: number;
}

export function encodeDelegation(one: Delegation): Bytes {
  return concat(
    head(one.actor),
    one.root,
    tls.u32(one.d),
    one.listKey,
    one.recoveryKem,
    u64(one.notAfter),
  );
}

function readDelegation(reader: tls.Reader): Delegation {
  const found = {
    actor: readActor(reader),
    root: readEd25519(reader),
    d: readCount(reader),
    listKey: readEd25519(reader),
    recoveryKem: readX25519(reader),
    notAfter: readTime(reader),
  };
  if (equal(found.listKey, found.root)) {
    const reason = "a root that delegates to itself would lie on every device";
    throw new Malformed("KEY-3.1", reason);
  }
  return found;
}

/** The delegation of `actor`, signed by the root that it names (KEY-3.1). */
export async function checkDelegation(signed: Signed, actor: string): Promise<Delegation> {
  const found = parseContent(signed.content, readDelegation);
  checkActor(found.actor, actor);
  await signed.check(found.root, DELEGATION_LABEL);
  return found;
}

/** A signed delegation that is all of `data`, not checked yet. */
export function parseDelegation(data: Bytes): Signed {
  return parseSigned(data, MOST_DELEGATION_BYTES);
}
