"""A person at a real Chromium: own process, own microphone file, the product's own pages."""

import asyncio
import base64
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.fakes.speech import Sound, resample

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]
WITHIN_MS = 20_000

HEAR = """
async (seconds) => {
  const track = window.__inkcall.voice.pc.getReceivers()[0].track;
  const context = new AudioContext({sampleRate: 16000});
  await context.resume();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const node = context.createScriptProcessor(4096, 1, 1);
  const parts = [];
  let count = 0;
  await new Promise((done) => {
    node.onaudioprocess = (event) => {
      parts.push(new Float32Array(event.inputBuffer.getChannelData(0)));
      count += 4096;
      if (count >= seconds * 16000) done();
    };
    source.connect(node);
    node.connect(context.destination);
  });
  node.disconnect();
  source.disconnect();
  await context.close();
  const bytes = new Uint8Array(count * 4);
  parts.forEach((part, at) => bytes.set(new Uint8Array(part.buffer), at * 4096 * 4));
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
"""


STATE = """
() => {
  const handle = window.__inkcall;
  const pc = handle?.voice.pc;
  return {
    path: location.pathname, link: handle?.room.link, voice: handle?.voice.state,
    connection: pc?.connectionState, ice: pc?.iceConnectionState, signalling: pc?.signalingState,
    remote: pc?.remoteDescription?.sdp?.slice(0, 400), text: document.body.innerText.slice(0, 300),
  };
}
"""


class Person:
    """One browser window and what a person does in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def by(self, test_id: str) -> Any:
        return self.page.get_by_test_id(test_id)

    async def press(self, test_id: str) -> None:
        """Press a button, or what stands for a radio button or a check box: its label."""
        label = self.page.locator("label", has=self.by(test_id))
        await (label if await label.count() else self.by(test_id)).first.click()

    async def sign_in(self, login: str, password: str = "inkcall-demo") -> None:
        await self.page.goto(self.url)
        await self.by("login").fill(login)
        await self.by("password").fill(password)
        await self.by("sign-in-submit").click()
        await self.page.wait_for_url("**/" + login.rstrip("0123456789") + "**")

    async def open_door(self) -> None:
        """As a teacher: become available."""
        await self.by("availability").click()
        await self.page.wait_for_function(
            "() => document.querySelector('[data-testid=teacher-presence]')?.dataset.presence === 'online'"
            " || document.querySelector('[data-testid=availability]')?.getAttribute('aria-checked') === 'true'"
        )

    async def call(self, teacher: str) -> None:
        """As a student: call a teacher by name, about the first subject offered."""
        await self.by("teacher-card").filter(has_text=teacher).first.click()
        await self.by("call-start").click()

    async def in_call(self) -> None:
        """Wait until the room is there and the other side's voice is connected."""
        try:
            await self.page.wait_for_function(
                "() => window.__inkcall?.room.link === 'open' &&"
                " window.__inkcall.voice.state === 'connected'",
                timeout=WITHIN_MS,
            )
        except Exception as error:
            now = await self.page.evaluate(STATE)
            raise AssertionError(f"not in the call: {now}; page errors {self.errors}") from error

    async def hear(self, seconds: float) -> Sound:
        """Return what the other side's voice sounds like in this tab, 16 kHz mono."""
        text = await self.page.evaluate(HEAR, seconds)
        sound: Sound = np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float64)
        return resample(sound, 16_000)

    async def board(self) -> dict[str, Any]:
        """Return the tab's board as plain values."""
        board: dict[str, Any] = await self.page.evaluate(
            """() => {
              const board = window.__inkcall.room.board;
              const strokes = board.strokes instanceof Map
                ? [...board.strokes.values()] : Object.values(board.strokes);
              return JSON.parse(JSON.stringify({
                pages: board.pages, open_page: board.open_page, strokes}));
            }"""
        )
        return board

    async def until_board(self, when: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the board once it fulfils `when`."""
        async with asyncio.timeout(WITHIN_MS / 1000):
            while not when(board := await self.board()):
                await asyncio.sleep(0.1)
        return board

    async def seq(self) -> int:
        number: int = await self.page.evaluate("() => window.__inkcall.room.seq")
        return number

    async def until(self, script: str, what: str, within_ms: int = WITHIN_MS) -> None:
        """Wait until a script in the tab says so."""
        try:
            await self.page.wait_for_function(script, timeout=within_ms)
        except Exception as error:
            raise AssertionError(f"{what}: {error}; page errors {self.errors}") from error


def chromium_path() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is needed: apt-get install chromium"
    return found


def trusting_home(home: Path, authority: Path) -> Path:
    """Make a folder of somebody whose Chromium trusts an authority, as a phone does that installed it."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = ("-d", f"sql:{store}")
    certutil = shutil.which("certutil")
    assert certutil, "certutil is needed: apt-get install libnss3-tools"
    subprocess.run([certutil, *database, "-N", "--empty-password"], check=True)
    trust = ("-A", "-n", "inkcall", "-t", "C,,", "-i", str(authority))
    subprocess.run([certutil, *database, *trust], check=True)
    return home


@asynccontextmanager
async def chromium(
    microphone: Path | None = None, flags: Sequence[str] = (), home: Path | None = None
) -> AsyncIterator[Browser]:
    """Run a Chromium with a WAV file (or a beep) as its microphone.

    `home` is whose folder it has, with what they trust (`trusting_home`).
    """
    environment: dict[str, str | float | bool] | None = None
    if home is not None:
        environment = {**os.environ, "HOME": str(home)}
    flags = [*FLAGS, *flags]
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=flags, env=environment, headless=True
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def person(
    url: str,
    microphone: Path | None = None,
    viewport: dict[str, int] = DESK,
    locale: str = "zh-CN",
    flags: Sequence[str] = (),
    home: Path | None = None,
) -> AsyncIterator[Person]:
    """Run a browser window of a size and language."""
    async with chromium(microphone, flags, home) as browser:
        context: BrowserContext = await browser.new_context(
            viewport={"width": viewport["width"], "height": viewport["height"]},
            locale=locale,
            has_touch=viewport is PHONE,
            permissions=["microphone"],
        )
        context.set_default_timeout(WITHIN_MS)
        page = await context.new_page()
        yield Person(page, url)
        await context.close()
