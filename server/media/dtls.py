"""The glue to aiortc's DTLS: one handshake over our own transport, and the SRTP keys out of it.

aiortc's `RTCDtlsTransport` is built the ORTC way over an object that only looks like its ICE
transport. Only DTLS records pass through it; media never does. The private names leant on stand in
`PRIVATE_NAMES`, and a contract test says which of them moved after an upgrade.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import aioice.stun
import aiortc.rtcdtlstransport as aiortc_dtls
import pylibsrtp
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from OpenSSL import SSL

from server.media.plane import SrtpKeys

MAX_QUEUE = 32
"""Records waiting for the handshake; a flight is at most six."""

PRIVATE_NAMES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (aiortc_dtls, ("SRTP_PROFILES", "State")),
    (aiortc_dtls.SRTPProtectionProfile, ("get_key_and_salt",)),
    (aiortc_dtls.State, ("CONNECTED", "FAILED", "CLOSED")),
    (RTCDtlsTransport, ("_set_role", "_recv_next", "_write_ssl", "start", "stop", "on")),
    (aioice.stun, ("parse_message", "Message", "Method", "Class")),
    (aioice.stun.Message, ("check_message_integrity", "add_message_integrity")),
    (pylibsrtp, ("Policy", "Session", "Error")),
    (
        pylibsrtp._binding.lib,
        ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"),
    ),
    (pylibsrtp.Policy, ("SSRC_ANY_INBOUND", "SSRC_ANY_OUTBOUND", "window_size", "allow_repeat_tx")),
)
PRIVATE_ATTRIBUTES = ("_role", "_state", "_ssl", "_task", "_transport")
"""Of an RTCDtlsTransport that was just built."""
SRTP_ATTRIBUTES = ("_srtp", "_cdata", "_buffer")
"""Of a pylibsrtp.Session."""


class DtlsFailed(Exception):
    """The handshake cannot succeed: wrong certificate, no common SRTP profile, or refused by the peer."""


def missing_names() -> list[str]:
    """The names we lean on that the installed libraries no longer have."""
    missing = [
        f"{getattr(owner, '__name__', owner)}.{name}"
        for owner, names in PRIVATE_NAMES
        for name in names
        if not hasattr(owner, name)
    ]
    transport = RTCDtlsTransport(DatagramTransport(lambda _: None), [generate_certificate()])  # type: ignore[arg-type]
    missing += [
        f"RTCDtlsTransport().{name}" for name in PRIVATE_ATTRIBUTES if not hasattr(transport, name)
    ]
    session = pylibsrtp.Session()
    missing += [f"Session().{name}" for name in SRTP_ATTRIBUTES if not hasattr(session, name)]
    return missing


def generate_certificate() -> RTCCertificate:
    """A self-signed ECDSA certificate; one a process is enough (88 us)."""
    return RTCCertificate.generateCertificate()


def fingerprints(certificate: RTCCertificate) -> tuple[tuple[str, str], ...]:
    """(algorithm, hex digest) as the offer names it; SHA-256 alone keeps the offer short."""
    return tuple(
        (print_.algorithm, print_.value)
        for print_ in certificate.getFingerprints()
        if print_.algorithm == "sha-256"
    )


class DatagramTransport:
    """What RTCDtlsTransport takes for an ICE transport: a bounded queue in, a function out."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._deliver = send
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUE)
        self._reachable = asyncio.Event()
        self._stopped = False

    def push(self, datagram: bytes) -> bool:
        """Take a record from the socket; False if the queue is full."""
        try:
            self._queue.put_nowait(datagram)
        except asyncio.QueueFull:
            return False
        return True

    def found_address(self) -> None:
        """The peer proved an address: there is somewhere to send to."""
        self._reachable.set()

    async def start(self, *_parameters: object) -> None:
        """Wait until the peer can be reached. Every caller waits, however often it is called:

        an early return of a second call would start DTLS with no address to send to.
        """
        await self._reachable.wait()
        if self._stopped:
            raise ConnectionError

    async def stop(self) -> None:
        self._stopped = True
        self._reachable.set()
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def _recv(self) -> bytes:
        if self._stopped:
            raise ConnectionError
        datagram = await self._queue.get()
        if datagram is None:
            raise ConnectionError
        return datagram

    async def _send(self, data: bytes) -> None:
        if self._stopped:
            raise ConnectionError
        self._deliver(data)


class DtlsSession:
    """One leg's DTLS association, from handshake to close."""

    def __init__(self, certificate: RTCCertificate, send: Callable[[bytes], None]) -> None:
        self.transport = DatagramTransport(send)
        self._dtls = RTCDtlsTransport(self.transport, [certificate])  # type: ignore[arg-type]
        self._ended = asyncio.Event()
        self._dtls.on("statechange", self._state_changed)

    async def handshake(
        self, fingerprints: tuple[tuple[str, str], ...], *, as_client: bool
    ) -> SrtpKeys:
        """Shake hands with whoever holds the certificate of these fingerprints.

        Waits for the peer's address first, and without limit for the peer: how long a call may take
        to come up is its owner's rule. Raises DtlsFailed.
        """
        try:
            await self.transport.start()
        except ConnectionError as error:
            raise DtlsFailed("stopped") from error
        self._dtls._set_role("client" if as_client else "server")
        await self._dtls.start(
            RTCDtlsParameters(
                fingerprints=[RTCDtlsFingerprint(*pair) for pair in fingerprints],
                role="server" if as_client else "client",
            )
        )
        if self._dtls._state is not aiortc_dtls.State.CONNECTED:
            raise DtlsFailed("handshake failed")
        return self._keys(as_client)

    async def wait_ended(self) -> None:
        """Until the peer has closed the association (close_notify), or we have."""
        await self._ended.wait()

    async def close(self) -> None:
        """Say close_notify and stop aiortc's reader; safe at any moment and more than once."""
        reader = self._dtls._task
        await self._dtls.stop()
        await self.transport.stop()
        if reader is not None:
            await asyncio.wait([reader])
            if not reader.cancelled():
                reader.exception()  # seen; a stopped reader has nothing more to tell

    def _keys(self, as_client: bool) -> SrtpKeys:
        """The SRTP master keys (RFC 5764 section 4.2), as bytes, so that any plane can use them."""
        connection: SSL.Connection | None = self._dtls._ssl
        assert connection is not None
        name = connection.get_selected_srtp_profile()
        profile = next(p for p in aiortc_dtls.SRTP_PROFILES if p.openssl_profile == name)
        material = connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        client, server = (profile.get_key_and_salt(material, index) for index in (0, 1))
        return SrtpKeys(
            profile=profile.libsrtp_profile,
            receive=server if as_client else client,
            send=client if as_client else server,
        )

    def _state_changed(self) -> None:
        if self._dtls._state in (aiortc_dtls.State.CLOSED, aiortc_dtls.State.FAILED):
            self._ended.set()
