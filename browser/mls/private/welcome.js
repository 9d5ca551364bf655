/** Pure: the secrets inside a Welcome, and how it is made and opened (RFC 9420 §12.4.3.1). */
import { Malformed, Missing, Unproven } from "../../errors.ts";
import { concat, EMPTY, equal } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { encodeGroupInfo, readGroupInfo, } from "../public/group_info.ts";
import { reference } from "../public/key_package.ts";
import { encodePskId, isSpecial, readPskId } from "../public/proposals.ts";
import { expandWithLabel } from "./crypto.ts";
import { decryptWithLabel, encryptWithLabel } from "./hpke.ts";
import { welcomeSecret } from "./key_schedule.ts";
const LABEL = "Welcome";
export function encodeGroupSecrets(secrets) {
    const path = secrets.pathSecret === null ? null : tls.opaque(secrets.pathSecret);
    const psks = tls.vectorOf(secrets.psks, encodePskId);
    return concat(tls.opaque(secrets.joinerSecret), tls.optional(path), psks);
}
export function readGroupSecrets(reader) {
    return {
        joinerSecret: reader.opaque(),
        pathSecret: reader.optional(tls.readOpaque),
        psks: reader.vector(readPskId, 2),
    };
}
function welcomeKeys(suite, member) {
    const secret = welcomeSecret(suite, member);
    return {
        key: expandWithLabel(secret, "key", EMPTY, suite.aead.nk),
        nonce: expandWithLabel(secret, "nonce", EMPTY, suite.aead.nn),
    };
}
/** One Welcome for all `newcomers`; `member` is the secret that `memberSecret` gives. */
export async function sealWelcome(suite, info, member, newcomers, entropy) {
    const { key, nonce } = welcomeKeys(suite, member);
    const sealedInfo = await suite.aead.seal(key, nonce, encodeGroupInfo(info), EMPTY);
    const entry = async ({ keyPackage, secrets }) => {
        const plain = encodeGroupSecrets(secrets);
        const { initKey } = keyPackage;
        const sealed = await encryptWithLabel(suite, initKey, LABEL, sealedInfo, plain, entropy);
        return { newMember: reference(keyPackage), sealed };
    };
    const secrets = await Promise.all(newcomers.map(entry));
    return { kind: "welcome", suiteId: suite.id, secrets, encryptedGroupInfo: sealedInfo };
}
/** The entry that is for the package (MLS-12.4.3.1a), in its own suite (MLS-12.4.3.1b). */
export function findEntry(welcome, keyPackage) {
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
export async function openGroupSecrets(suite, welcome, entry, init) {
    const context = welcome.encryptedGroupInfo;
    const plain = await decryptWithLabel(suite, init, LABEL, context, entry.sealed);
    const secrets = tls.parse(plain, readGroupSecrets);
    checkWelcomePsks(suite, secrets.psks);
    return secrets;
}
/** Nonces are of the right length (MLS-8.4b); reinit or branch stands alone (MLS-12.4.3.1c). */
export function checkWelcomePsks(suite, psks) {
    if (psks.some((psk) => psk.nonce.length !== suite.nh)) {
        throw new Malformed("MLS-8.4b", "a PSK nonce has the wrong length");
    }
    if (psks.filter(isSpecial).length > 1) {
        throw new Malformed("MLS-12.4.3.1c", "a Welcome with two PSKs for reinit or branch");
    }
}
/** The GroupInfo inside, not believed yet. Throws `Unproven` (MLS-12.4.3.1d). */
export async function openGroupInfo(suite, welcome, member) {
    const { key, nonce } = welcomeKeys(suite, member);
    const plain = await suite.aead.open(key, nonce, welcome.encryptedGroupInfo, EMPTY);
    if (plain === null) {
        throw new Unproven("MLS-12.4.3.1d", "the group info of a Welcome does not open");
    }
    return tls.parse(plain, readGroupInfo);
}
