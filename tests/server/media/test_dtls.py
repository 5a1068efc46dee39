"""The glue to aiortc: its private names, and handshakes without a socket."""

import asyncio

import pylibsrtp
import pytest
from aiortc.rtcdtlstransport import RTCDtlsTransport

from server.media import dtls
from server.media.dtls import DatagramTransport, DtlsFailed, DtlsSession


async def test_trap_09_every_private_name_we_lean_on_is_there() -> None:
    assert dtls.missing_names() == []


async def test_trap_09_a_name_that_moved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(RTCDtlsTransport, "_set_role")
    monkeypatch.delattr(pylibsrtp, "Error")
    assert dtls.missing_names() == ["RTCDtlsTransport._set_role", "pylibsrtp.Error"]


def sessions() -> tuple[DtlsSession, DtlsSession]:
    """A client and a server, joined by their transports."""
    client = DtlsSession(dtls.generate_certificate(), lambda data: join(1, data))
    server = DtlsSession(dtls.generate_certificate(), lambda data: join(0, data))

    def join(to: int, data: bytes) -> None:
        (client, server)[to].transport.push(data)

    for session in (client, server):
        session.transport.found_address()
    return client, server


def prints(session: DtlsSession) -> tuple[tuple[str, str], ...]:
    return tuple((p.algorithm, p.value) for p in session._dtls.getLocalParameters().fingerprints)


async def test_both_ends_find_the_same_keys() -> None:
    client, server = sessions()
    ours, theirs = await asyncio.wait_for(
        asyncio.gather(
            client.handshake(prints(server), as_client=True),
            server.handshake(prints(client), as_client=False),
        ),
        5,
    )
    assert (ours.send, ours.receive) == (theirs.receive, theirs.send)
    assert ours.profile == theirs.profile
    await client.close()
    await asyncio.wait_for(server.wait_ended(), 5)
    await server.close()
    await server.close()


async def test_a_wrong_fingerprint_fails() -> None:
    client, server = sessions()
    outcome = await asyncio.wait_for(
        asyncio.gather(
            client.handshake(prints(server), as_client=True),
            server.handshake((("sha-256", "00:11"),), as_client=False),
            return_exceptions=True,
        ),
        5,
    )
    assert isinstance(outcome[1], DtlsFailed)
    await client.close()
    await server.close()


async def test_trap_01_every_start_waits_for_the_address() -> None:
    transport = DatagramTransport(lambda _: None)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(transport.start())
        second = group.create_task(transport.start())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not first.done()
        assert not second.done()
        transport.found_address()


async def test_closing_ends_a_handshake_that_waits() -> None:
    session = DtlsSession(dtls.generate_certificate(), lambda _: None)
    waiting = asyncio.gather(session.handshake((("sha-256", "00"),), as_client=False))
    await asyncio.sleep(0)
    await session.close()
    with pytest.raises(DtlsFailed):
        await waiting


async def test_trap_12_the_queue_is_bounded() -> None:
    transport = DatagramTransport(lambda _: None)
    taken = [transport.push(b"record") for _ in range(100)]
    assert taken.count(True) == dtls.MAX_QUEUE
    await transport.stop()
    with pytest.raises(ConnectionError):
        await transport._recv()
