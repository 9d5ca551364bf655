"""A person who has a keyboard and what a screen reader says: all is found by its role and name."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

MOST_TABS = 60
HAS_FOCUS = "(element) => element === document.activeElement"


@dataclass(frozen=True, slots=True)
class Keyboard:
    """`step` and `letter`: how long each Tab and each letter takes, in ms."""

    page: Page
    step: float = 0
    letter: float = 0

    async def reach(self, target: Locator) -> None:
        """Press Tab until it has the keys."""
        await expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if await target.evaluate(HAS_FOCUS):
                return
            await self.page.keyboard.press("Tab", delay=self.step)
        raise AssertionError(f"no Tab leads to {target}")

    async def type(self, words: str) -> None:
        """Into what has the keys."""
        await self.page.keyboard.type(words, delay=self.letter)

    async def enter(self) -> None:
        await self.page.keyboard.press("Enter", delay=self.step)

    async def write(self, label: str, words: str) -> None:
        """Write into the field of this name."""
        await self.reach(self.page.get_by_role("textbox", name=label))
        await self.type(words)

    async def press(self, role: str, name: str) -> None:
        """Press the button, or follow the link, of this name."""
        await self.reach(self.page.get_by_role(role, name=name, exact=True))  # type: ignore[arg-type]
        await self.enter()

    async def join(self, link: str, name: str, password: str) -> None:
        """From an invite link until one is inside."""
        await self.page.goto(link)
        await self.press("link", "Open the app")
        await expect(self.page.get_by_text("invites you.")).to_be_visible()
        await self.write("Name", name.lower())
        await self.write("What friends call you (may stay empty)", name)
        await self.reach(self.page.get_by_label("Password", exact=True))
        await self.type(password)
        await self.enter()
        places = self.page.get_by_role("navigation", name="Main places")
        await expect(places).to_be_visible()
