"""The load of bench/relay.py: N calls' worth of browsers, in a process of its own so that its CPU is not counted.

Every side has its own UDP socket, does ICE and DTLS for real, then sends a 20 ms Opus packet (80
bytes, voice level included) fifty times a second, a Binding request each 2.5 s and a receiver report
each 5 s. Delays are taken from just before `sendto` to the kernel's receive time stamp, so that the
load's own reading is not counted. A lost packet is one that was sent and never came.
"""

import argparse
import asyncio
import json
import os
import select
import socket
import struct
import time
from typing import Any

import pylibsrtp
from aioice import stun
from aiortc import sdp

from server.media import rtcp
from server.media.dtls import DtlsSession, fingerprints, generate_certificate
from server.media.packets import DatagramKind, kind_of

SO_TIMESTAMPNS = 35
PAYLOAD = 80
PERIOD_NS = 20_000_000
HOST = "127.0.0.1"


class Side:
    """One browser: its socket, keys and what it counted."""

    def __init__(self, call: int, side: int, host: str) -> None:
        self.call, self.side = call, side
        self.peer: Side
        self.ssrc = call * 2 + side + 1
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind((host, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.server: tuple[str, int] = ("", 0)
        self.ufrag, self.password = os.urandom(4).hex(), os.urandom(16).hex()
        self.certificate = generate_certificate()
        self.reachable = asyncio.Event()
        self.dtls = DtlsSession(self.certificate, lambda data: self.send(data))
        self.sequence = 1
        self.sent_at: dict[int, int] = {}
        self.sent = self.received = 0
        self.check = b""

    def send(self, data: bytes) -> None:
        self.sock.sendto(data, self.server)

    def answer(self, offer: str) -> str:
        description = sdp.SessionDescription.parse(offer)
        media = description.media[0]
        assert media.ice is not None
        assert media.dtls is not None
        self.prints = tuple((p.algorithm, p.value) for p in media.dtls.fingerprints)
        codec = next(c for c in media.rtp.codecs if c.mimeType.lower() == "audio/opus")
        self.payload_type = codec.payloadType
        self.lite = media.ice.iceLite
        candidate = next(c for c in media.ice_candidates if ":" not in c.ip)
        self.server = candidate.ip, candidate.port
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{media.ice.usernameFragment}:{self.ufrag}"
        message.attributes["PRIORITY"] = 1_845_501_695
        if self.lite:
            message.attributes["ICE-CONTROLLING"] = 1
            message.attributes["USE-CANDIDATE"] = None
        else:
            message.attributes["ICE-CONTROLLED"] = 1
        message.add_message_integrity((media.ice.password or "").encode())
        self.check = bytes(message)
        own = fingerprints(self.certificate)[0]
        host, port = self.sock.getsockname()
        direction = "sendrecv" if media.direction == "sendrecv" else "sendonly"
        return "\r\n".join(
            [
                *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0"),
                "a=msid-semantic:WMS *",
                f"m=audio 9 UDP/TLS/RTP/SAVPF {self.payload_type}",
                *("c=IN IP4 0.0.0.0", f"a=mid:{media.rtp.muxId}", f"a={direction}", "a=rtcp-mux"),
                "a=rtcp:9 IN IP4 0.0.0.0",
                f"a=rtpmap:{self.payload_type} opus/48000/2",
                f"a=ssrc:{self.ssrc} cname:load",
                f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
                "a=end-of-candidates",
                *(f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}"),
                f"a=fingerprint:{own[0]} {own[1]}",
                "a=setup:active",
                "",
            ]
        )

    def readable(self) -> None:
        """During set-up only."""
        while True:
            try:
                data, address = self.sock.recvfrom(2048)
            except BlockingIOError:
                return
            if kind_of(data) is DatagramKind.STUN:
                self.took_stun(data, address)
            elif kind_of(data) is DatagramKind.DTLS:
                self.dtls.transport.push(data)

    def took_stun(self, data: bytes, address: tuple[str, int]) -> None:
        message = stun.parse_message(data)
        if message.message_class == stun.Class.REQUEST:
            reply = stun.Message(
                message_method=stun.Method.BINDING,
                message_class=stun.Class.RESPONSE,
                transaction_id=message.transaction_id,
            )
            reply.attributes["XOR-MAPPED-ADDRESS"] = address
            reply.add_message_integrity(self.password.encode())
            self.sock.sendto(bytes(reply), address)
            if not self.lite and "USE-CANDIDATE" in message.attributes:
                self.server = address
                self.reachable.set()
        elif message.message_class == stun.Class.RESPONSE and self.lite:
            self.reachable.set()

    async def come_up(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self.sock.fileno(), self.readable)
        while not self.reachable.is_set():
            self.send(self.check)
            try:
                await asyncio.wait_for(self.reachable.wait(), 0.3)
            except TimeoutError:
                continue
        self.dtls.transport.found_address()
        keys = await self.dtls.handshake(self.prints, as_client=True)
        policy = pylibsrtp.Policy(
            key=keys.send, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=keys.profile
        )
        self.srtp = pylibsrtp.Session(policy)
        loop.remove_reader(self.sock.fileno())

    def speak(self) -> None:
        self.sequence = (self.sequence + 1) & 0xFFFF
        stamp = (self.sequence * 960) & 0xFFFFFFFF
        packet = struct.pack("!BBHII", 0x90, self.payload_type, self.sequence, stamp, self.ssrc)
        packet += b"\xbe\xde\x00\x01\x10\xa0\x00\x00" + VOICE
        wire = self.srtp.protect(packet)
        self.sent_at[self.sequence] = time.time_ns()
        self.sock.sendto(wire, self.server)
        self.sent += 1

    def report(self) -> None:
        block = rtcp.Block(1, 0, 0, self.sequence, 10, 0, 0)
        self.send(
            self.srtp.protect_rtcp(
                rtcp.build_receiver_report(rtcp.ReceiverReport(self.ssrc, (block,)))
            )
        )

    def listen(self, delays: list[int]) -> None:
        """Everything that waits on the socket."""
        while True:
            try:
                data, ancillary, _, address = self.sock.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if data[0] < 4:
                self.took_stun(data, address)
            elif data[0] >= 128 and not 192 <= data[1] <= 223:
                self.received += 1
                sent = self.peer.sent_at.pop(data[2] << 8 | data[3], None)
                if sent is not None:
                    seconds, nanoseconds = struct.unpack_from("qq", ancillary[0][2])
                    delays.append(seconds * 1_000_000_000 + nanoseconds - sent)


VOICE = b"\xf8" + os.urandom(
    PAYLOAD - 1
)  # the head of a 20 ms mono CELT frame (RFC 6716 section 3.1)


def run(sides: list[Side], seconds: float) -> tuple[list[int], float]:
    """Send and receive for so long; returns delays (ns) and how late the load itself ever sent (ms)."""
    delays: list[int] = []
    epoll = select.epoll()
    by_descriptor = {side.sock.fileno(): side for side in sides}
    for descriptor in by_descriptor:
        epoll.register(descriptor, select.EPOLLIN)
    start = time.monotonic_ns() + 1_000_000
    end = start + int(seconds * 1e9)
    count, index, late = len(sides), 0, 0
    while True:
        due = start + index * PERIOD_NS // count
        now = time.monotonic_ns()
        if now >= end:
            break
        while due <= now:
            late = max(late, now - due)
            side = sides[index % count]
            side.speak()
            turn = index // count + index % count
            if turn % 125 == 0:
                side.send(side.check)
            if turn % 250 == 100:
                side.report()
            index += 1
            due = start + index * PERIOD_NS // count
        for descriptor, _ in epoll.poll(max(0.0, (due - time.monotonic_ns()) / 1e9)):
            by_descriptor[descriptor].listen(delays)
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        for descriptor, _ in epoll.poll(0.05):
            by_descriptor[descriptor].listen(delays)
    epoll.close()
    return delays, late / 1e6


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, **request: Any
) -> dict[str, Any]:
    writer.write(json.dumps(request).encode() + b"\n")
    line = await reader.readline()
    reply: dict[str, Any] = json.loads(line)
    return reply


async def bring_up(port: int, calls: int, host: str) -> tuple[list[Side], float]:
    reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 20)
    sides = []
    for call in range(calls):
        pair = [Side(call, 0, host), Side(call, 1, host)]
        pair[0].peer, pair[1].peer = pair[1], pair[0]
        offers = [await ask(reader, writer, op="open", call=call, side=s.side) for s in pair]
        for side, offer in zip(pair, offers, strict=True):
            text = side.answer(offer["sdp"])
            await ask(reader, writer, op="answer", call=call, side=side.side, sdp=text)
        await asyncio.wait_for(asyncio.gather(*(side.come_up() for side in pair)), 20)
        sides += pair
    global control
    control = reader, writer
    return sides, 0.0


control: tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def work(port: int, calls: int, seconds: float, host: str) -> None:
    sides, _ = await bring_up(port, calls, host)
    run(sides, 2.0)  # warm up: caches, jitter buffers, first reports
    for side in sides:
        side.sent = side.received = 0
        side.sent_at.clear()
    await ask(*control, op="begin")
    delays, late = run(sides, seconds)
    server = await ask(*control, op="end")
    control[1].close()
    ordered = sorted(delays)
    result = {
        "sent": sum(side.sent for side in sides),
        "received": sum(side.received for side in sides),
        "delay_p50_ms": ordered[len(ordered) // 2] / 1e6 if ordered else None,
        "delay_p99_ms": ordered[int(len(ordered) * 0.99)] / 1e6 if ordered else None,
        "load_late_ms": late,
        **server,
    }
    print(json.dumps(result), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--host", default=HOST)
    arguments = parser.parse_args()
    asyncio.run(work(arguments.port, arguments.calls, arguments.seconds, arguments.host))


if __name__ == "__main__":
    main()
