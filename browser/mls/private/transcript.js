/** Pure: the transcript hashes, which run over all commits of a group (RFC 9420 §8.2). */
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { encodeFramedContent } from "../public/framing.ts";
import { hash } from "../public/suite.ts";
/** The confirmed transcript hash with this commit; `interim` is the last epoch's. */
export function confirmedHash(interim, commit) {
    const content = encodeFramedContent(commit.content);
    return hash(concat(interim, tls.u16(commit.wireFormat), content, tls.opaque(commit.signature)));
}
/** The interim transcript hash of the epoch with this confirmation tag. */
export function interimHash(confirmed, confirmationTag) {
    return hash(concat(confirmed, tls.opaque(confirmationTag)));
}
