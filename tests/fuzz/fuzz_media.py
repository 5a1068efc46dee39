"""Throws seeded junk at a running media endpoint, from strangers and from members of a call.

`python -m tests.fuzz.fuzz_media [seconds] [seed]`; `test_fuzz_media.py` runs a few seconds.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable

from server.media import rtcp
from tests.fakes.media_call import exchange, media_call
from tests.fakes.media_client import MediaClient

SHOTS = 50
"""Datagrams between two looks at whether others still hear each other."""


def _mutate(dice: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        if not changed:
            break
        place = dice.randrange(len(changed))
        match dice.randrange(4):
            case 0:
                changed[place] = dice.randrange(256)
            case 1:
                del changed[place:]
            case 2:
                changed[place:place] = dice.randbytes(dice.randint(1, 8))
            case 3:
                changed[place] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _stun(dice: random.Random, client: MediaClient) -> bytes:
    if dice.random() < 0.5:
        return _mutate(dice, client.binding_request(nominate=dice.random() < 0.5))
    body = b""
    for _ in range(
        dice.randint(0, 6)
    ):  # right framing, wrong attributes: gets past the length check
        kind = dice.choice((0x0006, 0x0008, 0x0009, 0x0020, 0x0024, 0x0025, 0x8028, 0x802A, 0x7777))
        value = dice.randbytes(dice.randint(0, 24))
        body += kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
        body += bytes(-len(value) % 4)
    head = dice.choice((b"\x00\x01", b"\x01\x01", b"\x00\x03", b"\x3e\xef"))
    return head + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + dice.randbytes(12) + body


def _dtls(dice: random.Random, _: MediaClient) -> bytes:
    kind = dice.choice((20, 21, 22, 23, 24, 25, 63))
    body = dice.randbytes(dice.randint(0, 200))
    size = len(body) if dice.random() < 0.7 else dice.randrange(65536)
    return bytes((kind, 0xFE, 0xFD)) + dice.randbytes(8) + size.to_bytes(2, "big") + body


def _rtp(dice: random.Random, client: MediaClient) -> bytes:
    """Authenticated or not: a member may send any RTP it likes under its own keys."""
    packet = bytes((0x80 | dice.randrange(64), dice.choice((111, 239, 0, 127))))
    packet += dice.randbytes(10 + dice.randint(0, 120))
    return _protect(dice, client, packet, control=False)


def _rtcp(dice: random.Random, client: MediaClient) -> bytes:
    packet = rtcp.build_receiver_report(rtcp.ReceiverReport(client.ssrc))
    if dice.random() < 0.5:
        packet = _mutate(dice, packet + rtcp.build_nack(1, 2, (3, 4)))
    else:
        body = dice.randbytes(4 * dice.randint(1, 20))
        kind = dice.choice((200, 201, 203, 205, 206))
        size = (len(body) // 4).to_bytes(2, "big")
        packet = bytes((0x80 | dice.randrange(32), kind)) + size + body
    return _protect(dice, client, packet, control=True)


def _protect(dice: random.Random, client: MediaClient, packet: bytes, *, control: bool) -> bytes:
    if client.tx is None or dice.random() < 0.3:
        return packet
    try:
        return client.tx.protect_rtcp(packet) if control else client.tx.protect(packet)
    except Exception:  # libsrtp will not even encrypt it
        return packet


def _noise(dice: random.Random, _: MediaClient) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 7, 8, 12, 20, 100, 1499, 1500, 1501, 3000)))


MAKERS: tuple[Callable[[random.Random, MediaClient], bytes], ...] = (
    _stun,
    _dtls,
    _rtp,
    _rtcp,
    _noise,
)


async def fuzz(seconds: float, seed: int) -> int:
    """Fuzz for so long; returns how many datagrams were thrown. Raises if a bystander was disturbed."""
    dice = random.Random(seed)
    thrown = 0
    async with media_call() as call:
        bystander, other = await call.talk()
        _, member = await call.join("member")
        call.open("victim")
        call.endpoint.feed("member", ["victim"])
        call.endpoint.feed("victim", ["member"])
        call.endpoint.set_tap("member", lambda tapped: None)
        stranger = await call.client()
        stranger.server = member.server
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(SHOTS):
                maker = dice.choice(MAKERS)
                source = dice.choice((stranger, member))
                source.send_raw(maker(dice, source))
                thrown += 1
            await exchange(call, bystander, other)
            await exchange(call, other, bystander)
            for client in (bystander, other):
                client.heard.clear()
                client.raw.clear()
            call.clock.advance(0.02)
        # The endpoint found nothing that it did not expect, and the bystanders were never interrupted.
        assert call.dropped("internal") == 0, call.endpoint.stats().dropped
        assert [state.value for state in call.states["a"]] == ["connecting", "connected"]
        assert [state.value for state in call.states["b"]] == ["connecting", "connected"]
    return thrown


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big")
    sys.stdout.write(f"seed {chosen}\n")
    sys.stdout.write(f"{asyncio.run(fuzz(length, chosen))} datagrams\n")
