"""Files in the app's chats: sent, shown, played, saved; with one who uses `kith` (ATT-5.3)."""

import io
import re
import wave
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.browser.app_node import AppNode
from tests.browser.test_app_chats import chat_with, say
from tests.browser.test_app_said import ada_and_bob, has, until
from tests.browser.test_app_screens import violations

# Of what is in memory: as what it would be shown.
SEE_TYPES = """() => {
  const make = URL.createObjectURL;
  window.seen = [];
  URL.createObjectURL = (data) => {
    window.seen.push(data.type);
    return make.call(URL, data);
  };
}"""
WORDS = b"The paper, page by page. " * 3000


def photo(colour: str = "red") -> bytes:
    """A JPEG that says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "A Camera"
    out = io.BytesIO()
    Image.new("RGB", (320, 200), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def blobs(home: AppNode) -> Path:
    return Path(home.node.config.data_dir) / "blobs"


async def choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    """As the file dialog gives them."""
    await page.get_by_role("button", name="Attach files").click()
    payloads = [{"name": name, "mimeType": type, "buffer": body} for name, type, body in files]
    await page.get_by_label("Choose files").set_input_files(payloads)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.clause("ATT-1.5", "ATT-2.8", "ATT-5.3")
async def test_files_are_sent_shown_and_saved(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, kith = await ada_and_bob(browser, home, tmp_path)
    page = ada.page
    async with kith as bob:
        await bob.talk()
        await chat_with(page, home, "bob")
        await say(page, "first")
        them = "@ada@" + home.domain
        await until(bob, lambda: has(bob, them, "first"))
        await page.get_by_label("Write a message").fill("look at these")
        await choose(
            page, ("IMG_1.jpg", "image/jpeg", photo()), ("paper.pdf", "application/pdf", WORDS)
        )
        panel = page.get_by_role("region", name="Files to send")
        await expect(panel.locator("li")).to_have_count(2)
        await expect(panel).to_contain_text(re.compile("paper.pdf.* is sent as it is"))
        await expect(panel).not_to_contain_text(re.compile("IMG_1.jpg.{0,2} is sent as it is"))
        assert await violations(page) == []
        # The keyboard reaches all of it.
        await panel.get_by_role("button", name="Send the files").focus()
        await page.keyboard.press("Enter")
        mine = page.locator(".message", has_text="look at these")
        await expect(mine.locator("img")).to_be_visible()
        await expect(panel).to_have_count(0)
        await expect(page.get_by_label("Write a message")).to_have_value("")
        await until(bob, lambda: has(bob, them, "look at these"))
        row = (await bob.history(them))[-1]
        picture, paper = bob.files(row).those
        assert (picture.shown_as, picture.width, picture.height) == ("Image", 320, 200)
        saved = await bob.save(picture, tmp_path)
        assert b"A Camera" not in saved.read_bytes() and saved.read_bytes()[:3] == b"\xff\xd8\xff"
        assert (await bob.save(paper, tmp_path / "b.pdf")).read_bytes() == WORDS
        # Bob answers with a picture and a paper of his own.
        (tmp_path / "his.jpg").write_bytes(photo("blue"))
        (tmp_path / "his.txt").write_bytes(WORDS)
        await bob.attach(them, [tmp_path / "his.jpg", tmp_path / "his.txt"])
        his = page.locator(".message", has=page.get_by_alt_text(re.compile("Picture: .*his.jpg")))
        await expect(his.get_by_alt_text(re.compile("Picture: .*his.jpg"))).to_be_visible()
        source = await his.locator("img").get_attribute("src")
        assert source is not None and source.startswith("blob:")
        async with page.expect_download() as downloading:
            await his.get_by_role("button", name=re.compile("Save .*his.txt")).click()
        download = await downloading.value
        assert download.suggested_filename == "his.txt"
        await download.save_as(tmp_path / "downloaded.txt")
        assert (tmp_path / "downloaded.txt").read_bytes() == WORDS
        assert await violations(page) == []
        # All of it is there after a reload, without the chat's having been sent again.
        await page.reload()
        await expect(his.get_by_alt_text(re.compile("Picture: .*his.jpg"))).to_be_visible()
        await expect(mine.locator("img")).to_be_visible()
        # One is taken back: its files go.
        before = len([p for p in blobs(home).rglob("*") if p.is_file()])
        await mine.locator(".bubble").click(button="right")
        await page.get_by_role("button", name="Delete for everybody").click()
        await page.get_by_role("button", name="Delete for everybody").click()
        await expect(page.locator(".bubble.gone")).to_have_count(1)
        await until(bob, lambda: has(bob, them, ""))
        assert len([p for p in blobs(home).rglob("*") if p.is_file()]) <= before
    assert ada.faults == []


@pytest.mark.slow
@pytest.mark.clause("ATT-1.4", "ATT-2.5", "ATT-5.3")
async def test_what_was_changed_or_lies_is_not_shown(
    browser: Browser, home: AppNode, tmp_path: Path
) -> None:
    ada, kith = await ada_and_bob(browser, home, tmp_path)
    page = ada.page
    async with kith as bob:
        await bob.talk()
        await chat_with(page, home, "bob")
        await say(page, "first")
        them = "@ada@" + home.domain
        await until(bob, lambda: has(bob, them, "first"))
        # HTML that is called a picture is a file to be saved, and no page.
        evil = tmp_path / "evil.html"
        evil.write_bytes(b"<script>document.title = 'evil'</script>")
        await bob.attach(them, [evil])
        saving = page.get_by_role("button", name=re.compile("Save .*evil.html"))
        await page.evaluate(SEE_TYPES)
        async with page.expect_download() as downloading:
            await saving.click()
        assert (await downloading.value).suggested_filename == "evil.html"
        assert await page.evaluate("window.seen") == ["application/octet-stream"]
        # A voice is fetched, then it plays.
        with wave.open(str(tmp_path / "voice.wav"), "wb") as voice:
            voice.setparams((1, 2, 8000, 0, "NONE", ""))
            voice.writeframes(bytes(8000))
        await bob.attach(them, [tmp_path / "voice.wav"])
        play = page.get_by_role("button", name=re.compile("Play .*voice.wav"))
        await play.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("audio[src^='blob:']")).to_be_visible()
        assert await violations(page) == []
        known = {p for p in blobs(home).rglob("*") if p.is_file()}
        text = tmp_path / "a.txt"
        text.write_bytes(WORDS)
        await bob.attach(them, [text])
        [blob] = {p for p in blobs(home).rglob("*") if p.is_file()} - known
        data = bytearray(blob.read_bytes())
        data[56 + 16_400 + 9] ^= 1
        blob.write_bytes(data)
        await page.get_by_role("button", name=re.compile("Save .*a.txt")).click()
        await expect(page.get_by_role("alert")).to_contain_text(re.compile("part 1", re.IGNORECASE))
    assert [one for one in ada.faults if "Content Security" in one] == []
