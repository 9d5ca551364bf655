"""What somebody changes about themselves is shown at once (spec PIC-3.5)."""

import pytest

from node.testing.town import Town
from node.wire.api.accounts import AccountView, ActorView, ChangeProfile, NewProfileLink
from tests.stories.people import person


@pytest.mark.clause("PIC-3.5")
async def test_a_profile_that_was_just_looked_at_shows_its_change(town: Town) -> None:
    async with person(town, "alice", "alpha.test") as alice:
        asked = {"acct": alice.handle}
        for links in ([NewProfileLink(name="Boats", url="https://boats.example/a")], []):
            change = ChangeProfile(links=links)
            await alice.line.ask("PATCH", "/account", AccountView, change)
            shown = await alice.line.ask("GET", "/accounts/lookup", ActorView, query=asked)
            assert [one.name for one in shown.links] == [one.name for one in links]
