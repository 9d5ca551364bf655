"""Who may sign up: the rules of invites and of the three modes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from node.accounts import invites
from node.accounts.account import Account, Role, State
from node.accounts.invites import Invite
from node.accounts.sign_up import Registration, first_state

NOW = datetime(2026, 1, 2, tzinfo=UTC)
INVITE = Invite(b"x", "i1", None, Role.MEMBER, False, 1, NOW, NOW + timedelta(days=7))
Refusal = Callable[[str], AbstractContextManager[None]]


@pytest.mark.clause("ACC-2.1", "ACC-2.8")
@pytest.mark.parametrize(
    ("mode", "invited", "reason", "expected"),
    [
        (Registration.INVITE, True, "", State.ACTIVE),
        (Registration.APPROVAL, True, "", State.ACTIVE),
        (Registration.OPEN, True, "", State.ACTIVE),
        (Registration.OPEN, False, "", State.ACTIVE),
        (Registration.APPROVAL, False, "I am Bob", State.PENDING),
        (Registration.APPROVAL, False, "", "ACC-2.8"),
        (Registration.INVITE, False, "I am Bob", "ACC-2.1"),
    ],
)
def test_how_an_account_begins(
    mode: Registration, invited: bool, reason: str, expected: str, refused: Refusal
) -> None:
    if isinstance(expected, State):
        assert first_state(mode, invited, reason) is expected
        return
    with refused(expected):
        first_state(mode, invited, reason)


@pytest.mark.clause("ACC-2.2")
@pytest.mark.parametrize("invite", [None, replace(INVITE, uses_left=0)])
def test_an_invite_that_is_unknown_or_used_up(invite: Invite | None, refused: Refusal) -> None:
    with refused("ACC-2.2"):
        invites.check_invite(invite, None, NOW)


@pytest.mark.clause("ACC-2.2")
def test_an_invite_ends(refused: Refusal) -> None:
    assert invites.check_invite(INVITE, None, NOW + timedelta(days=7) - timedelta(microseconds=1))
    with refused("ACC-2.2"):
        invites.check_invite(INVITE, None, NOW + timedelta(days=7))


@pytest.mark.clause("ACC-2.3")
@pytest.mark.parametrize(("uses", "days"), [(0, 7), (101, 7), (1, 0), (1, 31), (-1, -1)])
def test_an_invite_has_its_bounds(uses: int, days: int, refused: Refusal) -> None:
    with refused("ACC-2.3"):
        invites.read_uses(uses, days)


@pytest.mark.clause("ACC-2.11")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", [*State, None])
@pytest.mark.parametrize("wanted", Role)
def test_an_invite_counts_while_its_maker_could_still_make_it(
    role: Role, state: State | None, wanted: Role, refused: Refusal
) -> None:
    maker = None if state is None else Account("m", "m", "a", "c", "", role, state, NOW)
    invite = replace(INVITE, account="m", role=wanted)
    if state is State.ACTIVE and (wanted is Role.MEMBER or role is Role.ADMIN):
        assert invites.check_invite(invite, maker, NOW) is invite
        return
    with refused("ACC-2.2"):
        invites.check_invite(invite, maker, NOW)
