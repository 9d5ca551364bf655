"""RFC 9420, a chapter a page: `public` for all, `private` for devices only.

How a device uses it (all pure: no I/O, no clock, no chance but what `Means` lends):

    from node.e2ee.mls.private.client import Client, OwnPackage
    from node.e2ee.mls.private.means import Means, Policy
    from node.e2ee.mls.private.session import Session
    from node.e2ee.mls.private.joining import join
    from node.e2ee.mls.private import events

    means = Means(entropy, judge)   # judge: Callable[[Claim], bool], no default; psks=, policy=
    me = Client.fresh(suite_id, identity, entropy)   # identity: UTF-8 of the actor's id
    own = me.key_package(entropy, now)   # OwnPackage: .package (bytes to publish), .reference
    me.dump() / Client.load(b);  own.dump() / OwnPackage.load(b)      # to be sealed in the vault

Every deed gives a `Step(session, change, value)`. The old session is spent: using it again raises
`Broken`. So: take the step, write `step.change` (``.writes: dict[str, bytes]``, ``.deletes:
list[str]``: records of this group) in one transaction, only then send or show `step.value`, and go
on with `step.session`. When the write fails, load the session again from its records. A deed that
raises changes nothing and spends nothing.

    step = Session.create(me, means, group_id, now)   # one member, epoch 0; value None
    step = join(welcome, own, me, means, now, known=group_ids)   # value: events.Joined
    step = session.stage(now, [Add(key_package)])   # value: Staged(.commit bytes, .epoch)
    step = session.merge(now)     # our commit was accepted; value: events.Committed, .welcome in it
    step = session.drop()         # it lost: the staged keys are wiped
    step = session.receive(data, now)   # value: an event
    step = session.seal(plaintext)      # value: bytes; refuses while session.must_commit (§12.4)
    step = session.propose(proposal, now)   # value: bytes; also propose_update(now)
    step = session.tidy(now)      # forget past epochs that are too old
    Session.load(records, means); session.dump() -> dict of all records
    session.group_id .epoch .members() .own_leaf .staged .must_commit .pending() .closed
    session.epoch_authenticator .export(label, context, length) .group_info(external=False) -> bytes

Events: `ApplicationMessage(sender, data, authenticated_data, epoch, generation)`,
`Proposed(sender, proposal, reference)`, `Committed(sender, epoch, added, removed, updated, own,
external, lost, welcome, reinit, authenticated_data)`, `Removed(by)` (the session is over: its
change deletes every record). A sender is a `Member(leaf, identity, signature_key)`; None where an
outsider spoke.

A Welcome is an MLSMessage; `Staged.entrust()` gives it early to a sequencer that itself holds it
back until the commit is accepted, `Staged.group_info(external=…)` the GroupInfo of its epoch,
and `external.join_externally` joins by one. `Add` takes `public.key_package.parse(bytes)` (or
`validate`).
A message of ours that comes back is refused (`Conflict` MLS-9.1a): know it by its bytes.

Our own commit coming back from the relay is recognised by its bytes: `receive` then merges it
(`own=True`). Another's commit for the same epoch drops the staged one (`lost=True`).
Proposals are `node.e2ee.mls.public.proposals`; `public.key_package.validate` and
`public.framing.header` are for servers.
"""
