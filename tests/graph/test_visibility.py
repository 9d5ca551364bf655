"""May they see it: every kind of viewer against every kind of audience."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from node.graph.visibility import STRANGER, Audience, AudienceKind, Viewer, may_see

CARL = "https://b.test/a/carl"
KNOWN = Viewer(actor=CARL)
PUBLIC = Audience(AudienceKind.PUBLIC)
FOLLOWERS = Audience(AudienceKind.FOLLOWERS)
FRIENDS = Audience(AudienceKind.FRIENDS)
CLOSE = Audience(AudienceKind.CIRCLE, "close")
NAMED = Audience(AudienceKind.ACTOR, CARL)
VIEWERS = {
    "anybody": STRANGER,
    "known": KNOWN,
    "follower": replace(KNOWN, follower=True),
    "friend": replace(KNOWN, friend=True),
    "close friend": replace(KNOWN, friend=True, circles=frozenset({"close"})),
    "other actor": Viewer(actor="https://b.test/a/dora"),
}
SEES = {
    "anybody": {PUBLIC},
    "known": {PUBLIC, NAMED},
    "follower": {PUBLIC, NAMED, FOLLOWERS},
    "friend": {PUBLIC, NAMED, FOLLOWERS, FRIENDS},
    "close friend": {PUBLIC, NAMED, FOLLOWERS, FRIENDS, CLOSE},
    "other actor": {PUBLIC},
}


@pytest.mark.clause("GRA-6.1", "GRA-6.3")
@pytest.mark.parametrize("one", [PUBLIC, FOLLOWERS, FRIENDS, CLOSE, NAMED], ids=lambda a: a.kind)
@pytest.mark.parametrize("who", VIEWERS)
def test_who_sees_what(who: str, one: Audience) -> None:
    assert may_see(VIEWERS[who], [one]) is (one in SEES[who])


audiences = st.lists(
    st.builds(Audience, st.sampled_from(AudienceKind), st.sampled_from(["", "close", CARL]))
)
viewers = st.builds(
    Viewer,
    actor=st.sampled_from(["", CARL]),
    friend=st.booleans(),
    follower=st.booleans(),
    blocked=st.booleans(),
    circles=st.sampled_from([frozenset(), frozenset({"close"})]),
)


@pytest.mark.clause("GRA-6.2")
@given(viewer=viewers, audience=audiences)
def test_whoever_is_blocked_sees_nothing(viewer: Viewer, audience: list[Audience]) -> None:
    assert not may_see(replace(viewer, blocked=True), audience)


@pytest.mark.clause("GRA-6.3")
@given(audience=audiences)
def test_who_is_not_known_sees_only_what_is_public(audience: list[Audience]) -> None:
    assert may_see(STRANGER, audience) is (PUBLIC.kind in {one.kind for one in audience})
    assert not may_see(replace(STRANGER, friend=True, follower=True), [FRIENDS, FOLLOWERS, CLOSE])


@given(viewer=viewers, audience=audiences, more=audiences)
def test_a_wider_audience_hides_nothing(
    viewer: Viewer, audience: list[Audience], more: list[Audience]
) -> None:
    assert may_see(viewer, [*audience, *more]) >= may_see(viewer, audience)


def test_the_author_sees_what_is_for_nobody_and_no_one_else_does() -> None:
    assert may_see(Viewer(actor=CARL, is_author=True), [])
    assert not may_see(replace(KNOWN, friend=True, follower=True), [])
