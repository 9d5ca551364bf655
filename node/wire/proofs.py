"""Pure: object integrity proofs, FEP-8b32, and identity proofs, FEP-c390 (spec FED-5)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from node.errors import Malformed, Unproven
from node.wire import keys, multibase
from node.wire.canonical import canonical
from node.wire.json import Document, Json
from node.wire.keys import Algorithm, PrivateKey, PublicKey
from node.wire.times import parse_rfc3339, rfc3339

MOST_PROOFS = 8
AHEAD = timedelta(hours=1)  # the same skew as for signed requests
SUITES: Mapping[str, Algorithm] = {
    "eddsa-jcs-2022": Algorithm.ED25519,
    "mldsa44-jcs-2024": Algorithm.ML_DSA_44,
}
_OF_KEY = {algorithm: suite for suite, algorithm in SUITES.items()}
# This suite signs the document's context as the proof's even where the proof does not repeat it.
_TAKES_CONTEXT = {"mldsa44-jcs-2024"}
IDENTITY = "VerifiableIdentityStatement"


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof of a document, of a suite that is known here: parsed and unproven.

    `method` names the key. `document` and `options` are what its signature must cover.
    """

    suite: str
    method: str
    created: datetime | None
    expires: datetime | None
    signature: bytes = field(repr=False)
    document: Document = field(repr=False)
    options: Document = field(repr=False)

    @property
    def message(self) -> bytes:
        """What is signed: made only when it is asked for, since it costs more than all else.

        Raises `Malformed` (FED-2.3) when it has no canonical form.
        """
        return _message(self.document, self.options)


def proofs(document: Document) -> tuple[Proof, ...]:
    """The proofs of `document` that can be checked here; those of other suites are passed over.

    Raises `Malformed` (FED-5.2 to FED-5.6) for one of a known suite that is not whole.
    """
    found = document.get("proof")
    listed = found if isinstance(found, list) else [found]
    if len(listed) > MOST_PROOFS:
        raise Malformed("FED-5.4", "the document holds too many proofs")
    known = [each for each in listed if isinstance(each, dict) and _is_known(each)]
    return tuple(_proof(document, each) for each in known)


def verify(proof: Proof, key: PublicKey, now: datetime) -> None:
    """Returns when `key` made `proof` and it holds at `now`.

    Raises `Unproven`: FED-5.2 not by this key, FED-5.3 expired or of the future, FED-3.5 the key's
    time is over; `Malformed` (FED-2.3) when the document has no canonical form. Whether the key's
    owner may speak for the document is the caller's question.
    """
    check_time(proof, now)
    if not key.usable(now):
        raise Unproven("FED-3.5", "the key has expired or was revoked")
    if SUITES[proof.suite] is not key.algorithm or proof.method != key.id:
        raise Unproven("FED-5.2", "the proof names another key, or another kind of key")
    if not key.verifies(proof.signature, proof.message):
        raise Unproven("FED-5.2", "the proof is not made by the key that it names")


def check_time(proof: Proof, now: datetime) -> None:
    """Returns when `proof` is neither expired nor of the future. Raises `Unproven` (FED-5.3)."""
    if proof.expires is not None and proof.expires <= now:
        raise Unproven("FED-5.3", "the proof has expired")
    if proof.created is not None and proof.created > now + AHEAD:
        raise Unproven("FED-5.3", "the proof is of the future")


def prove(document: Document, key: PrivateKey, now: datetime) -> Document:
    """A copy of `document` with a proof by `key`, in place of those that it had.

    Raises `Malformed` (FED-2.3) when the document has no canonical form, and (FED-5.1) for an RSA
    key, for which there is no suite.
    """
    suite = _OF_KEY.get(key.algorithm)
    if suite is None:
        raise Malformed("FED-5.1", "there is no suite of proofs for this kind of key")
    options: Document = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "verificationMethod": key.id,
        "proofPurpose": "assertionMethod",
        "created": rfc3339(now.replace(microsecond=0)),
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_message(_bare(document), options))
    return {**document, "proof": {**options, "proofValue": multibase.encode(signature)}}


def verify_identity(statement: Document, actor: str, now: datetime) -> PublicKey:
    """The did:key that `statement` (FEP-c390) ties to `actor`, once its proof is checked.

    Raises `Unproven` (FED-5.2, FED-5.3, FED-5.7) and `Malformed` (FED-3.1, FED-3.2, FED-5.2).
    """
    subject = statement.get("subject")
    if statement.get("type") != IDENTITY or not isinstance(subject, str):
        raise Unproven("FED-5.7", "this is no identity statement")
    if statement.get("alsoKnownAs") != actor:
        raise Unproven("FED-5.7", "the statement is about another actor")
    for proof in proofs(statement):
        if proof.method.partition("#")[0] == subject:
            key = keys.did_key(proof.method)
            verify(proof, key, now)
            return key
    raise Unproven("FED-5.7", "the statement is not signed by its subject")


def _is_known(proof: Document) -> bool:
    suite = proof.get("cryptosuite")
    known = isinstance(suite, str) and suite in SUITES
    # A proof in a chain signs its predecessors too: another algorithm under the same name.
    return known and proof.get("type") == "DataIntegrityProof" and "previousProof" not in proof


def _proof(document: Document, proof: Document) -> Proof:
    if proof.get("proofPurpose") != "assertionMethod":
        raise Malformed("FED-5.2", "the proof's purpose is not assertionMethod")
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or not isinstance(value, str):
        raise Malformed("FED-5.2", "the proof names no key or has no value")
    bare = _bare(document)
    if "@context" in proof:
        bare["@context"] = _context(document, proof["@context"])
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    suite = str(proof["cryptosuite"])
    if suite in _TAKES_CONTEXT and "@context" in document:
        options.setdefault("@context", document["@context"])
    return Proof(
        suite=suite,
        method=method,
        created=_instant(proof, "created"),
        expires=_instant(proof, "expires"),
        signature=_decoded(value),
        document=bare,
        options=options,
    )


def _bare(document: Document) -> Document:
    return {name: document[name] for name in document if name not in {"proof", "signature"}}


def _context(document: Document, stated: Json) -> Json:
    """The proof's own context, with which the document's must begin (FED-5.6)."""
    whole = document.get("@context")
    first = stated if isinstance(stated, list) else [stated]
    there = whole if isinstance(whole, list) else [whole]
    if there[: len(first)] != first:
        raise Malformed("FED-5.6", "the proof's context is not the one the document begins with")
    return stated


def _message(bare: Document, options: Document) -> bytes:
    config = hashlib.sha256(canonical(options)).digest()
    return config + hashlib.sha256(canonical(bare)).digest()


def _instant(proof: Document, name: str) -> datetime | None:
    if name not in proof:
        return None
    value = proof[name]
    instant = parse_rfc3339(value) if isinstance(value, str) else None
    if instant is None:
        raise Malformed("FED-5.3", f"the proof's {name} is no instant")
    return instant


def _decoded(value: str) -> bytes:
    try:
        return multibase.decode(value)
    except Malformed:
        raise Malformed("FED-5.2", "the proof's value is not multibase") from None
