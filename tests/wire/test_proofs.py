"""Object proofs: the published vectors, and what must not prove anything."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Malformed, NodeError, Refused, Unproven
from node.wire import keys, proofs
from node.wire.canonical import canonical
from node.wire.json import Document
from node.wire.times import parse_rfc3339
from tests.wire.conftest import ALICE, NOW, private_from_multibase

NOTE: Document = {
    "@context": ["https://www.w3.org/ns/activitystreams", {"x": "https://x.test/"}],
    "id": "https://beta.test/o/1",
    "type": "Note",
    "content": "Grüße 🎈",
    "likes": 12,
}


def _load(vectors: Path, name: str) -> Any:
    return json.loads((vectors / "fep-8b32" / name).read_text())


def _instant(text: str):
    instant = parse_rfc3339(text)
    assert instant is not None
    return instant


@pytest.mark.clause("FED-5.2")
def test_fep_8b32(vectors: Path) -> None:
    sign, check = _load(vectors, "fep-8b32.json")["cases"]
    key = private_from_multibase(sign["secretKeyMultibase"], sign["verificationMethod"], "x")
    assert proofs.prove(sign["document"], key, _instant(sign["created"])) == sign["expected"]
    [method] = check["actor"]["assertionMethod"]
    public = keys.public_from_multibase(
        method["publicKeyMultibase"], method["id"], method["controller"]
    )
    [proof] = proofs.proofs(check["document"])
    proofs.verify(proof, public, NOW)


@pytest.mark.clause("FED-5.7")
def test_fep_c390(vectors: Path, refused) -> None:
    create, check = _load(vectors, "fep-c390.json")["cases"]
    key = private_from_multibase(create["secretKeyMultibase"], create["did"], create["did"])
    made = proofs.prove(create["claim"], key, _instant(create["created"]))
    assert made == create["expected"]
    actor = check["actorDocument"]
    [statement] = actor["attachment"]
    found = proofs.verify_identity(statement, actor["id"], NOW)
    assert found.owner == statement["subject"]
    for spoilt, other in (
        (statement, "https://evil.test/users/eve"),
        ({**statement, "subject": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}, ""),
        ({**statement, "type": "Note"}, ""),
        ({**statement, "proof": None}, ""),
    ):
        with refused("FED-5.7"):
            proofs.verify_identity(spoilt, other or actor["id"], NOW)
    with refused("FED-5.2"):
        proofs.verify_identity({**statement, "more": 1}, actor["id"], NOW)


@pytest.mark.clause("FED-5.2")
def test_the_w3c_vectors_of_eddsa_jcs_2022(vectors: Path) -> None:
    folder = vectors / "fep-8b32" / "vc-di-eddsa"
    pair = json.loads((folder / "keyPair.json").read_text())
    unsigned = json.loads((folder / "unsigned.json").read_text())
    signed = json.loads((folder / "eddsa-jcs-2022" / "signedJCS.json").read_text())
    config = json.loads((folder / "eddsa-jcs-2022" / "proofConfigJCS.json").read_text())
    texts = json.dumps(json.loads((folder / "eddsa-jcs-2022" / "intermediate.json").read_text()))
    assert json.dumps(canonical(unsigned).decode())[1:-1] in texts
    assert json.dumps(canonical(config).decode())[1:-1] in texts
    [proof] = proofs.proofs(signed)
    assert proof.message.hex() in texts and proof.signature.hex() in texts
    public = keys.public_from_multibase(pair["publicKeyMultibase"], proof.method, "x")
    proofs.verify(proof, public, NOW)


@pytest.mark.clause("FED-5.3")
def test_what_mastodon_itself_tests(vectors: Path) -> None:
    data = _load(vectors, "mastodon-object-integrity-proof.json")
    results = {}
    for case in data["cases"]:
        [proof] = proofs.proofs(case["document"])
        if proof.method.startswith("did:key:"):
            key = keys.did_key(proof.method)
        else:
            key = keys.public_from_multibase(data["publicKeyMultibase"], proof.method, "x")
        try:
            proofs.verify(proof, key, NOW)
            results[case["name"]] = "valid"
        except Unproven as refusal:
            assert refusal.clause == "FED-5.3"
            results[case["name"]] = "invalid: expired"
    assert len(results) == 5
    assert results == {case["name"]: case["expect"] for case in data["cases"]}


@pytest.mark.clause("FED-5.1", "FED-5.4")
def test_proofs_of_other_suites_are_passed_over(vectors: Path) -> None:
    folder = vectors / "fep-8b32" / "vc-di-eddsa" / "proof-set-chain"
    pages = sorted(folder.glob("signedProof*.json"))
    for page in pages:
        assert proofs.proofs(json.loads(page.read_text())) == ()
    assert len(pages) == 4


def test_every_document_of_the_folder_is_read_without_a_fault(vectors: Path) -> None:
    for page in (vectors / "fep-8b32").rglob("*.json"):
        for found in _documents(json.loads(page.read_text())):
            proofs.proofs(found)


def _documents(value: object) -> list[Document]:
    if isinstance(value, list):
        return [found for each in value for found in _documents(each)]
    if not isinstance(value, dict):
        return []
    here = [value] if "proof" in value else []
    return here + [found for each in value.values() for found in _documents(each)]


@pytest.mark.clause("FED-5.1")
def test_both_suites_there_and_back(ed_key, rsa_key, refused) -> None:
    quantum = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    for key in (ed_key, keys.private_from_material(quantum, f"{ALICE}#pq", ALICE)):
        signed = proofs.prove(NOTE, key, NOW)
        [proof] = proofs.proofs(signed)
        proofs.verify(proof, key.public, NOW)
        [altered] = proofs.proofs({**signed, "likes": 13})
        with refused("FED-5.2"):
            proofs.verify(altered, key.public, NOW)
    with refused("FED-5.1"):
        proofs.prove(NOTE, rsa_key, NOW)


@pytest.mark.clause("FED-5.4")
def test_a_set_of_proofs_is_judged_one_by_one(ed_key, refused) -> None:
    other = keys.ed25519_from_seed(b"o" * 32, f"{ALICE}#other", ALICE)
    one, two = (proofs.prove(NOTE, key, NOW)["proof"] for key in (ed_key, other))
    unknown: Document = {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"}
    found = proofs.proofs({**NOTE, "proof": [one, unknown, two, "nonsense", None]})
    assert [proof.method for proof in found] == [ed_key.id, other.id]
    proofs.verify(found[0], ed_key.public, NOW)
    proofs.verify(found[1], other.public, NOW)
    with refused("FED-5.2"):
        proofs.verify(found[1], ed_key.public, NOW)
    with refused("FED-5.4"):
        proofs.proofs({**NOTE, "proof": [one] * 9})


@pytest.mark.clause("FED-5.3")
def test_a_proof_has_its_time(ed_key, refused) -> None:
    [proof] = proofs.proofs(proofs.prove(NOTE, ed_key, NOW))
    proofs.verify(proof, ed_key.public, NOW - timedelta(hours=1))
    with refused("FED-5.3"):
        proofs.verify(proof, ed_key.public, NOW - timedelta(hours=1, seconds=1))
    signed = proofs.prove(NOTE, ed_key, NOW)
    for field in ({"created": "yesterday"}, {"expires": 5}, {"created": None}):
        with refused("FED-5.3"):
            proofs.proofs({**signed, "proof": {**signed["proof"], **field}})  # type: ignore[dict-item]


@pytest.mark.clause("FED-5.2")
@pytest.mark.parametrize(
    "field",
    [
        {"proofPurpose": "authentication"},
        {"proofPurpose": None},
        {"verificationMethod": {"id": "x"}},
        {"proofValue": 1},
        {"proofValue": "m" + "A" * 86},
        {"proofValue": "z0"},
    ],
)
def test_a_proof_that_is_not_whole(field: Document, ed_key, refused) -> None:
    signed = proofs.prove(NOTE, ed_key, NOW)
    with refused("FED-5.2"):
        proofs.proofs({**signed, "proof": {**signed["proof"], **field}})  # type: ignore[dict-item]


@pytest.mark.clause("FED-3.5")
def test_a_proof_by_a_key_whose_time_is_over(ed_key, refused) -> None:
    public = keys.public_from_pem(ed_key.public.pem(), ed_key.id, ALICE, revoked=NOW)
    [proof] = proofs.proofs(proofs.prove(NOTE, ed_key, NOW))
    with refused("FED-3.5"):
        proofs.verify(proof, public, NOW)


@pytest.mark.clause("FED-5.5")
def test_a_linked_data_signature_is_left_out(ed_key) -> None:
    signed = proofs.prove(NOTE, ed_key, NOW)
    [proof] = proofs.proofs({**signed, "signature": {"type": "RsaSignature2017"}})
    proofs.verify(proof, ed_key.public, NOW)


@pytest.mark.clause("FED-5.6")
def test_a_proof_of_another_context(ed_key, refused) -> None:
    signed = proofs.prove(NOTE, ed_key, NOW)
    longer = [*signed["@context"], "https://more.test/"]  # type: ignore[misc]
    [proof] = proofs.proofs({**signed, "@context": longer})
    proofs.verify(proof, ed_key.public, NOW)
    for spoilt in (None, "https://www.w3.org/ns/activitystreams", longer[::-1]):
        with refused("FED-5.6"):
            proofs.proofs({**signed, "@context": spoilt})


JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {
            "type": JSON | st.just("DataIntegrityProof"),
            "cryptosuite": st.sampled_from(list(proofs.SUITES)),
        },
        optional={
            "proofPurpose": st.just("assertionMethod") | JSON,
            "verificationMethod": st.just("k") | JSON,
            "proofValue": st.text(max_size=9).map("z".__add__) | JSON,
            "created": JSON,
            "@context": JSON,
        },
    )
    | JSON,
    JSON,
)
@settings(max_examples=200)
def test_whatever_comes_only_our_own_errors_are_raised(proof, more) -> None:
    key = keys.ed25519_from_seed(bytes(32), "k", "o").public
    try:
        for found in proofs.proofs({"proof": proof, "more": more}):
            with pytest.raises(Refused):
                proofs.verify(found, key, NOW)
    except NodeError as refusal:
        assert isinstance(refusal, Malformed)
