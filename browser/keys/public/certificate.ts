/** Pure: a device's certificate, and the leaf extension that carries it (spec KEY-3.5, KEY-3.6). */

import { Malformed, TooMuch } from "../../errors.ts";
import { type Bytes, concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { checkDelegation, type Delegation, MOST_DELEGATION_BYTES } from "./delegation.ts";
import { encodeSuiteKey, readSuiteKey, type SuiteKey, sameSuiteKey } from "./device_list.ts";
import {
  checkActor,
  head,
  parseContent,
  readActor,
  readCount,
  readSigned,
  readTime,
  type Signed,
  u64,
} from "./signed.ts";

export const CERTIFICATE_LABEL = "Kith device 1";
export const CERTIFICATE_EXTENSION = 0xf1c0;
export const MOST_CERTIFICATE_BYTES = 4096;
export const CERTIFICATE_SECONDS = 3652 * 86_400;

/** That a device of `actor` signs with a key, in the list (d, n) or later ones. */
export interface Certificate {
  readonly actor: string;
  readonly id: Bytes;
  readonly key: SuiteKey;
  readonly d: number;
  readonly n: number;
  readonly notAfter: number;
}

export function encodeCertificate(one: Certificate): Bytes {
  const numbers = concat(tls.u32(one.d), tls.u32(one.n), u64(one.notAfter));
  return concat(head(one.actor), one.id, encodeSuiteKey(one.key), numbers);
}

function readCertificate(reader: tls.Reader): Certificate {
  return {
    actor: readActor(reader),
    id: reader.take(16),
    key: readSuiteKey(reader),
    d: readCount(reader),
    n: readCount(reader),
    notAfter: readTime(reader),
  };
}

/** What a leaf of a certified device carries. */
export interface LeafExtension {
  readonly delegation: Signed;
  readonly certificate: Signed;
}

export function encodeLeafExtension(one: LeafExtension): Bytes {
  return concat(one.delegation.encode(), one.certificate.encode());
}

/** The extension that is all of `data`, not checked yet. Throws `TooMuch` (KEY-1.2). */
export function parseLeafExtension(data: Bytes): LeafExtension {
  if (data.length > MOST_DELEGATION_BYTES + MOST_CERTIFICATE_BYTES) {
    throw new TooMuch("KEY-1.2", "a leaf's certificate has more than 8192 bytes");
  }
  return tls.parse(data, (reader) => ({
    delegation: readSigned(reader),
    certificate: readSigned(reader),
  }));
}

/** A leaf's chain, checked: whose root, and which device. */
export interface Certified {
  readonly delegation: Delegation;
  readonly delegationHash: Bytes;
  readonly certificate: Certificate;
}

/**
 * The chain in a leaf of `actor` that signs with `key`, from the root down (KEY-3.6).
 *
 * Whose root it is, and whether its list still holds the device, is not said by it.
 */
export async function checkLeaf(data: Bytes, actor: string, key: SuiteKey): Promise<Certified> {
  const extension = parseLeafExtension(data);
  const delegation = await checkDelegation(extension.delegation, actor);
  const certificate = parseContent(extension.certificate.content, readCertificate);
  checkActor(certificate.actor, actor);
  if (certificate.d !== delegation.d) {
    const reason = "a certificate and its delegation have different numbers";
    throw new Malformed("KEY-3.6", reason);
  }
  if (!sameSuiteKey(certificate.key, key)) {
    throw new Malformed("KEY-3.6", "a certificate is of another key than its leaf");
  }
  await extension.certificate.check(delegation.listKey, CERTIFICATE_LABEL);
  return { delegation, delegationHash: extension.delegation.hash(), certificate };
}

/** The certificate of a leaf that is new has not ended. Throws `Malformed` (KEY-3.6). */
export function checkInTime(found: Certified, now: number): void {
  if (now > Math.min(found.certificate.notAfter, found.delegation.notAfter)) {
    throw new Malformed("KEY-3.6", "the certificate of a new leaf has ended");
  }
}
