"""A running media endpoint with voice clients on real loopback sockets, for tests."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

from server.media import Leg, LegState, MediaConfig, MediaEndpoint
from server.media.plane import MakePlane
from server.media.udp_plane import UdpPlane
from tests.fakes.clock import FakeClock
from tests.fakes.media_client import MediaClient


class MediaCall:
    """An endpoint, its clock, and whoever joined; everybody's states are written down."""

    def __init__(self, endpoint: MediaEndpoint, clock: FakeClock) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self.states: dict[str, list[LegState]] = {}
        self.clients: list[MediaClient] = []

    def open(self, leg_id: str) -> Leg:
        self.states[leg_id] = []
        return self.endpoint.open_leg(
            leg_id, on_state=lambda leg, state: self.states[leg].append(state)
        )

    async def client(self, **options: Any) -> MediaClient:
        """A client that has not joined yet."""
        client = MediaClient(**options)
        await client.new_socket()
        self.clients.append(client)
        return client

    async def join(self, leg_id: str, **options: Any) -> tuple[Leg, MediaClient]:
        """Open a leg and bring a client up on it."""
        leg = self.open(leg_id)
        client = await self.client(**options)
        await leg.accept_answer(client.answer(leg.offer()))
        await asyncio.wait_for(client.connect(), 5)
        await self.until(lambda: leg.state is LegState.CONNECTED)
        return leg, client

    async def talk(self) -> tuple[MediaClient, MediaClient]:
        """Two paired sides, `a` and `b`, both up."""
        _, a = await self.join("a")
        _, b = await self.join("b")
        self.endpoint.feed("a", ["b"])
        self.endpoint.feed("b", ["a"])
        return a, b

    def dropped(self, reason: str) -> int:
        return self.endpoint.stats().dropped.get(reason, 0)

    async def until(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:
        """Wait for a condition; fails when it does not come."""
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def media_call(
    *, make_plane: MakePlane = UdpPlane, **settings: Any
) -> AsyncIterator[MediaCall]:
    """Settings are MediaConfig's. On leaving, no task but the caller's may be left."""
    clock = FakeClock(now=1000.0)
    config = MediaConfig(**{"host": "127.0.0.1", **settings})
    endpoint = MediaEndpoint(config=config, clock=clock.now, make_plane=make_plane)
    before = asyncio.all_tasks()
    await endpoint.start()
    call = MediaCall(endpoint, clock)
    try:
        yield call
    finally:
        for client in call.clients:
            await client.close()
        await endpoint.close()
        await asyncio.sleep(0)
    leaked = asyncio.all_tasks() - before
    assert not leaked, leaked


async def exchange(call: MediaCall, speaker: MediaClient, listener: MediaClient) -> None:
    """The listener hears what the speaker says now."""
    words = os.urandom(20)
    speaker.speak(words)
    await call.until(lambda: any(packet.payload == words for packet in listener.heard))
