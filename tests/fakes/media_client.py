"""A voice client for tests: answers an offer over a real UDP socket, speaks chosen packets, keeps what it hears.

It does what a browser does (full ICE's controlling side, DTLS client, SRTP), but each step can be
left out, repeated or taken from another address.
"""

import asyncio
import os
import struct
from types import TracebackType
from typing import Self, cast

import pylibsrtp
from aioice import stun
from aiortc import sdp

from server.media import rtcp
from server.media.dtls import DtlsSession, fingerprints, generate_certificate
from server.media.packets import DatagramKind, RtpHeader, kind_of, rtp_header
from server.media.plane import SrtpKeys

FRAME = 960
SILENCE = b"\xf8\xff\xfe"
"""One Opus frame of silence, 20 ms."""


class Received:
    """One decrypted RTP packet as it arrived."""

    def __init__(self, header: RtpHeader, payload: bytes, raw: bytes) -> None:
        self.header = header
        self.payload = payload
        self.raw = raw


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, client: "MediaClient") -> None:
        self.client = client
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.client.take(self, data)


class MediaClient:
    """Use as `async with MediaClient() as client`, then `answer(offer)` and `connect()`."""

    def __init__(self, ssrc: int = 0, *, silent_checks: bool = False) -> None:
        self.ssrc = ssrc or int.from_bytes(os.urandom(4), "big") | 1
        self.sequence = 1000
        self.timestamp = 48_000
        self.heard: list[Received] = []
        self.raw: list[bytes] = []
        """RTP datagrams as they came, still encrypted."""
        self.reports: list[rtcp.Packet] = []
        self.byes = 0
        self.answers = 0
        """STUN successes received."""
        self.keep_checking = not silent_checks
        self.certificate = generate_certificate()
        self.server: tuple[str, int] = ("", 0)
        self._offer_ufrag = self._offer_password = ""
        self._ufrag = os.urandom(4).hex()
        self._password = os.urandom(16).hex()
        self._server_prints: tuple[tuple[str, str], ...] = ()
        self.socket: _Socket | None = None
        self._sockets: list[_Socket] = []
        self._dtls: DtlsSession | None = None
        self.rx: pylibsrtp.Session | None = None
        self.tx: pylibsrtp.Session | None = None
        self._changed = asyncio.Event()
        self._checker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.new_socket()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self, *, politely: bool = True) -> None:
        """Leave; without politeness no close_notify is sent, as when the network is gone."""
        await self.stop_checking()
        if not politely:
            self.cut()
        if self._dtls is not None:
            await self._dtls.close()
        self.cut()

    def cut(self) -> None:
        """Lose the network: every socket is gone."""
        for sock in self._sockets:
            if sock.transport is not None:
                sock.transport.close()
        self._sockets.clear()
        self.socket = None

    async def new_socket(self) -> _Socket:
        """Another local address, used from now on; the earlier ones still receive."""
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(
            lambda: _Socket(self), local_addr=("127.0.0.1", 0)
        )
        self.socket = protocol
        self._sockets.append(protocol)
        return protocol

    # ---- signalling

    def answer(self, offer: str, *, setup: str = "active") -> str:
        """Take an offer (also a restart's); returns the answer."""
        description = sdp.SessionDescription.parse(offer)
        media = description.media[0]
        assert media.ice is not None
        assert media.dtls is not None
        self._offer_ufrag = media.ice.usernameFragment or ""
        self._offer_password = media.ice.password or ""
        self._server_prints = tuple((p.algorithm, p.value) for p in media.dtls.fingerprints)
        candidate = media.ice_candidates[0]
        self.server = (candidate.ip, candidate.port)
        prints = fingerprints(self.certificate)
        self._as_client = setup == "active"
        return "\r\n".join(
            [
                "v=0",
                "o=- 1 1 IN IP4 127.0.0.1",
                "s=-",
                "t=0 0",
                "a=group:BUNDLE 0",
                "m=audio 9 UDP/TLS/RTP/SAVPF 111",
                "c=IN IP4 0.0.0.0",
                "a=mid:0",
                "a=sendrecv",
                "a=rtcp-mux",
                "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                "a=rtpmap:111 opus/48000/2",
                "a=fmtp:111 minptime=10;useinbandfec=1",
                f"a=ice-ufrag:{self._ufrag}",
                f"a=ice-pwd:{self._password}",
                f"a=fingerprint:{prints[0][0]} {prints[0][1]}",
                f"a=setup:{setup}",
                "",
            ]
        )

    def restart(self) -> None:
        """New ICE credentials of our own, for the answer to a restart."""
        self._ufrag = os.urandom(4).hex()
        self._password = os.urandom(16).hex()

    # ---- coming up

    async def connect(self) -> None:
        """STUN until answered, then DTLS, then SRTP; keeps checking each second afterwards."""
        await self.reach()
        await self.shake_hands()

    async def reach(self) -> None:
        """Check until the server answers."""
        before = self.answers
        while self.answers == before:
            self.check()
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), 0.2)
            except TimeoutError:
                continue

    async def shake_hands(self) -> None:
        self._dtls = DtlsSession(self.certificate, self.send_raw)
        self._dtls.transport.found_address()
        keys = await self._dtls.handshake(self._server_prints, as_client=self._as_client)
        self.use_keys(keys)
        if self.keep_checking:
            self._checker = asyncio.get_running_loop().create_task(self._keep_checking())

    def use_keys(self, keys: SrtpKeys) -> None:
        def session(key: bytes, direction: int) -> pylibsrtp.Session:
            policy = pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=keys.profile)
            policy.allow_repeat_tx = True
            return pylibsrtp.Session(policy)

        self.rx = session(keys.receive, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self.tx = session(keys.send, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)

    def binding_request(
        self, *, nominate: bool = True, priority: int = 1_845_501_695, password: str | None = None
    ) -> bytes:
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._offer_ufrag}:{self._ufrag}"
        message.attributes["PRIORITY"] = priority
        message.attributes["ICE-CONTROLLING"] = 1
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((password or self._offer_password).encode())
        return bytes(message)

    def check(self, *, nominate: bool = True, priority: int = 1_845_501_695) -> None:
        """Send one Binding request."""
        self.send_raw(self.binding_request(nominate=nominate, priority=priority))

    async def stop_checking(self) -> None:
        """No request leaves after this."""
        self.keep_checking = False
        if self._checker is not None:
            self._checker.cancel()
            await asyncio.wait([self._checker])

    # ---- media

    def speak(self, payload: bytes = SILENCE, *, level: int = 30, skip: int = 0) -> bytes:
        """Send one voice packet and return it unencrypted; `skip` numbers are lost before it."""
        self.sequence = (self.sequence + 1 + skip) & 0xFFFF
        self.timestamp = (self.timestamp + FRAME * (1 + skip)) & 0xFFFFFFFF
        packet = self.packet(payload, self.sequence, self.timestamp, level=level)
        assert self.tx is not None
        self.send_raw(self.tx.protect(packet))
        return packet

    def packet(
        self, payload: bytes, sequence: int, timestamp: int, *, level: int = 30, kind: int = 111
    ) -> bytes:
        header = struct.pack("!BBHII", 0x90, kind, sequence, timestamp, self.ssrc)
        return header + struct.pack("!HHBBH", 0xBEDE, 1, 0x10, 0x80 | level, 0) + payload

    def send_rtcp(self, packet: bytes) -> None:
        assert self.tx is not None
        self.send_raw(self.tx.protect_rtcp(packet))

    def send_raw(self, datagram: bytes) -> None:
        if self.socket is not None and self.socket.transport is not None:
            self.socket.transport.sendto(datagram, self.server)

    def take(self, sock: _Socket, data: bytes) -> None:
        kind = kind_of(data)
        if kind is DatagramKind.STUN:
            if stun.parse_message(data).message_class == stun.Class.RESPONSE:
                self.answers += 1
        elif kind is DatagramKind.DTLS and self._dtls is not None:
            self._dtls.transport.push(data)
        elif kind is DatagramKind.RTP and self.rx is not None:
            self.raw.append(data)
            packet = self.rx.unprotect(data)
            header = rtp_header(packet)
            assert header is not None
            self.heard.append(Received(header, packet[header.payload_offset :], packet))
        elif kind is DatagramKind.RTCP and self.rx is not None:
            packets = rtcp.parse(self.rx.unprotect_rtcp(data))
            self.reports += packets
            self.byes += sum(isinstance(packet, rtcp.Bye) for packet in packets)
        self._changed.set()

    async def until_heard(self, count: int, timeout: float = 5.0) -> list[Received]:
        """Wait until `count` packets in all have been heard."""
        async with asyncio.timeout(timeout):
            while len(self.heard) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.heard

    async def _keep_checking(self) -> None:
        while self.keep_checking:
            self.check()
            await asyncio.sleep(0.5)
