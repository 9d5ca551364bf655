/** Pure: the secrets inside a Welcome, and how it is made and opened (RFC 9420 §12.4.3.1). */

import { Malformed, Missing, Unproven } from "../../errors.ts";
import { type Bytes, concat, EMPTY, equal } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import {
  type EncryptedGroupSecrets,
  encodeGroupInfo,
  type GroupInfo,
  readGroupInfo,
  type Welcome,
} from "../public/group_info.ts";
import { type KeyPackage, reference } from "../public/key_package.ts";
import { encodePskId, isSpecial, type PreSharedKeyId, readPskId } from "../public/proposals.ts";
import type { Suite } from "../public/suite.ts";
import { expandWithLabel } from "./crypto.ts";
import type { Entropy } from "./entropy.ts";
import { decryptWithLabel, encryptWithLabel, type KeyPair } from "./hpke.ts";
import { welcomeSecret } from "./key_schedule.ts";

const LABEL = "Welcome";

/** What one new member needs to open the rest of a Welcome. */
export interface GroupSecrets {
  readonly joinerSecret: Bytes;
  readonly pathSecret: Bytes | null;
  readonly psks: readonly PreSharedKeyId[];
}

export function encodeGroupSecrets(secrets: GroupSecrets): Bytes {
  const path = secrets.pathSecret === null ? null : tls.opaque(secrets.pathSecret);
  const psks = tls.vectorOf(secrets.psks, encodePskId);
  return concat(tls.opaque(secrets.joinerSecret), tls.optional(path), psks);
}

export function readGroupSecrets(reader: tls.Reader): GroupSecrets {
  return {
    joinerSecret: reader.opaque(),
    pathSecret: reader.optional(tls.readOpaque),
    psks: reader.vector(readPskId, 2),
  };
}

function welcomeKeys(suite: Suite, member: Bytes): { key: Bytes; nonce: Bytes } {
  const secret = welcomeSecret(suite, member);
  return {
    key: expandWithLabel(secret, "key", EMPTY, suite.aead.nk),
    nonce: expandWithLabel(secret, "nonce", EMPTY, suite.aead.nn),
  };
}

export interface Newcomer {
  readonly keyPackage: KeyPackage;
  readonly secrets: GroupSecrets;
}

/** One Welcome for all `newcomers`; `member` is the secret that `memberSecret` gives. */
export async function sealWelcome(
  suite: Suite,
  info: GroupInfo,
  member: Bytes,
  newcomers: readonly Newcomer[],
  entropy: Entropy,
): Promise<Welcome> {
  const { key, nonce } = welcomeKeys(suite, member);
  const sealedInfo = await suite.aead.seal(key, nonce, encodeGroupInfo(info), EMPTY);
  const entry = async ({ keyPackage, secrets }: Newcomer): Promise<EncryptedGroupSecrets> => {
    const plain = encodeGroupSecrets(secrets);
    const { initKey } = keyPackage;
    const sealed = await encryptWithLabel(suite, initKey, LABEL, sealedInfo, plain, entropy);
    return { newMember: reference(keyPackage), sealed };
  };
  const secrets = await Promise.all(newcomers.map(entry));
  return { kind: "welcome", suiteId: suite.id, secrets, encryptedGroupInfo: sealedInfo };
}

/** The entry that is for the package (MLS-12.4.3.1a), in its own suite (MLS-12.4.3.1b). */
export function findEntry(welcome: Welcome, keyPackage: KeyPackage): EncryptedGroupSecrets {
  if (welcome.suiteId !== keyPackage.suiteId) {
    throw new Malformed("MLS-12.4.3.1b", "a Welcome of another suite than the key package");
  }
  const wanted = reference(keyPackage);
  const found = welcome.secrets.find((entry) => equal(entry.newMember, wanted));
  if (found === undefined) {
    throw new Missing("MLS-12.4.3.1a", "a Welcome that is not for this key package");
  }
  return found;
}

/** The secrets in `entry`; `init` is the key pair of the package's init key. */
export async function openGroupSecrets(
  suite: Suite,
  welcome: Welcome,
  entry: EncryptedGroupSecrets,
  init: KeyPair,
): Promise<GroupSecrets> {
  const context = welcome.encryptedGroupInfo;
  const plain = await decryptWithLabel(suite, init, LABEL, context, entry.sealed);
  const secrets = tls.parse(plain, readGroupSecrets);
  checkWelcomePsks(suite, secrets.psks);
  return secrets;
}

/** Nonces are of the right length (MLS-8.4b); reinit or branch stands alone (MLS-12.4.3.1c). */
export function checkWelcomePsks(suite: Suite, psks: readonly PreSharedKeyId[]): void {
  if (psks.some((psk) => psk.nonce.length !== suite.nh)) {
    throw new Malformed("MLS-8.4b", "a PSK nonce has the wrong length");
  }
  if (psks.filter(isSpecial).length > 1) {
    throw new Malformed("MLS-12.4.3.1c", "a Welcome with two PSKs for reinit or branch");
  }
}

/** The GroupInfo inside, not believed yet. Throws `Unproven` (MLS-12.4.3.1d). */
export async function openGroupInfo(
  suite: Suite,
  welcome: Welcome,
  member: Bytes,
): Promise<GroupInfo> {
  const { key, nonce } = welcomeKeys(suite, member);
  const plain = await suite.aead.open(key, nonce, welcome.encryptedGroupInfo, EMPTY);
  if (plain === null) {
    throw new Unproven("MLS-12.4.3.1d", "the group info of a Welcome does not open");
  }
  return tls.parse(plain, readGroupInfo);
}
