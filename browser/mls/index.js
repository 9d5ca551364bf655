/**
 * RFC 9420, a chapter a page, as `node/e2ee/mls`: `public` for all, `private` for devices only.
 *
 * All pure: no I/O, no clock, no chance but what `Means` lends. What waits, waits for WebCrypto.
 *
 *     const means = { entropy, judge, psks: noPsk, policy: POLICY };  // judge: (claim) => boolean
 *     const me = await Client.fresh(suiteId, identity, entropy);  // identity: the actor's id in UTF-8
 *     const own = await me.keyPackage(entropy, now);  // own.package to publish, own.reference
 *     me.dump(), Client.load(bytes), own.dump(), OwnPackage.load(bytes)  // to be sealed in the vault
 *
 * Every deed gives a `Step { session, change, value }`. The old session is spent: using it again, or
 * while it is taking a step, throws `Broken`. So: take the step, write `step.change` (`writes` and
 * `deletes`: records of this group) in one transaction, only then send or show `step.value`, and go
 * on with `step.session`. When the write fails, load the session again from its records. A deed that
 * throws changes nothing and spends nothing.
 *
 *     await Session.create(me, means, groupId, now)  // one member, epoch 0
 *     await join(welcome, own, me, means, { known: groupIds })
 *     await session.stage(now, [{ type: "add", keyPackage }])  // value: Staged: commit, epoch
 *     await session.merge(now)  // our commit was accepted; the event has the Welcome
 *     await session.drop()  // it lost: the staged keys are gone
 *     await session.receive(data, now)  // value: an Event
 *     await session.seal(data)  // refuses while session.mustCommit (§12.4)
 *     await session.propose(proposal, now), session.proposeUpdate(now), session.tidy(now)
 *     await Session.load(records, means), session.dump()
 *
 * A message of ours that comes back is refused (`Conflict` MLS-9.1a): know it by its bytes. Our own
 * commit coming back from the relay is recognised by its bytes: `receive` then merges it (`own`).
 * Another's commit for the same epoch drops the staged one (`lost`).
 */
export { Client, chooseSuite, OwnPackage } from "./private/client.ts";
export { Joining, joinExternally, proposeFromOutside, proposeSelf } from "./private/external.ts";
export { join } from "./private/joining.ts";
export { noPsk, POLICY } from "./private/means.ts";
export { externalPsk, resumptionPsk } from "./private/psk.ts";
export { announced, invite, succeed } from "./private/reinit.ts";
export { Session } from "./private/session.ts";
export { stagedInfo } from "./private/state.ts";
export { parse as parseKeyPackage, validate as validateKeyPackage } from "./public/key_package.ts";
