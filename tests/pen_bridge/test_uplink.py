"""The uplink against a real WebSocket server: cut at random, restarted, silent, talking nonsense."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from pen_bridge.addresses import Server
from pen_bridge.clock import Clock
from pen_bridge.connection import FINAL, Stopped, Timing
from pen_bridge.ink import Ink
from pen_bridge.protocol.events import (
    Dot,
    Paper,
    PaperSeen,
    PenDown,
    PenEvent,
    PenState,
    PenUp,
    Scale,
)
from pen_bridge.uplink import Backoff, Uplink
from tests.fakes.pen_server import Faults, PenServer, until
from wire import codes
from wire.codec import encode
from wire.common import Draining, Pong, Refused
from wire.pen import PenHello, PenRoom, PenWelcome
from wire.room import Ack

QUICK = Timing(ping_s=0.1, lost_s=0.4, open_s=5.0, first_backoff_s=0.01, last_backoff_s=0.05)
PAPER = Paper("1.1.1.1")
WELCOME = encode(PenWelcome(version=1, teacher="t_1", teacher_name="Wen Yu"))


@dataclass
class Pen:
    """A running uplink and what writes into it."""

    ink: Ink
    uplink: Uplink
    task: asyncio.Task[None]

    def feed(self, *events: PenEvent) -> None:
        for event in events:
            self.ink.receive(event, 0.0)
        self.uplink.wake()

    def stroke(self, *xs: int) -> None:
        self.feed(PenDown(), PaperSeen(PAPER), *[Dot(11, 0.5, x, 10) for x in xs], PenUp())


@asynccontextmanager
async def pen(server: PenServer, timing: Timing = QUICK) -> AsyncIterator[Pen]:
    ink = Ink(Scale())
    hello = PenHello(versions=[1], token="secret", pen="p1", model="test pen")
    address = Server(f"http://127.0.0.1:{server.port}")
    uplink = Uplink(address, hello, ink, Clock(), random.Random(1), timing)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(uplink.run())
        yield Pen(ink, uplink, task)
        task.cancel()


async def verdict(server: PenServer) -> str:
    """Return the code with which an uplink stops by itself."""
    ink = Ink(Scale())
    hello = PenHello(versions=[1], token="secret", pen="p1")
    address = Server(f"http://127.0.0.1:{server.port}")
    uplink = Uplink(address, hello, ink, Clock(), random.Random(1), QUICK)
    with pytest.raises(Stopped) as stopped:
        async with asyncio.timeout(10):
            await uplink.run()
    return stopped.value.code


async def test_ink_reaches_the_session_and_the_server_learns_of_the_pen() -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        bridge.uplink.tell(PenState(linked=True, battery=80))
        await until(lambda: server.statuses and server.statuses[-1].battery == 80)
        await server.enter("s_1")
        await until(lambda: bridge.uplink.shared.session.value == "s_1")
        bridge.stroke(1, 2, 3)
        bridge.stroke(4)
        await bridge.uplink.shared.settled.until(True)
        strokes = list(server.lessons["s_1"].ink().values())
        assert [[point[0] for point in points] for points in strokes] == [[100, 200, 300], [400]]
        assert bridge.ink.tally.done == 4
        assert server.hellos[0].token == "secret"
        assert bridge.uplink.shared.teacher_name == "Wen Yu"
        assert server.wrong == []


@pytest.mark.parametrize("round_", range(4))
async def test_a_connection_cut_anywhere_loses_no_dot_and_doubles_none(round_: int) -> None:
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed} round {round_}")
    chance = random.Random(seed)
    faults = Faults(chance, cut_before=0.02, cut_after=0.02, hold_ack=chance.choice([0, 0.5, 0.95]))
    async with PenServer(faults).running() as server, pen(server) as bridge:
        await server.enter("s_1")
        await until(lambda: bridge.uplink.shared.session.value == "s_1")
        written = []
        for number in range(150):
            xs = [number * 10 + step for step in range(chance.randint(1, 8))]
            written.append(xs)
            bridge.feed(PenDown(), PaperSeen(PAPER))
            for x in xs:
                bridge.feed(Dot(11, 0.5, x, 10))
                bridge.ink.on_timeout(1.0)
                if chance.random() < 0.1:
                    await asyncio.sleep(chance.random() * 0.004)
            bridge.feed(PenUp())
            if chance.random() < 0.03:
                server.cut()
        lesson = server.lessons["s_1"]
        await until(lambda: len(lesson.ended()) == len(written), within_s=60)
        drawn = [[point[0] // 100 for point in points] for points in lesson.ink().values()]
        assert drawn == written
        assert lesson.ended() == list(lesson.ink())
        assert server.wrong == []
        assert server.cuts > 0


async def test_ink_that_waited_for_a_session_that_is_over_is_dropped() -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        await server.enter("s_1")
        await until(lambda: bridge.uplink.shared.session.value == "s_1")
        server.acknowledges = False
        bridge.stroke(1, 2)
        await until(lambda: server.lessons["s_1"].points() == 2)
        server.session = "s_2"
        server.cut()
        bridge.stroke(3, 4, 5)
        await until(lambda: bridge.uplink.shared.session.value == "s_2")
        server.acknowledges = True
        bridge.stroke(6)
        await until(lambda: server.lessons["s_2"].ended())
        assert [list(p) for p in server.lessons["s_2"].ink().values()] == [[(600, 1000, 500, 0)]]
        assert bridge.ink.tally.stale == 5
        assert server.wrong == []


async def test_a_change_of_session_without_a_cut_mixes_nothing() -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        for session in ("s_1", "s_2", None, "s_3"):
            await server.enter(session)
            await bridge.uplink.shared.session.until(session)
            bridge.stroke(*range(1, 6))
        await until(lambda: server.lessons["s_3"].ended())
        await bridge.uplink.shared.settled.until(True)
        # Of the strokes before, all or a beginning arrived: never in another session.
        assert all(lesson.points() <= 5 for lesson in server.lessons.values())
        assert server.lessons["s_3"].points() == 5
        assert bridge.ink.tally.no_session == 5
        assert server.wrong == []


async def test_a_restarted_server_knows_no_room_and_the_pen_waits_for_the_next() -> None:
    server = PenServer()
    async with server.running(), pen(server) as bridge:
        await server.enter("s_1")
        await until(lambda: bridge.uplink.shared.session.value == "s_1")
        bridge.stroke(1, 2)
        await bridge.uplink.shared.settled.until(True)
        restarted = PenServer()
        restarted.port = server.port
        assert server._server is not None
        server.cut()
        server._server.close()
        await server._server.wait_closed()
        await until(lambda: not bridge.uplink.shared.connected)
        bridge.stroke(3)
        async with restarted.running():
            await until(lambda: bridge.uplink.shared.connected)
            await until(lambda: bridge.uplink.shared.session.value is None)
            assert bridge.ink.tally.stale == 1
            await restarted.enter("s_9")
            await until(lambda: bridge.uplink.shared.session.value == "s_9")
            bridge.stroke(4)
            await until(lambda: restarted.lessons["s_9"].ended())
            assert restarted.lessons["s_9"].points() == 1
            assert restarted.wrong == []


async def test_a_silent_server_is_given_up_and_asked_again() -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        await until(lambda: server.pings >= 2)
        assert bridge.uplink.shared.connected
        server.answers_pings = False
        await until(lambda: bridge.uplink.shared.problem == "the server is silent")
        server.answers_pings = True
        await until(lambda: bridge.uplink.shared.connected and len(server.hellos) >= 2)


async def test_pongs_keep_a_quiet_connection() -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        await until(lambda: server.pings >= 10)
        assert len(server.hellos) == 1
        assert bridge.uplink.shared.connected


JUNK: dict[str, bytes | str] = {
    "text": "hello",
    "not msgpack": b"\xc1\xff\x00",
    "nothing": b"",
    "no message": b"\x80",
    "of another socket": encode(Pong(sent_ms=1)).replace(b"pong", b"join"),
    "too large": b"\x00" * 70_000,
    "a second welcome": WELCOME,
    "an ack of the future": encode(Ack(n=99)),
    "broken text": b"\x82\xa4type\xa8pen_room\xa7session\xa2\xff\xfe",
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
async def test_nonsense_ends_the_connection_and_the_pen_comes_back(junk: bytes | str) -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        await server.enter("s_1")
        await until(lambda: bridge.uplink.shared.session.value == "s_1")
        bridge.stroke(1)
        await server.say(junk)
        await until(lambda: len(server.hellos) == 2)
        bridge.stroke(2)
        await until(lambda: len(server.lessons["s_1"].ended()) == 2)
        assert server.lessons["s_1"].points() == 2
        assert server.wrong == []


FIRST: dict[str, list[bytes | str]] = {
    "a room": [encode(PenRoom(session="s_1"))],
    "an ack": [encode(Ack(n=0))],
    "two rooms of rubbish": [WELCOME, os.urandom(300), os.urandom(300)],
}


@pytest.mark.parametrize("frames", FIRST.values(), ids=FIRST)
async def test_a_server_that_begins_wrongly_is_tried_again(
    frames: list[bytes | str],
) -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        server.greet = lambda _connection: frames
        server.cut()
        await until(lambda: len(server.hellos) >= 4)
        # A welcome wipes the problem off until the next rubbish, so it comes and goes.
        await until(lambda: bridge.uplink.shared.problem == "the server sent what is no message")
        server.greet = None
        server.cut()
        await until(lambda: bridge.uplink.shared.connected)


@pytest.mark.parametrize("told", [True, False], ids=["message", "close reason"])
@pytest.mark.parametrize("code", sorted(FINAL))
async def test_after_a_final_code_the_pen_does_not_come_back(code: str, told: bool) -> None:
    async with PenServer().running() as server:
        server.refuse = (code, told)
        assert await verdict(server) == code
        assert len(server.hellos) == 1


async def test_a_pairing_that_is_revoked_amid_a_session_stops_the_pen() -> None:
    async with PenServer().running() as server:

        async def revoke() -> None:
            await until(lambda: server.connections)
            await server.close(codes.TOKEN_REVOKED)

        async with asyncio.TaskGroup() as group:
            group.create_task(revoke())
            assert await verdict(server) == codes.TOKEN_REVOKED


async def test_another_version_stops_the_pen() -> None:
    async with PenServer().running() as server:
        server.greet = lambda _connection: [
            encode(PenWelcome(version=2, teacher="t_1", teacher_name="Wen Yu"))
        ]
        assert await verdict(server) == codes.VERSION


async def test_a_server_that_is_full_or_draining_is_asked_again() -> None:
    async with PenServer().running() as server:
        server.refuse = (codes.FULL, True)
        async with pen(server) as bridge:
            await until(lambda: len(server.hellos) >= 3)
            assert bridge.uplink.shared.problem == "the server says: no"
            server.refuse = None
            await until(lambda: bridge.uplink.shared.connected)
            await server.say(Draining(deadline_ms=1))
            await until(lambda: bridge.uplink.shared.draining)
            await server.close(codes.DRAINING)
            await until(lambda: len(server.hellos) >= 5 and not bridge.uplink.shared.draining)


async def test_a_refused_operation_is_counted_and_the_rest_goes_on() -> None:
    async with PenServer().running() as server, pen(server) as bridge:
        await server.enter("s_1")
        await until(lambda: bridge.uplink.shared.session.value == "s_1")
        bridge.stroke(1)
        await server.say(Refused(code=codes.SESSION_ENDED, text="no", n=1))
        await until(lambda: bridge.uplink.shared.refused == 1)
        bridge.stroke(2)
        await until(lambda: len(server.lessons["s_1"].ended()) == 2)
        assert len(server.hellos) == 1


async def test_the_uplink_stops_in_the_very_moment_its_connection_breaks() -> None:
    async with PenServer().running() as server:
        for _ in range(20):
            async with pen(server) as bridge:
                await until(partial(getattr, bridge.uplink.shared, "connected"))
                server.cut()
                bridge.task.cancel()
                async with asyncio.timeout(5):
                    await asyncio.wait([bridge.task])


async def test_a_server_that_is_not_there_yet_is_found_when_it_comes() -> None:
    server = PenServer()
    async with server.running():
        pass
    async with pen(server) as bridge:
        await until(lambda: bridge.uplink.shared.problem == "the server cannot be reached")
        async with server.running():
            await until(lambda: bridge.uplink.shared.connected)


def test_waits_double_up_to_a_bound_and_are_spread() -> None:
    backoff = Backoff(Timing(), random.Random(3))
    waits = [backoff.next() for _ in range(8)]
    bounds = [0.5, 1, 2, 4, 5, 5, 5, 5]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    assert len(set(waits)) == 8
    backoff.reset()
    assert backoff.next() <= 0.5
