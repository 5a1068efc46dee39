"""What happens when something breaks in the middle: the server is killed, a network is cut."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from recorder.library import Library
from tests.fakes.browser import Person
from tests.fakes.calls import begin, scribble, two_people, voices
from tests.fakes.processes import ServerProcess, running_pen, running_server
from tests.fakes.proxies import TcpProxy, UdpProxy, proxied
from tests.fakes.speech import likeness
from wire import fold
from wire.board import Board, ChatLine
from wire.codec import decode_event

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ALIKE = 0.8
CUT_S = 20.0


async def test_a_killed_server_loses_at_most_a_second_and_both_are_told(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    scribble(tmp_path / "strokes.json", seed, strokes=200)
    async with running_server(tmp_path) as server:
        async with (
            two_people(server.url, server.url) as (student, teacher),
            running_pen(
                server.url,
                server.data / "demo-pen.token",
                *("--pen", "demo-pen", "--virtual", str(tmp_path / "strokes.json")),
            ),
        ):
            await begin(student, teacher)
            await student.until(
                "() => window.__inkcall.room.seq > 60", "the pen is writing for a while"
            )
            killed_ms = time.time() * 1000
            await server.kill()
            recordings = Library(server.data / "recordings")
            session = next(iter(recordings.sessions()))
            last = recordings.last_flush_ms(session)
            assert last is not None
            assert killed_ms - last <= 1000, f"the recording ends {killed_ms - last:.0f} ms before"
            board, chat = Board(), list[ChatLine]()
            for payload in recordings.events(session):
                fold.apply(board, chat, decode_event(payload))
            assert board.strokes

            await server.start()
            await student.by("rating-form").wait_for()
            await teacher.by("report-form").wait_for()
            for side in (student, teacher):
                # The room only says that it is over; the lobby says why, on a socket of its own.
                await side.page.locator(
                    '[data-testid="end-reason"][data-reason="server_lost"]'
                ).wait_for()
                assert await side.page.get_by_text("session_ended").count() == 0, "in words"
        summary = recordings.info(session)
        assert not summary.sealed
        assert {voice.side for voice in summary.voices} == {"left", "right"}


async def test_a_side_cut_for_twenty_seconds_comes_back_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    scribble(tmp_path / "strokes.json", seed, strokes=120)
    said = voices(tmp_path)
    server = ServerProcess(tmp_path)
    student_net, media_net = TcpProxy(server.port), UdpProxy(server.media_port)
    async with proxied(student_net, media_net):
        server.settings = {"INKCALL__MEDIA__ANNOUNCE": f'["127.0.0.1:{media_net.port}"]'}
        await server.start()
        try:
            student_url = f"http://127.0.0.1:{student_net.port}"
            async with (
                two_people(student_url, server.url, said) as (student, teacher),
                running_pen(
                    server.url,
                    server.data / "demo-pen.token",
                    *("--pen", "demo-pen", "--virtual", str(tmp_path / "strokes.json")),
                ),
            ):
                await begin(student, teacher)
                student_net.cut()
                media_net.cut(await server_ufrag(student))
                cut_at = time.monotonic()
                await teacher.by("student-reconnecting").wait_for()
                noticed_s = time.monotonic() - cut_at
                print(f"the teacher sees it after {noticed_s:.1f} s")
                assert noticed_s < CUT_S
                await student.by("link-banner").wait_for()
                before = len((await student.board())["strokes"])
                # They go on drawing although nothing gets through.
                await draw(student)
                assert await teacher.page.evaluate("() => window.__inkcall.room.link") == "open"
                await asyncio.sleep(max(0.0, CUT_S - (time.monotonic() - cut_at)))
                student_net.mend()
                media_net.mend()

                await student.in_call()
                await teacher.by("student-reconnecting").wait_for(state="detached")
                mine = await student.until_board(
                    lambda board: any(
                        s["source"].startswith("pen-") is False for s in board["strokes"]
                    )
                )
                assert len(mine["strokes"]) > before
                await same_boards(student, teacher)
                student_heard, teacher_heard = await asyncio.gather(
                    student.hear(14), teacher.hear(14)
                )
                assert likeness(said.teacher, student_heard) >= ALIKE
                assert likeness(said.student, teacher_heard) >= ALIKE
        finally:
            await server.stop()


async def server_ufrag(who: Person) -> str:
    """Return the server-side ICE ufrag of a tab's leg, as its offer said."""
    sdp: str = await who.page.evaluate("() => window.__inkcall.voice.pc.remoteDescription.sdp")
    return sdp.partition("a=ice-ufrag:")[2].split()[0]


async def draw(who: Person) -> None:
    """Draw a line on the board with the finger."""
    box = await who.by("board-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2
    await who.page.mouse.move(x, y)
    await who.page.mouse.down()
    for step in range(20):
        await who.page.mouse.move(x + 6 * step, y + 3 * step)
    await who.page.mouse.up()


async def same_boards(student: Person, teacher: Person) -> None:
    """Wait until both tabs show the same; the pen may still be writing, so compare by seq."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        one, other = await asyncio.gather(student.board(), teacher.board())
        whole = [s for s in one["strokes"] if s["ended"]]
        known = {s["stroke"]: s for s in other["strokes"]}
        drawn = [s for s in whole if not s["source"].startswith("pen-")]
        if drawn and all(known.get(s["stroke"]) == s for s in whole) and len(whole) >= 20:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the boards differ")
