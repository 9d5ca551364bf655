"""A relay that was put back from a copy: a member who names an epoch stops nobody (E2E-3.14)."""

from contextlib import suppress
from datetime import timedelta

import pytest

from node.e2ee.members import MOST_BESIDE
from node.e2ee.telling_anew import MOST_STRANGERS_TOLD
from node.errors import Conflict
from node.wire.api.e2ee import NewConversation
from tests.e2ee.evil.test_returned_words import new_life, put_back, returned, url_of
from tests.e2ee.harness import GROUP, Person, befriend, commit, words
from tests.e2ee.test_key_packages import fill
from tests.e2ee.test_membership import there
from tests.e2ee.test_relay import create, invitation, mail, pair, send

LAST_EPOCH = 2**53 - 1


@pytest.mark.clause("E2E-3.14")
@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=40)], ids=["at once", "later"])
async def test_an_epoch_in_which_nobody_is_stops_nobody(alpha, beta, clock, later) -> None:
    """Two people; he names the last epoch there is before each word of hers, in either way."""
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    clock.pass_(timedelta(seconds=1))
    await new_life(alpha)
    clock.pass_(later)
    await send(alice, ref, commit(50))
    for number, epoch in enumerate((51, 51, 52)):
        far = create(bob, words(LAST_EPOCH, b"%d" % number), alice, conversation=url, number=number)
        await alpha.receive(far)
        assert (await alice.call("GET", f"/conversations/{ref}")).value.epoch == LAST_EPOCH
        said = words(epoch, b"%d" % number) if number != 1 else commit(epoch)
        sent = await send(alice, ref, said)
        assert sent.item.epoch == epoch
        await send(bob, ref, commit(LAST_EPOCH - 1 - number))
    assert (await send(alice, ref, words(52, b"still here"))).item.epoch == 52
    chain = (await alice.call("GET", f"/conversations/{ref}/items")).value.items
    assert [item.seq for item in chain] == [*range(1, len(chain) + 1)]
    terms = [item.term for item in chain]
    assert terms == sorted(terms) and len({*terms}) > 6, "each jump begins a term"


@pytest.mark.clause("E2E-3.14", "E2E-3.3")
async def test_an_epoch_whose_commit_is_known_is_over(alpha, beta, clock) -> None:
    """What was ordered before the copy, or since, is not ordered a second time."""
    alice, bob, ref = await pair(alpha, beta)
    await send(alice, ref, commit(1))
    clock.pass_(timedelta(seconds=1))
    await new_life(alpha)
    await send(alice, ref, commit(50))
    for over in (0, 1, 50):
        for said in (commit(over, b"mine"), words(over, b"late")):
            with pytest.raises(Conflict) as caught:
                await send(alice, ref, said)
            assert caught.value.params["epoch"] == 51
    assert (await send(bob, ref, commit(51))).epoch == 52


@pytest.mark.clause("E2E-3.14")
@pytest.mark.parametrize("first", [commit(2, b"junk"), words(2)], ids=["commit", "words"])
async def test_a_commit_ahead_of_the_group_wins_no_epoch_that_comes(
    alpha, beta, clock, first
) -> None:
    """He commits what nobody can read one epoch ahead of the group, and names the last epoch."""
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    clock.pass_(timedelta(seconds=1))
    await new_life(alpha)
    await alpha.receive(create(bob, first, alice, conversation=url, number=9))
    for epoch in (1, 2, 3):
        with suppress(Conflict):
            await send(bob, ref, commit(epoch + 1, b"junk again"))
        assert (await send(alice, ref, words(epoch))).item.epoch == epoch
        with suppress(Conflict):
            await send(bob, ref, commit(epoch + 2, b"more junk"))
        assert (await send(alice, ref, commit(epoch))).epoch == epoch + 1
        far = create(bob, words(LAST_EPOCH, b"%d" % epoch), alice, conversation=url, number=epoch)
        await alpha.receive(far)
    assert (await send(alice, ref, words(4))).item.epoch == 4
    for over in (1, 2, 3):
        with pytest.raises(Conflict) as caught:
            await send(bob, ref, commit(over, b"once more"))
        assert caught.value.params["epoch"] == 4


@pytest.mark.clause("E2E-3.14", "E2E-3.5")
async def test_a_relay_that_forgot_nothing_takes_and_delivers_no_later_epoch(
    alpha, beta, clock, refused
) -> None:
    """Never put back, or the conversation began since: a device would think it is behind."""
    await new_life(alpha)
    clock.pass_(timedelta(seconds=1))
    alice, bob, ref = await pair(alpha, beta)
    url, held = await url_of(alice, ref), len(await mail(alice))
    for number, (far, clause) in enumerate([(words(9), "E2E-3.5"), (commit(9), "E2E-3.3")]):
        with refused(clause):
            await alpha.receive(create(bob, far, alice, conversation=url, number=number))
        with refused(clause):
            await send(alice, ref, far)
    assert len(await mail(alice)) == held
    assert (await send(bob, ref, commit(1))).epoch == 2


FALSE = {
    "another address": (GROUP, "https://evil.test/o/1"),
    "our address": (GROUP, ""),
    "another group": (b"another", ""),
}


