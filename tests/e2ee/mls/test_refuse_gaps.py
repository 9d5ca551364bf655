"""What only a mutant of the library showed to be untested."""

import pytest

from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.extensions import EXTERNAL_SENDERS, REQUIRED_CAPABILITIES, Extension
from tests.e2ee.mls.people import GROUP, NOW, People


@pytest.mark.clause("MLS-12.1.7")
@pytest.mark.parametrize("type", [EXTERNAL_SENDERS, REQUIRED_CAPABILITIES])
def test_a_group_does_not_begin_with_extensions_that_cannot_be_read(
    people: People, refused, type: int
) -> None:
    alice = people.device("alice")
    with refused("MLS-12.1.7"):
        Session.create(alice.me, alice.means, GROUP, NOW, (Extension(type, b"\x09"),))
