"""Pure: what the client API says of the archive. Bytes stand in JSON as base64."""

import msgspec


class ArchiveRecord(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A sealed record to keep. `day` is when it disappears (ARC-3), 0 for never.

    `was` is for states only: the SHA-256 of the body in whose place this one is to come, empty
    where none is there.
    """

    name: bytes
    g: int
    body: bytes
    day: int = 0
    was: bytes | None = None


class NewArchiveRecords(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """At most 100 records, of one MiB together."""

    records: list[ArchiveRecord]


class ArchiveAnswer(msgspec.Struct, kw_only=True):
    """What became of a record: `stored`; `known`: there was one, or it was deleted; or, of a state,
    `conflict`: then `body` is what stands there."""

    state: str
    body: bytes = b""


class ArchiveAnswers(msgspec.Struct, kw_only=True):
    """In the order of the records."""

    answers: list[ArchiveAnswer]


class ArchivedRecord(msgspec.Struct, kw_only=True):
    """A record that is kept. `pos` grows with each one that is written."""

    pos: int
    name: bytes
    g: int
    day: int
    body: bytes


class ArchivedRecords(msgspec.Struct, kw_only=True):
    """A page. Another `incarnation` than before: the node was restored from a copy, and `pos` goes
    on from an earlier one."""

    items: list[ArchivedRecord]
    incarnation: str = ""


class ArchiveNames(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Names of records to remove, at most 1,000."""

    names: list[bytes]


class ArchiveSwitch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether the account has an archive. Switched off, all that it holds is removed."""

    on: bool


class ArchiveSummary(msgspec.Struct, kw_only=True):
    """How much is kept. `generation` is the newest that was written under, 0 for none."""

    on: bool
    records: int
    bytes: int
    limit_bytes: int
    generation: int
