"""What the recorder was given is on the disk, or the room is told that it is not."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder import files
from recorder.flusher import Flusher
from recorder.format.reader import split_rtp
from recorder.format.records import Kind
from recorder.library import Library
from recorder.member import RecorderMember, RecorderUnavailable
from tests.fakes.recordings import STUDENT, TEACHER, an_info

SESSION = an_info().session
INTERVAL_S = 0.02


class Room:
    """A room's clock, and what the recorder told it."""

    def __init__(self) -> None:
        self.now_us = 0
        self.failures: list[str] = []

    def clock_us(self) -> int:
        return self.now_us


class SlowDisk:
    """The disk, which takes until `ready` for whatever it is given."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.asked = 0

    def write(self, descriptor: int, data: bytes | bytearray) -> None:
        self.asked += 1
        self.ready.wait()
        files.write_through(descriptor, data)


async def opened(
    folder: Path, room: Room, flusher: Flusher, *, max_buffer_bytes: int = 2**20
) -> RecorderMember:
    return await RecorderMember.open(
        folder,
        an_info(),
        room.clock_us,
        flusher,
        on_failed=room.failures.append,
        min_free_bytes=0,
        max_buffer_bytes=max_buffer_bytes,
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_was_said_and_heard_is_on_the_disk_after_the_seal(tmp_path: Path) -> None:
    room = Room()
    library = Library(tmp_path / "not" / "there" / "yet")
    async with Flusher(INTERVAL_S).running() as flusher:
        recorder = await opened(tmp_path / "not" / "there" / "yet", room, flusher)
        recorder.event(1_000, b"first")
        recorder.voice(STUDENT, b"student's packet", 2_000)
        recorder.voice(TEACHER, b"teacher's packet", 3_000)
        recorder.voice("p_stranger", b"nobody's packet", 3_500)
        recorder.event(4_000, b"second")
        room.now_us = 5_000_000
        await recorder.seal("hung_up")

    assert library.events(SESSION) == [b"first", b"second"]
    heard = [
        (record.at_us, *split_rtp(record.payload))
        for record in library.read(SESSION)
        if record.kind is Kind.RTP
    ]
    assert heard == [(2_000, 0, b"student's packet"), (3_000, 1, b"teacher's packet")]
    summary = library.check(SESSION)
    assert (summary.sealed, summary.damaged, summary.duration_ms) == (True, False, 5_000)
    assert summary.seal is not None
    assert (summary.seal.reason, summary.seal.events, summary.seal.packets) == ("hung_up", 2, 2)
    assert recorder.ignored == 1
    assert room.failures == []


async def test_records_reach_the_disk_while_the_session_runs(tmp_path: Path) -> None:
    room = Room()
    library = Library(tmp_path)
    async with Flusher(INTERVAL_S).running() as flusher:
        recorder = await opened(tmp_path, room, flusher)
        recorder.event(1_000, b"first")
        await until(lambda: library.events(SESSION) == [b"first"])
        assert not library.info(SESSION).sealed
        # A silent room too leaves a trace of until when it was recorded.
        room.now_us = 60_000_000
        await until(lambda: library.info(SESSION).duration_ms == 60_000)
        assert library.last_flush_ms(SESSION) == an_info().opened_unix_ms + 60_000
        await recorder.seal("hung_up")


async def test_a_seal_does_not_wait_for_the_interval(tmp_path: Path) -> None:
    async with Flusher(3600).running() as flusher:
        recorder = await opened(tmp_path, Room(), flusher)
        recorder.event(1, b"kept")
        async with asyncio.timeout(10):
            await recorder.seal("hung_up")
        assert Library(tmp_path).info(SESSION).sealed


async def test_nothing_is_kept_after_the_seal_and_sealing_twice_is_one(tmp_path: Path) -> None:
    async with Flusher(INTERVAL_S).running() as flusher:
        recorder = await opened(tmp_path, Room(), flusher)
        async with asyncio.TaskGroup() as group:
            group.create_task(recorder.seal("hung_up"))
            group.create_task(recorder.seal("time_limit"))
        recorder.event(1, b"too late")
        recorder.voice(STUDENT, b"too late", 1)
        await recorder.seal("hung_up")
    summary = Library(tmp_path).check(SESSION)
    assert Library(tmp_path).events(SESSION) == []
    assert summary.seal is not None
    assert summary.seal.reason == "hung_up"


async def test_a_seal_goes_on_when_whoever_waited_for_it_is_cancelled(tmp_path: Path) -> None:
    disk = SlowDisk()
    async with Flusher(INTERVAL_S, write=disk.write).running() as flusher:
        recorder = await opened(tmp_path, Room(), flusher)
        recorder.event(1, b"kept")
        await until(lambda: disk.asked > 0)
        recorder.event(2, b"kept too")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await recorder.seal("hung_up")
        disk.ready.set()
        await until(lambda: Library(tmp_path).info(SESSION).sealed)
    assert Library(tmp_path).events(SESSION) == [b"kept", b"kept too"]


async def test_lag_is_the_age_of_the_oldest_record_not_on_the_disk(tmp_path: Path) -> None:
    room, disk = Room(), SlowDisk()
    async with Flusher(INTERVAL_S, write=disk.write).running() as flusher:
        recorder = await opened(tmp_path, room, flusher)
        try:
            room.now_us = 1_000_000
            recorder.event(1_000_000, b"under way")
            await until(lambda: disk.asked > 0)
            recorder.event(2_000_000, b"waits")
            assert recorder.lag(3_500_000) >= 2.5
            room.now_us = 3_500_000
        finally:
            disk.ready.set()
        await until(lambda: recorder.lag(3_500_000) == 0)
        assert Library(tmp_path).events(SESSION) == [b"under way", b"waits"]
        await recorder.seal("hung_up")


async def test_a_disk_too_slow_is_told_and_what_waited_is_still_written(tmp_path: Path) -> None:
    room, disk = Room(), SlowDisk()
    async with Flusher(INTERVAL_S, write=disk.write).running() as flusher:
        recorder = await opened(tmp_path, room, flusher, max_buffer_bytes=10_000)
        try:
            await until(lambda: disk.asked > 0)
            for number in range(1_000):
                recorder.voice(STUDENT, bytes(100), number)
            assert room.failures == []  # not inside the packet
            await until(lambda: bool(room.failures))
            assert recorder.lag(5_000_000) > 4
        finally:
            disk.ready.set()
        await recorder.seal("recorder_failed")
    assert room.failures == ["the disk is too slow"]
    assert recorder.failed == "the disk is too slow"
    summary = Library(tmp_path).check(SESSION)
    assert not summary.damaged
    assert summary.seal is not None
    assert 80 < summary.seal.packets < 100


async def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    room = Room()
    async with Flusher(INTERVAL_S).running() as flusher:
        recorder = await opened(tmp_path, room, flusher)
        recorder.event(1, b"kept")
        await recorder.seal("hung_up")
        with pytest.raises(RecorderUnavailable, match="File exists"):
            await opened(tmp_path, room, flusher)
        assert len(flusher) == 0
    assert Library(tmp_path).events(SESSION) == [b"kept"]


async def test_a_folder_that_is_none_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RecorderUnavailable, match="Not a directory") as refused:
        await opened(tmp_path / "file" / "folder", Room(), Flusher())
    assert str(tmp_path) not in refused.value.reason


async def test_a_disk_nearly_full_refuses(tmp_path: Path) -> None:
    with pytest.raises(RecorderUnavailable, match="disk nearly full"):
        await RecorderMember.open(
            tmp_path,
            an_info(),
            Room().clock_us,
            Flusher(),
            on_failed=print,
            min_free_bytes=2**62,
        )
    assert list(tmp_path.iterdir()) == []


def child(folder: Path, *, max_file_bytes: int = 0) -> subprocess.Popen[str]:
    """Start a process that records 200 packets and 50 events a second, and tells of each event."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.recorder_child", folder, str(max_file_bytes)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_kill_9_costs_at_most_the_last_second(tmp_path: Path) -> None:
    with child(tmp_path) as process:
        assert process.stdout is not None
        told_us = 0
        for line in process.stdout:
            told_us = int(line)
            if told_us > 2_700_000:
                break
        process.send_signal(signal.SIGKILL)
        told_us = max([told_us, *map(int, process.stdout.read().split())])
    assert process.returncode == -signal.SIGKILL

    summary = Library(tmp_path).check(SESSION)
    # A second, and what writing and waking up may take on a busy machine.
    assert summary.last_at_us >= told_us - 1_200_000
    assert not summary.sealed
    events = [int(payload) for payload in Library(tmp_path).events(SESSION)]
    assert len(events) > 50
    assert events == sorted(events)


def test_a_disk_that_fills_up_is_told_at_once_and_keeps_what_was_written(tmp_path: Path) -> None:
    """The kernel refuses to let the file grow past a limit, as a full disk does."""
    with child(tmp_path, max_file_bytes=50_000) as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    assert process.returncode == 3
    assert lines[-1] == "failed: File too large"
    assert sum(line.startswith("failed") for line in lines) == 1
    events = [int(payload) for payload in Library(tmp_path).events(SESSION)]
    assert events == [int(line) for line in lines[: len(events)]]
    assert events
    assert not Library(tmp_path).info(SESSION).sealed


def test_a_disk_that_is_full_refuses(tmp_path: Path) -> None:
    with child(tmp_path, max_file_bytes=10) as process:
        assert process.stdout is not None
        assert process.stdout.read() == "unavailable: File too large\n"
    assert process.returncode == 4
    assert list(tmp_path.iterdir()) == []
