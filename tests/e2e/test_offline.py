"""Without a network an app shows a page of ours, in a real browser; with it, always what the server has."""

from pathlib import Path

import pytest

from tests.fakes.browser import PHONE, person
from tests.fakes.processes import running_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

# Browser tests see the network as it is, unless they ask.
ASK = "localStorage.setItem('inkcall.offline', '1')"


async def test_an_app_without_a_network_says_so_and_keeps_nothing(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, person(server.url, viewport=PHONE) as student:
        page = student.page
        await page.context.add_init_script(ASK)
        await page.goto(server.url)
        await page.evaluate("navigator.serviceWorker.ready.then(() => {})")
        await page.reload()
        await student.by("login").wait_for()
        assert await page.evaluate("navigator.serviceWorker.controller !== null")
        assert await page.evaluate("caches.keys()") == []
        await server.kill()
        await page.goto(f"{server.url}/history")
        for words in ("现在没有网络", "You are offline"):
            await page.get_by_text(words).wait_for()
        assert page.url.endswith("/history")
        await server.start()
        # By itself: the page asks again.
        await student.by("login").wait_for(timeout=30_000)
