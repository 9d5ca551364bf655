/** Vectors of a client that joins a group and follows it, sending nothing. */
import { Client, OwnPackage } from "../mls/private/client.ts";
import { signatureKey } from "../mls/private/crypto.ts";
import { keyPair } from "../mls/private/hpke.ts";
import { join } from "../mls/private/joining.ts";
import { POLICY } from "../mls/private/means.ts";
import { BOUNDS } from "../mls/private/secret_tree.ts";
import * as keyPackages from "../mls/public/key_package.ts";
import { hex, unhex } from "../wire/bytes.ts";
import { Counter, same } from "./vectors_basics.ts";
/** Vectors are of no time, and keep what a device would have forgotten. */
const TIMELESS = {
    ...POLICY,
    longestLifetimeSeconds: 2 ** 64,
    bounds: { ...BOUNDS, forward: 2 ** 16 },
    resumptionEpochs: 2 ** 16,
    pendingProposals: 2 ** 16,
    applicants: true,
};
/** Join by the Welcome, then follow each epoch's proposals and commit. */
export async function passiveClientCase(one) {
    let session = await joined(one);
    same("initial", session.epochAuthenticator, one.bytes("initial_epoch_authenticator"));
    for (const epoch of one.parts("epochs")) {
        for (const proposal of epoch.list("proposals")) {
            ({ session } = await session.receive(unhex(String(proposal)), 0));
        }
        ({ session } = await session.receive(epoch.bytes("commit"), 0));
        same("epoch", session.epochAuthenticator, epoch.bytes("epoch_authenticator"));
    }
}
async function joined(one) {
    const { suite } = one;
    const keyPackage = keyPackages.parse(one.bytes("key_package"));
    const init = await keyPair(one.bytes("init_priv"));
    const own = new OwnPackage(keyPackage, init, await keyPair(one.bytes("encryption_priv")));
    const signature = await signatureKey(one.bytes("signature_priv"));
    same("signature key", signature.public, keyPackage.leaf.signatureKey);
    const me = new Client({ ...keyPackage.leaf, suite, signature });
    const psks = new Map(one.parts("external_psks").map((psk) => [psk.text("psk_id"), psk]));
    const means = {
        entropy: new Counter(),
        judge: () => true,
        psks: (id) => (id.type === "external" && psks.get(hex(id.pskId))?.bytes("psk")) || null,
        policy: TIMELESS,
    };
    const tree = one.any("ratchet_tree");
    const options = { tree: typeof tree === "string" ? unhex(tree) : null };
    return (await join(one.bytes("welcome"), own, me, means, options)).session;
}
