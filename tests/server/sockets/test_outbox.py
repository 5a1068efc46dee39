"""The outbox: order, bounds, and what only the latest counts of."""

import asyncio

from server.sockets.outbox import Outbox
from wire import codes


class Wire:
    """Stands for the WebSocket: keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def send_bytes(self, frame: bytes) -> None:
        self.sent.append(frame)


async def flushed(outbox: Outbox) -> list[bytes]:
    wire = Wire()
    outbox.close("done")
    await outbox.run(wire)  # type: ignore[arg-type]
    return wire.sent


async def test_frames_go_in_order_and_before_the_close() -> None:
    outbox = Outbox(10, 1000)
    for frame in (b"1", b"2", b"3"):
        outbox.push(frame)
    assert await flushed(outbox) == [b"1", b"2", b"3"]
    outbox.push(b"late")
    assert outbox.closing == "done"


async def test_only_the_latest_of_a_slot_is_sent() -> None:
    outbox = Outbox(10, 1000)
    for at in range(1000):
        outbox.push_latest("pointer", b"%d" % at)
        outbox.push_latest("ack", b"a%d" % at)
    assert sorted(await flushed(outbox)) == [b"999", b"a999"]


async def test_too_many_frames_close_as_too_slow_and_drop_nothing_silently() -> None:
    outbox = Outbox(3, 1000)
    told: list[str] = []
    outbox.on_closing = lambda: told.append("closing")
    for frame in (b"1", b"2", b"3", b"4", b"5"):
        outbox.push(frame)
    assert outbox.closing == codes.TOO_SLOW
    assert told == ["closing"]
    assert await flushed(outbox) == []


async def test_too_many_bytes_close_too_but_one_giant_alone_may_go() -> None:
    outbox = Outbox(10, 100)
    outbox.push(bytes(500))
    assert outbox.closing is None
    outbox.push(b"x")
    assert outbox.closing == codes.TOO_SLOW


async def test_frames_go_at_once_while_the_peer_keeps_up_and_never_overtake() -> None:
    outbox = Outbox(10, 1000)
    written: list[bytes] = []
    keeps_up = True

    def write_now(frame: bytes) -> bool:
        if keeps_up:
            written.append(frame)
        return keeps_up

    outbox.write_now = write_now
    outbox.push(b"1")
    keeps_up = False
    outbox.push(b"2")
    keeps_up = True
    outbox.push(b"3")
    assert written == [b"1"], "3 waits behind 2"
    assert await flushed(outbox) == [b"2", b"3"]
    assert outbox.sent == 3


async def test_a_slot_that_may_wait_goes_out_soon_with_what_replaced_it() -> None:
    outbox = Outbox(10, 1000)
    wire = Wire()
    async with asyncio.TaskGroup() as group:
        writer = group.create_task(outbox.run(wire))  # type: ignore[arg-type]
        for at in range(100):
            outbox.push_latest("ack", b"%d" % at, may_wait=True)
        async with asyncio.timeout(5):
            while not wire.sent:
                await asyncio.sleep(0.005)
        writer.cancel()
    assert wire.sent == [b"99"]
