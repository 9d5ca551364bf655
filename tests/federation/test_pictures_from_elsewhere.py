"""Pictures of foreign people and posts: addresses, sizes and words that mean no good."""

from typing import Any

import pytest

from node.errors import Refused
from node.federation.activities.posts import parse_note
from node.federation.actors import parse_actor
from node.video.through import is_shown

EVE = "https://eve.example/a/eve"
GOOD = "https://eve.example/p/1.png"


def note(**more: Any) -> dict[str, Any]:
    return {
        "type": "Note", "id": "https://eve.example/o/1", "attributedTo": EVE,
        "content": "<p>look</p>", **more,
    }  # fmt: skip


def attachment(**more: Any) -> dict[str, Any]:
    return {"type": "Image", "mediaType": "image/png", "url": GOOD, **more}


BAD_ADDRESSES = [
    "javascript:alert(1)", "data:image/png;base64,AAAA", "file:///etc/passwd", "//eve.example/x",
    "https://eve.example/\" onerror=\"alert(1)", "https://eve.example/a b", "https://", "",
    f"https://eve.example/{'x' * 3000}", 7, None, {"href": "javascript:alert(1)"}, [[GOOD]],
]  # fmt: skip


@pytest.mark.clause("FED-6.11")
@pytest.mark.parametrize("url", BAD_ADDRESSES)
def test_a_picture_without_a_good_address_is_none(url: Any) -> None:
    assert parse_note(note(attachment=[attachment(url=url)])).attachments == ()
    (film,) = parse_note(note(attachment=[attachment(icon=url)])).attachments
    assert (film.url, film.poster) == (GOOD, "")
    person = {"type": "Person", "id": EVE, "inbox": f"{EVE}/inbox", "icon": {"url": url}}
    assert parse_actor(person).icon == ""


@pytest.mark.clause("FED-6.11", "FED-2.8")
def test_what_is_said_of_a_picture_is_a_line_of_words_and_whole_numbers() -> None:
    said = attachment(
        name="a\u202ecat\u200b\n<b>&amp;" + "x" * 20_000,
        width=-1,
        height=1e300,
        size="twelve",
        duration="PT-9S",
        blurhash="x" * 500,
        digestMultibase=["z"],
    )
    (found,) = parse_note(note(attachment=[said])).attachments
    assert found.name.startswith("acat <b>&amp;x") and len(found.name) <= 10_000
    assert (found.width, found.height, found.size, found.duration_ms) == (0, 0, 0, 0)
    assert (found.blurhash, found.digest) == ("", "")


@pytest.mark.clause("FED-6.11", "FED-6.15", "FED-6.3")
@pytest.mark.parametrize(
    "more",
    [
        {"attachment": [attachment()] * 65},
        {"attachment": [attachment(name=7)]},
        {"attachment": [attachment(name={"en": "x"})]},
        {"attachment": [attachment(type="Script")]},
    ],
)
def test_what_can_mean_nothing_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        parse_note(note(**more))


@pytest.mark.clause("FED-2.7")
@pytest.mark.parametrize(
    "pixel",
    [
        '<img src="https://track.example/p.gif?for=alice" width=1>',
        '<picture><source srcset="https://track.example/p.webp"></picture>',
        '<p style="background:url(https://track.example/p)">x</p>',
        '<svg><image href="https://track.example/p"/></svg>',
        '<video poster="https://track.example/p"></video>',
        '<object data="https://track.example/p"></object>',
        '<link rel=preload href="https://track.example/p">',
    ],
)
def test_no_words_fetch_a_picture(pixel: str) -> None:
    assert "track.example" not in parse_note(note(content=f"<p>hi</p>{pixel}")).content


@pytest.mark.clause("VID-9.5")
def test_what_is_not_shown_in_place_has_no_address_here() -> None:
    svg = attachment(type="Document", mediaType="image/svg+xml", url="https://eve.example/x.svg")
    (found,) = parse_note(note(attachment=[svg])).attachments
    assert found.media_type == "image/svg+xml", "it is told of, and can be saved"
    assert not is_shown(found.kind, found.media_type)
    assert not is_shown("Image", "image/svg+xml")
    assert is_shown("Image", "") and is_shown("Document", "image/png")
