"""Pure: the files of a message, as it names them (spec ATT-2). Nothing of it is believed."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeGuard

from msgspec import Struct

from node.e2ee.attachments.chunked import ALG, KEY_BYTES
from node.errors import NodeError
from node.wire.json import decode
from node.wire.sealed_sizes import LARGEST

MOST: Final = 10
LONGEST_NAME: Final = 100  # characters
LONGEST_SIDE: Final = 20_000
LONGEST_TIME: Final = 100 * 3_600_000  # milliseconds
_MOST_ADDRESSES: Final = 4
_LONGEST_ADDRESS: Final = 2_048
_DIGEST_BYTES: Final = 32
_VERSION: Final = 1
DOCUMENT: Final = "Document"
# What is shown in place, and as what (ATT-2.5).
SHOWN: Final[Mapping[str, frozenset[str]]] = {
    "Image": frozenset(f"image/{one}" for one in ("jpeg", "png", "gif", "webp", "avif")),
    "Video": frozenset({"video/mp4", "video/webm"}),
    "Audio": frozenset(f"audio/{one}" for one in ("mp4", "mpeg", "ogg", "webm", "wav", "aac")),
}
_NOTES: Final = frozenset({"Note", "Article", "Page"})
_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/[\x21-\x7e]*")
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_DATA: Final = re.compile(r"data:([a-z0-9!#$&^_.+/-]{1,200});base64,([A-Za-z0-9+/=]*)")
_DURATION: Final = re.compile(
    r"PT(?:([0-9]{1,5})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9})(?:\.([0-9]{1,9}))?S)?"
)
# Controls, and what turns the order of letters.
_UNFIT: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


class Blob(Struct, frozen=True):
    """A sealed file: `size` is its length before, `sha256` that of the sealed file."""

    key: bytes
    size: int
    sha256: bytes
    href: tuple[str, ...]


class Attachment(Struct, frozen=True, kw_only=True):
    """A file of a message: sealed elsewhere, or (`inline`) in the message itself."""

    kind: str
    media_type: str
    name: str
    blob: Blob | None = None
    inline: bytes = b""
    width: int = 0
    height: int = 0
    milliseconds: int = 0
    poster: Blob | None = None
    poster_type: str = ""

    @property
    def size(self) -> int:
        return self.blob.size if self.blob else len(self.inline)

    @property
    def shown_as(self) -> str:
        """What it is shown as; a `Document` is only saved (ATT-2.5)."""
        return self.kind if self.media_type in SHOWN.get(self.kind, ()) else DOCUMENT


class Files(Struct, frozen=True):
    """The files of a message, and whether they are all that came beside its words."""

    those: tuple[Attachment, ...] = ()
    all: bool = True


def kind_of(media_type: str) -> str:
    """As what a file of this type is sent."""
    return next((kind for kind, types in SHOWN.items() if media_type in types), DOCUMENT)


def name_of(text: Any) -> str:
    """A name as it is shown, and saved (ATT-2.4)."""
    name = _UNFIT.sub("", text) if isinstance(text, str) else ""
    name = re.sub(r"[/\\]", "_", name)[:LONGEST_NAME].strip(" ").lstrip(".").strip(" ")
    return name or "file"


# -- what is said ----------------------------------------------------------------------------------


def raw_of(files: Iterable[Attachment]) -> str:
    """Beside the words of a message of ours, as its row keeps them."""
    return _json({"type": "Note", "attachment": [_document(one) for one in files]})


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _document(file: Attachment) -> dict[str, Any]:
    assert file.blob is not None, "what is sent is sealed"
    found: dict[str, Any] = {"type": file.kind, "mediaType": file.media_type, "name": file.name}
    if file.width and file.height:
        found |= {"width": file.width, "height": file.height}
    if file.milliseconds:
        found["duration"] = _duration(file.milliseconds)
    found["encryptedBlob"] = _blob(file.blob)
    if file.poster is not None:
        poster = {"type": "Image", "mediaType": file.poster_type}
        found["icon"] = poster | {"encryptedBlob": _blob(file.poster)}
    return found


def _duration(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"PT{seconds}.{rest:03}S" if rest else f"PT{seconds}S"


def _blob(blob: Blob) -> dict[str, Any]:
    return {
        "v": _VERSION,
        "alg": ALG,
        "key": base64.b64encode(blob.key).decode(),
        "size": blob.size,
        "sha256": base64.b64encode(blob.sha256).decode(),
        "href": list(blob.href),
    }


# -- what came -------------------------------------------------------------------------------------


def files_in(raw: str) -> Files:
    """The files of a message of which `raw` is all that came, or "" for nothing but words."""
    if not raw:
        return Files()
    try:
        document = decode(raw.encode())
    except (NodeError, UnicodeEncodeError):
        return Files(all=False)
    inner = document
    if isinstance(document, dict) and _type(document) in ("Create", "Update"):
        inner = document.get("object")
    if not isinstance(inner, dict):
        return Files(all=False)
    listed = inner.get("attachment") if _type(inner) in _NOTES else inner
    parts = listed if isinstance(listed, list) else [listed] if listed else []
    found = [_attachment(one) for one in parts[:MOST]]
    those = tuple(one for one in found if one is not None)
    return Files(those, len(those) == len(parts))


def _type(document: Mapping[str, Any]) -> Any:
    type = document.get("type")
    return type[-1] if isinstance(type, list) and type else type


def _attachment(document: Any) -> Attachment | None:
    if not isinstance(document, dict) or _type(document) not in (*SHOWN, DOCUMENT):
        return None
    kind, media_type = str(_type(document)), _media_type(document)
    blob = _read_blob(document.get("encryptedBlob"))
    name = name_of(document.get("name"))
    if blob is None:
        return _inline(kind, media_type, name, document)
    if not media_type:
        return None
    icon = document.get("icon")
    poster = _read_blob(icon.get("encryptedBlob")) if isinstance(icon, dict) else None
    poster_type = _media_type(icon) if isinstance(icon, dict) and poster else ""
    is_picture = poster_type in SHOWN["Image"]
    return Attachment(
        kind=kind,
        media_type=media_type,
        name=name,
        blob=blob,
        width=_side(document.get("width")),
        height=_side(document.get("height")),
        milliseconds=_milliseconds(document.get("duration")),
        poster=poster if is_picture else None,
        poster_type=poster_type if is_picture else "",
    )


def _media_type(document: Mapping[str, Any]) -> str:
    found = document.get("mediaType")
    return found if isinstance(found, str) and _TYPE.fullmatch(found) else ""


def _inline(
    kind: str, media_type: str, name: str, document: Mapping[str, Any]
) -> Attachment | None:
    """A small picture in the message itself (ATT-2.6)."""
    address = document.get("url") or document.get("href")
    if isinstance(address, list) and address:
        address = address[0]
    if isinstance(address, dict):
        address = address.get("href")
    said = _DATA.fullmatch(address) if isinstance(address, str) else None
    media_type, content = (said[1], said[2]) if said else (media_type, document.get("content"))
    if kind not in ("Image", DOCUMENT) or media_type not in SHOWN["Image"]:
        return None
    data = _unbase64(content)
    if not data:
        return None
    return Attachment(kind="Image", media_type=media_type, name=name, inline=data)


def _read_blob(document: Any) -> Blob | None:
    if not isinstance(document, dict):
        return None
    if _number(document.get("v")) != _VERSION or document.get("alg") != ALG:
        return None
    key, sha256 = _unbase64(document.get("key")), _unbase64(document.get("sha256"))
    size = _number(document.get("size"))
    said = document.get("href")
    listed = said if isinstance(said, list) else [said]
    href = tuple(one for one in listed[:_MOST_ADDRESSES] if is_address(one))
    if len(key) != KEY_BYTES or len(sha256) != _DIGEST_BYTES or not href:
        return None
    return Blob(key, size, sha256, href) if 0 <= size <= LARGEST else None


def is_address(text: Any) -> TypeGuard[str]:
    """Whether a sealed file may be fetched from there (ATT-2.2)."""
    fits = isinstance(text, str) and len(text) <= _LONGEST_ADDRESS
    return fits and _ADDRESS.fullmatch(text) is not None


def _unbase64(text: Any) -> bytes:
    """The bytes; none where it is not base64."""
    if not isinstance(text, str) or not _BASE64.fullmatch(text):
        return b""
    return base64.b64decode(text)


def _number(value: Any) -> int:
    """A whole number that any program can count to, else -1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return -1
    if isinstance(value, float) and not value.is_integer():
        return -1
    return int(value) if abs(value) < 2**53 else -1


def _side(value: Any) -> int:
    found = _number(value)
    return found if 0 < found <= LONGEST_SIDE else 0


def _milliseconds(text: Any) -> int:
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return 0
    hours, minutes, seconds = (int(one or 0) for one in found.groups()[:3])
    fraction = int((found[4] or "")[:3].ljust(3, "0"))
    length = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction
    return length if length <= LONGEST_TIME else 0
