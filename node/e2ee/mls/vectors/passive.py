"""Pure: vectors of a client that joins a group and follows it, sending nothing."""

from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.crypto import SignatureKey, signature_key
from node.e2ee.mls.private.hpke import key_pair
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.means import Means, Policy
from node.e2ee.mls.private.secret_tree import Bounds
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import key_package
from node.e2ee.mls.public.proposals import EXTERNAL_PSK, PreSharedKeyID
from node.e2ee.mls.public.suite import suite_of
from node.e2ee.mls.vectors.basics import Case, Counter, same, unhex

# Vectors are of no time, and keep what a device would have forgotten.
POLICY = Policy(
    longest_lifetime_seconds=2**64,
    bounds=Bounds(forward=2**16),
    resumption_epochs=2**16,
    pending_proposals=2**16,
    applicants=True,
)


def passive_client_case(case: Case) -> None:
    """Join by the Welcome, then follow each epoch's proposals and commit."""
    session = _joined(case)
    same("initial", session.epoch_authenticator, unhex(case["initial_epoch_authenticator"]))
    for epoch in case["epochs"]:
        for proposal in epoch["proposals"]:
            session = session.receive(unhex(proposal), 0).session
        session = session.receive(unhex(epoch["commit"]), 0).session
        same("epoch", session.epoch_authenticator, unhex(epoch["epoch_authenticator"]))


def _joined(case: Case) -> Session:
    suite = suite_of(case["cipher_suite"])
    package = key_package.parse(unhex(case["key_package"]))
    init = key_pair(suite, unhex(case["init_priv"]))
    own = OwnPackage(package, init, key_pair(suite, unhex(case["encryption_priv"])))
    leaf = package.leaf
    signature: SignatureKey = signature_key(suite, unhex(case["signature_priv"]))
    same("signature key", signature.public, leaf.signature_key)
    me = Client(suite, leaf.credential, signature, leaf.capabilities, leaf.extensions)
    psks = {unhex(psk["psk_id"]): unhex(psk["psk"]) for psk in case["external_psks"]}

    def find(id: PreSharedKeyID) -> bytes | None:
        return psks.get(id.psk_id) if id.type == EXTERNAL_PSK else None

    means = Means(Counter(), lambda _: True, find, POLICY)
    tree = case["ratchet_tree"]
    welcome = unhex(case["welcome"])
    return join(welcome, own, me, means, 0, tree=unhex(tree) if tree else None).session
