"""What recording costs: a voice packet on the loop, a recording read back, its voices rendered.

    python -m bench.recorder [--rooms 100] [--seconds 20] [--render 1800]

Every room takes a second's worth of two voices (100 packets of 120 bytes) at a time, as fast as
the loop can, while the flushes go to a real disk; then one long recording is read whole, and a
session of `--render` seconds, both sides speaking, is rendered in a process of its own.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recorder.flusher import Flusher
from recorder.format.reader import read
from recorder.format.records import RecordedMember, RecordingInfo
from recorder.member import RecorderMember
from tests.fakes.recordings import (
    STUDENT,
    TEACHER,
    babble,
    opus,
    repeat,
    send,
    write_recording,
)

PACKET = bytes([0x80, 111]) + bytes(118)


def microseconds() -> int:
    return int(time.monotonic() * 1e6)


async def fill(folder: Path, rooms: int, seconds: int, pause: float) -> list[float]:
    """Return microseconds a packet, of every room's every second."""
    async with Flusher().running() as flusher:
        members = [await open_room(folder, number, flusher) for number in range(rooms)]
        costs = []
        for second in range(seconds):
            for recorder in members:
                before = time.perf_counter()
                for at in range(50):
                    recorder.voice("p_1", PACKET, second * 1_000_000 + at * 20_000)
                    recorder.voice("p_2", PACKET, second * 1_000_000 + at * 20_000)
                costs.append((time.perf_counter() - before) * 1e4)
                await asyncio.sleep(0)
            await asyncio.sleep(pause)
        for recorder in members:
            await recorder.seal("bench")
    return costs


async def open_room(folder: Path, number: int, flusher: Flusher) -> RecorderMember:
    return await RecorderMember.open(
        folder,
        RecordingInfo(
            session=f"s_{number}",
            opened_unix_ms=0,
            subject="mathematics",
            members=[
                RecordedMember(member="p_1", role="student"),
                RecordedMember(member="p_2", role="teacher"),
            ],
        ),
        microseconds,
        flusher,
        on_failed=print,
        min_free_bytes=0,
        max_buffer_bytes=1 << 30,
    )


def read_back(path: Path) -> tuple[int, float]:
    """Return the number of records and the microseconds each took to read."""
    before = time.perf_counter()
    with path.open("rb") as file:
        records = sum(1 for _ in read(iter(lambda: file.read(1 << 18), b"")))
    return records, (time.perf_counter() - before) / records * 1e6


def render(folder: Path, seconds: int) -> tuple[float, float]:
    """Return the CPU seconds and the peak megabytes of rendering a session's voices."""
    speech = opus(babble(10, seed=1))
    recording = write_recording(
        folder / "s_voices.inkrec",
        [
            *send(STUDENT, repeat(speech, seconds), ssrc=1),
            *send(TEACHER, repeat(speech, seconds), ssrc=2),
        ],
        seconds=seconds,
    )
    code = (
        "import os, sys; from pathlib import Path; from recorder.voices import main; main();"
        "high = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0];"
        "sys.stderr.write(f'{sum(os.times()[:2])} {int(high) / 1024}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, recording, folder / "voices.ogg"],
        capture_output=True,
        text=True,
        check=True,
    )
    cpu, megabytes = map(float, done.stderr.split())
    return cpu, megabytes


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rooms", type=int, default=100)
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--render", type=int, default=1800)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = sorted(asyncio.run(fill(folder, given.rooms, given.seconds, 0.3)))
        print(
            f"voice packet on the loop: median {statistics.median(costs):.2f} us, "
            f"p99 {costs[len(costs) * 99 // 100]:.2f} us ({len(costs) * 100} packets)"
        )
        asyncio.run(fill(folder / "long", 1, 1800 if given.seconds >= 20 else 60, 0))
        records, each = read_back(folder / "long" / "s_0.inkrec")
        print(f"reading back: {records} records, {each:.2f} us each, {records * each / 1e6:.2f} s")
        cpu, megabytes = render(folder, given.render)
        print(f"rendering {given.render} s of voices: {cpu:.1f} s CPU, peak {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
