/** Pure: the transcript hashes, which run over all commits of a group (RFC 9420 §8.2). */

import { type Bytes, concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { encodeFramedContent, type FramedContent } from "../public/framing.ts";
import { hash } from "../public/suite.ts";

/** A commit as the transcript takes it in. */
export interface Signed {
  readonly wireFormat: number;
  readonly content: FramedContent;
  readonly signature: Bytes;
}

/** The confirmed transcript hash with this commit; `interim` is the last epoch's. */
export function confirmedHash(interim: Bytes, commit: Signed): Bytes {
  const content = encodeFramedContent(commit.content);
  return hash(concat(interim, tls.u16(commit.wireFormat), content, tls.opaque(commit.signature)));
}

/** The interim transcript hash of the epoch with this confirmation tag. */
export function interimHash(confirmed: Bytes, confirmationTag: Bytes): Bytes {
  return hash(concat(confirmed, tls.opaque(confirmationTag)));
}
