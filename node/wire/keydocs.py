"""Pure: the keys that an actor document holds, read and written (spec FED-3.3, FEP-521a)."""

from datetime import datetime

from node.errors import Malformed
from node.wire import jsonld, keys
from node.wire.ids import same_origin
from node.wire.json import Document, Json
from node.wire.jsonld import Members
from node.wire.keys import Algorithm, PublicKey
from node.wire.times import parse_rfc3339

MOST_KEYS = 16
MULTIKEY = "Multikey"


def keys_of(actor: Members) -> tuple[PublicKey, ...]:
    """The keys of an actor's document that count, none twice (FED-3.3).

    A key that is weak, of another origin, of another owner or not to be read is left out and
    spoils no other. Raises `Malformed` (FED-2.6) when the document itself has no id.
    """
    owner = jsonld.need_id(actor, "id")
    pems = jsonld.many(actor.get("publicKey"), MOST_KEYS)
    multikeys = jsonld.many(actor.get("assertionMethod"), MOST_KEYS)
    found: dict[str, PublicKey] = {}
    for listed in [*pems, *multikeys]:
        key = _key(listed, owner) if isinstance(listed, dict) else None
        if key is not None:
            found.setdefault(key.id, key)
    return tuple(found.values())


def begins_with_owner(key: PublicKey) -> bool:
    """Whether the key's id says by itself whose it is. Of any other its own document is asked:
    else everybody on a server could list the ids of their neighbours' keys (FED-7.5)."""
    rest = key.id.removeprefix(key.owner)
    return rest != key.id and rest[:1] in ("", "#", "/", "?")


def key_document(key: PublicKey) -> Document:
    """`publicKey` of an actor document: the key as PEM. RSA, for those who read nothing else."""
    return {"id": key.id, "owner": key.owner, "publicKeyPem": key.pem()}


def multikey_document(key: PublicKey) -> Document:
    """One of `assertionMethod`: the key as Multikey (FEP-521a)."""
    return {
        "id": key.id,
        "type": MULTIKEY,
        "controller": key.owner,
        "publicKeyMultibase": key.multibase(),
    }


def key_members(held: tuple[PublicKey, ...]) -> Document:
    """What an actor document says of its keys: the first RSA key under the old name, all under
    the new one."""
    members: Document = {"assertionMethod": [multikey_document(key) for key in held]}
    for key in held:
        if key.algorithm is Algorithm.RSA:
            return {"publicKey": key_document(key), **members}
    return members


def _key(listed: Document, owner: str) -> PublicKey | None:
    """The key, or None when it does not count. One without owner is the actor's who lists it."""
    try:
        id = jsonld.id_of(listed)
        stated = jsonld.id_of(listed.get("owner", listed.get("controller")))
        if id is None or stated not in {None, owner} or not same_origin(id, owner):
            return None
        document, fragment, _ = id.partition("#")
        if fragment and document != owner:
            return None  # a part of another document, which alone may say whose it is
        ends = _instant(listed.get("expires")), _instant(listed.get("revoked"))
        multibase, pem = listed.get("publicKeyMultibase"), listed.get("publicKeyPem")
        if isinstance(multibase, str) and jsonld.is_a(listed, MULTIKEY):
            return keys.public_from_multibase(multibase, id, owner, *ends)
        if isinstance(pem, str):
            return keys.public_from_pem(pem, id, owner, *ends)
    except Malformed:
        return None
    return None


def _instant(value: Json) -> datetime | None:
    """When a key ends. A date that cannot be read must not make the key live for ever."""
    if value is None:
        return None
    instant = parse_rfc3339(value) if isinstance(value, str) else None
    if instant is None:
        raise Malformed("FED-3.5", "the end of a key's time is no instant")
    return instant
