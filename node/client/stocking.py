"""A device's key packages at its home node (spec DEV-6)."""

from datetime import datetime
from typing import Final

from node.client.api_client import ApiClient
from node.client.device import Device
from node.wire.api.e2ee import KeyPackageStock, NewKeyPackages, PublishedPackage

POOL: Final = 50
LOW_POOL: Final = 20
MOST: Final = 100  # E2E-2.3
LAST_RESORT_DAYS_LEFT: Final = 25


async def publish(api: ApiClient, device: Device, now: datetime, anew: bool = False) -> None:
    """Publish what is missing, where few are left (DEV-6.1); `anew`: those that there are do not
    say all that this device knows (DEV-19.1)."""
    found = await api.ask("GET", "/key-packages", KeyPackageStock)
    stock = next((one for one in found.stock if one.suite == 1), None)
    left = stock.single_use if stock else 0
    ends = stock.last_resort_expires if stock else None
    stale = ends is None or (ends - now).days < LAST_RESORT_DAYS_LEFT
    count = POOL - left if left < LOW_POOL else 0
    if anew:
        count, stale = min(POOL, MOST - left), True
    if not (count or stale):
        return
    made = device.new_packages(count, stale, int(now.timestamp()))
    packages = [PublishedPackage(content=data, last_resort=last) for data, last in made]
    await api.ask("POST", "/key-packages", KeyPackageStock, NewKeyPackages(packages=packages))
