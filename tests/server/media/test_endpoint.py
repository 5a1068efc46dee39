"""The twelve known traps of a one-port media plane, over real sockets: none of them springs."""

import asyncio
import os
import time

from server.media import LegState
from tests.fakes.media_call import exchange, media_call
from tests.fakes.media_client import MediaClient


async def test_trap_01_dtls_waits_for_an_address() -> None:
    async with media_call() as call:
        leg = call.open("a")
        client = await call.client()
        # The server is the DTLS client here, so a hasty start would show as a ClientHello.
        await leg.accept_answer(client.answer(leg.offer(), setup="passive"))
        await asyncio.sleep(0.05)
        assert call.endpoint.stats().packets_out == 0
        await asyncio.wait_for(client.connect(), 5)
        await call.until(lambda: leg.state is LegState.CONNECTED)


async def test_trap_02_a_side_without_an_address_costs_only_its_own_packets() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        _, c = await call.join("c")
        call.open("d")
        call.endpoint.feed("c", ["d"])
        call.endpoint.feed("d", ["c"])
        c.speak()
        await call.until(lambda: call.dropped("peer_not_ready") == 1)
        await exchange(call, a, b)


async def test_trap_03_trouble_with_the_listener_is_not_the_speakers() -> None:
    def broken(_packet: bytes) -> bytes:
        raise RuntimeError("closing")

    async with media_call() as call:
        a, b = await call.talk()
        leg = call.endpoint.plane._legs["b"]  # type: ignore[attr-defined]
        whole, leg.protect = leg.protect, broken
        a.speak()
        await call.until(lambda: call.dropped("internal") == 1)
        leg.protect = whole
        await exchange(call, a, b)
        assert call.states["a"] == [LegState.CONNECTING, LegState.CONNECTED]


async def test_trap_04_junk_from_anybody_is_counted_and_forgotten() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        stranger = await call.client()
        stranger.server = a.server
        # PRIORITY of two bytes: aioice raises struct.error, not ValueError.
        short = (
            b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x24\x00\x02\x00\x00\x00\x00"
        )
        for junk in (short, b"", b"\x00", bytes(20), b"\x80" * 12, b"\xff" * 2000):
            stranger.send_raw(junk)
        await call.until(lambda: call.dropped("stun_bad") >= 2 and call.dropped("junk") >= 2)
        await exchange(call, a, b)


async def test_trap_05_silence_interrupts_and_never_ends() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        await a.stop_checking()
        for _ in range(8):  # b goes on checking; its clock must see it
            call.clock.advance(1.1)
            await b.reach()
        await call.until(lambda: call.states["a"][-1] is LegState.INTERRUPTED)
        for _ in range(100):
            call.clock.advance(10)
            await b.reach()
        assert call.states["a"][-1] is LegState.INTERRUPTED
        assert LegState.CLOSED not in call.states["b"]
        a.check()
        await call.until(lambda: call.states["a"][-1] is LegState.CONNECTED)
        await exchange(call, a, b)
        await exchange(call, b, a)


async def test_trap_05_media_is_a_sign_of_life_too() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        await a.stop_checking()
        await b.stop_checking()
        for _ in range(10):
            call.clock.advance(1)
            await exchange(call, a, b)
        await call.until(lambda: call.states["b"][-1] is LegState.INTERRUPTED)
        assert call.states["a"] == [LegState.CONNECTING, LegState.CONNECTED]


async def test_trap_06_addresses_are_bound_by_proof_alone_and_expire() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        thief = await call.client()
        thief.server, thief.ssrc = a.server, a.ssrc
        thief.send_raw(a.binding_request(password="0" * 32))
        await call.until(lambda: call.dropped("stun_forged") == 1)
        assert a.tx is not None
        thief.send_raw(a.tx.protect(a.packet(b"stolen", 9000, 1)))
        await call.until(lambda: call.dropped("unknown_address") == 1)
        await exchange(call, b, a)
        assert thief.raw == []
        # Another leg proves itself from a's address: it is that leg's from then on.
        leg = call.open("c")
        fresh = MediaClient()
        await leg.accept_answer(fresh.answer(leg.offer()))
        fresh.socket = a.socket
        fresh.check()
        plane = call.endpoint.plane
        address = a.socket.transport.get_extra_info("sockname")  # type: ignore[union-attr]
        owner = plane._by_address  # type: ignore[attr-defined]
        await call.until(lambda: owner[address].id == "c")
        assert owner[address].addresses == {address}
        b.speak()
        await call.until(lambda: call.dropped("peer_not_ready") == 1)
        # a proves itself again from a new place, and everything silent expires.
        await a.new_socket()
        await a.reach()
        await exchange(call, b, a)
        for client in call.clients:
            await client.stop_checking()

        def expired() -> bool:  # a check may still be on its way when the clock is first moved
            call.clock.advance(10)
            return not owner

        await call.until(expired)


async def test_trap_06_one_leg_cannot_bind_addresses_without_end() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        for _ in range(20):
            await a.new_socket()
            await a.reach()
        assert len(call.endpoint.plane._by_address) <= 9  # type: ignore[attr-defined]
        await exchange(call, a, b)
        await exchange(call, b, a)


async def test_trap_10_a_stalled_loop_shows_in_the_figures() -> None:
    async with media_call() as call:
        await asyncio.sleep(0.15)
        time.sleep(0.25)
        await call.until(lambda: call.endpoint.stats().loop_lag_p99_ms > 100)


async def test_trap_11_of_two_nominated_addresses_the_one_that_works_is_believed() -> None:
    async with media_call() as call:
        leg = call.open("a")
        client = await call.client()
        await leg.accept_answer(client.answer(leg.offer()))
        working = client.socket
        client.check(priority=100)
        await call.until(lambda: client.answers == 1)
        dead = await client.new_socket()
        dead.datagram_received = lambda data, addr: None  # type: ignore[method-assign]
        client.check(priority=2_000_000_000)  # nominated last, and preferred
        await call.until(lambda: call.endpoint.stats().stun_requests == 2)
        client.socket = working
        await asyncio.wait_for(client.shake_hands(), 5)
        await call.until(lambda: leg.state is LegState.CONNECTED)
        _, b = await call.join("b")
        call.endpoint.feed("a", ["b"])
        call.endpoint.feed("b", ["a"])
        client.speak()
        await b.until_heard(1)
        client.socket = dead
        client.check(priority=2_000_000_000)
        await call.until(lambda: call.endpoint.stats().stun_requests >= 4)
        client.socket = working
        await exchange(call, b, client)


async def test_trap_12_nothing_queues_for_ever() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        for _ in range(300):
            a.send_raw(b"\x17" + os.urandom(60))
        await call.until(lambda: call.dropped("dtls_full") > 0)
        await exchange(call, a, b)
        for leg in list(call.endpoint._legs.values()):
            await leg.close()
        endpoint = call.endpoint
        kept = (endpoint._legs, endpoint._by_ufrag, endpoint._heard, endpoint._listeners)
        assert [len(each) for each in (*kept, endpoint._tasks)] == [0, 0, 0, 0, 0]
        assert not endpoint.plane._by_address  # type: ignore[attr-defined]