@pytest.mark.clause("E2E-3.15", "E2E-3.9", "E2E-4.9")
@pytest.mark.parametrize("names", [False, True], ids=["alone", "names others"])
@pytest.mark.parametrize("what", FALSE)
async def test_who_tells_a_group_first_shuts_out_nobody(
    alpha, beta, clock, refused, what, names
) -> None:
    """A former member tells what is not so, before those who still talk there come back."""
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    eve = await alpha.person("eve")
    await put_back(alpha)
    group, at = FALSE[what]
    members = [bob.actor] if names else []
    false = NewConversation(group_id=group, members=members, epoch=9, url=at or url)
    theirs = (await eve.call("POST", "/conversations", false)).value.ref
    told = NewConversation(group_id=GROUP, members=[bob.actor], epoch=1, url=url)
    if what == "our address":  # hers may be the one in which somebody will yet be named
        with refused("E2E-3.15"):
            await alice.call("POST", "/conversations", told)
        clock.pass_(timedelta(hours=1))
    back = (await alice.call("POST", "/conversations", told)).value
    assert back.url == url and back.ref != theirs
    assert (await alice.call("POST", "/conversations", told)).value == back

    # Who follows the true line is served by it, and by it alone.
    assert (await send(alice, back.ref, words(1))).epoch == 1
    (carried,) = await alpha.carry()
    assert carried.to == (bob.actor,) and carried.conversation == url
    assert (await send(bob, ref, commit(1))).epoch == 2
    await beta.carry()
    await send(bob, ref, words(2, b"hello"))
    await beta.carry()
    assert [(item.kind, item.url) for item in await mail(alice)] == [
        ("commit", url),
        ("application", url),
    ]
    assert await mail(eve) == []
    assert (await send(alice, back.ref, commit(2))).epoch == 3
    chain = (await alice.call("GET", f"/conversations/{back.ref}/items")).value.items
    if not names:  # else he may mean either
        shown = await alpha.pages.items(url, bob.actor, 0, 9)
        assert [item.sha256 for item in shown] == [item.sha256 for item in chain]
    with refused("E2E-3.11"):
        await eve.call("GET", f"/conversations/{back.ref}")
    await alpha.receive(returned(bob, alice, url, words(1)))
    assert (await mail(alice))[-1].conversation == back.ref


@pytest.mark.clause("E2E-3.15", "E2E-3.1")
async def test_a_group_that_a_peer_showed_at_its_own_address_is_told_at_ours(
    alpha, beta, clock
) -> None:
    """A friend elsewhere asks her in at his own relay, and passes her group off as that one's."""
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    mallory = await beta.person("mallory")
    await befriend(mallory, alice)
    await fill(alice)
    await put_back(alpha)
    (_, invites), at = (await invitation(mallory, alice))[0], "https://beta.test/o/false"
    await alpha.receive(create(mallory, invites, alice, conversation=at))
    await alpha.receive(create(mallory, words(1), alice, conversation=at, number=2))
    told = NewConversation(group_id=GROUP, members=[bob.actor], epoch=1, url=url)
    back = (await alice.call("POST", "/conversations", told)).value
    assert back.url == url
    assert (await send(alice, back.ref, commit(1))).epoch == 2
    assert [one.to for one in await alpha.carry()] == [(bob.actor,)]


@pytest.mark.clause("E2E-3.15")
async def test_one_tells_of_a_group_once_and_so_many_stand_beside_another(
    alpha, beta, refused
) -> None:
    alice, _, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    eve = await alpha.person("eve")
    tablet = await alpha.device("eve", "tablet")
    await put_back(alpha)

    async def tell(who: Person, at: str, group: bytes = GROUP) -> str:
        told = NewConversation(group_id=group, epoch=1, url=at)
        return str((await who.call("POST", "/conversations", told)).value.ref)

    await tell(eve, "https://evil.test/o/0")
    for at, group in (("https://evil.test/o/1", GROUP), ("https://evil.test/o/0", b"another")):
        with refused("E2E-3.1"):
            await tell(tablet, at, group)
    with refused("E2E-3.1"):
        await tell(alice, f"{url}#1")
    told = [await alpha.person(f"eve{number}") for number in range(MOST_BESIDE)]
    found = {await tell(who, f"https://evil.test/o/{who.caller.device}") for who in told[1:]}
    assert len(found) == MOST_BESIDE - 1
    with refused("E2E-3.1"):
        await tell(told[0], "https://evil.test/o/more")


@pytest.mark.clause("E2E-3.15")
async def test_so_many_strangers_are_members_by_ones_word_and_no_more(alpha, beta) -> None:
    alice, bob, ref = await pair(alpha, beta)
    url = await url_of(alice, ref)
    await put_back(alpha)
    strangers = [f"https://evil.test/a/{number}" for number in range(300)]
    told = NewConversation(group_id=GROUP, members=[bob.actor, *strangers], epoch=1, url=url)
    await alice.call("POST", "/conversations", told)
    members = await there(alpha)
    assert {alice.actor, bob.actor} <= members
    assert len(members & {*strangers}) == MOST_STRANGERS_TOLD
