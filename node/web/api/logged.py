"""What an administrator does, written down in the transaction that does it (spec API-11.8)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from node.accounts.account import account_of
from node.accounts.audit import Deed
from node.store.audit import AuditUnit
from node.store.invites import InvitesUnit
from node.store.unit import Unit
from node.web.routes import Call

T = TypeVar("T")
U = TypeVar("U", bound=Unit)
Work = Callable[[U], Awaitable[T]]


def logged(call: Call, deed: Deed, object: str, work: Work[U, T]) -> Work[U, T]:
    """`work`, and the line of it."""

    async def both(unit: U) -> T:
        done = await work(unit)
        unit.beside(AuditUnit).log(call.caller.name, deed, object)
        return done

    return both


def of_account(call: Call, deed: Deed, work: Work[InvitesUnit, T]) -> Work[InvitesUnit, T]:
    """As `logged`, about the account that the path names: by its name, which it may lose by it."""

    async def both(unit: InvitesUnit) -> T:
        name = (await account_of(call.path["id"], unit)).name
        return await logged(call, deed, name, work)(unit)

    return both
