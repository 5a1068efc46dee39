"""Recordings made in a test: invented sounds as real Opus in RTP, over a network with a pattern."""

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import av
import msgspec
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from recorder.format.records import (
    Kind,
    Mark,
    RecordedMember,
    RecordingInfo,
    Sealed,
    VoiceDeclared,
)
from recorder.format.writer import encode_header, encode_record, encode_rtp

RATE = 48_000
FRAME = 960
STUDENT, TEACHER = "p_student", "p_teacher"
Sound = NDArray[np.int16]


class Arrival(NamedTuple):
    """One RTP packet, and when it reached the server, microseconds since the room opened."""

    at_us: int
    member: str
    packet: bytes


def an_info(session: str = "s_test") -> RecordingInfo:
    """Return the head of a recording of two invented people."""
    return RecordingInfo(
        session=session,
        opened_unix_ms=1_700_000_000_000,
        subject="mathematics",
        members=[
            RecordedMember(member=STUDENT, role="student"),
            RecordedMember(member=TEACHER, role="teacher"),
        ],
    )


def babble(seconds: float, seed: int) -> Sound:
    """Return something with the spectrum and the syllables of speech, and never twice the same."""
    dice = np.random.default_rng(seed)
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(dice.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz < 200) | (hertz > 3000)] = 0
    voice = np.fft.irfft(spectrum, count)
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * np.arange(count) / RATE + seed)
    voice *= syllables / np.abs(voice).max()
    return (voice * 20_000).astype(np.int16)


def opus(sound: Sound) -> list[bytes]:
    """Return the sound as Opus packets of 20 ms."""
    encoder = AudioCodecContext.create("libopus", "w")
    encoder.sample_rate = RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = 48_000
    packets: list[bytes] = []
    for start in range(0, len(sound) - FRAME + 1, FRAME):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + FRAME], "s16", "mono")
        frame.sample_rate = RATE
        frame.pts = start
        frame.time_base = Fraction(1, RATE)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def rtp(
    payload: bytes, sequence: int, timestamp: int, ssrc: int, *, payload_type: int = 111
) -> bytes:
    """Return an RTP packet with a header extension, as browsers send them."""
    extension = struct.pack(">HHI", 0xBEDE, 1, 0x10FF0000)
    fixed = struct.pack(
        ">BBHII", 0x90, payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc
    )
    return fixed + extension + payload


def send(
    member: str,
    packets: Iterable[bytes],
    *,
    start_s: float = 0.0,
    ssrc: int = 0x1234,
    timestamp: int = 777,
    sequence: int = 55,
    ppm: float = 0.0,
) -> Iterator[Arrival]:
    """Yield packets arriving as they are spoken. `ppm` is how much the sender's clock is slow."""
    for number, payload in enumerate(packets):
        spoken_s = number * FRAME / RATE * (1 + ppm / 1e6)
        yield Arrival(
            int((start_s + spoken_s) * 1e6),
            member,
            rtp(payload, sequence + number, timestamp + number * FRAME, ssrc),
        )


def repeat(packets: list[bytes], seconds: float) -> Iterator[bytes]:
    """Yield the packets over and over until they last so long."""
    return islice(cycle(packets), int(seconds * RATE / FRAME))


def write_recording(
    path: Path, arrivals: Iterable[Arrival], *, seconds: float, info: RecordingInfo | None = None
) -> Path:
    """Write arrivals, in order of their times, as a sealed recording of that length."""
    info = info or an_info()
    numbers = {member.member: number for number, member in enumerate(info.members)}
    parts = [encode_header(info)]
    for member, number in numbers.items():
        parts.append(_record(Kind.VOICE_DECLARED, 0, VoiceDeclared(voice=number, member=member)))
    for second, arrival in enumerate(sorted(arrivals, key=lambda arrival: arrival.at_us)):
        parts.append(encode_rtp(numbers[arrival.member], arrival.at_us, arrival.packet))
        if second % 100 == 0:
            parts.append(_record(Kind.MARK, arrival.at_us, Mark(flushes=second // 100)))
    seal = Sealed(reason="hung_up", events=0, packets=0, voices=[STUDENT, TEACHER])
    parts.append(_record(Kind.SEALED, int(seconds * 1e6), seal))
    path.write_bytes(b"".join(parts))
    return path


def listen(path: Path) -> NDArray[np.float64]:
    """Return the two channels of a rendered file."""
    with av.open(path) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1).astype(np.float64)


def _record(kind: Kind, at_us: int, payload: msgspec.Struct) -> bytes:
    return encode_record(kind, at_us, msgspec.msgpack.encode(payload))
