"""One flusher puts many recordings on the disk, and the trouble of one is not that of the others."""

import asyncio
import os
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from recorder import files
from recorder.flusher import Flusher
from recorder.library import Library
from recorder.member import RecorderMember
from tests.fakes.recordings import STUDENT, TEACHER, an_info

SESSIONS = [f"s_{number}" for number in range(100)]


class Rooms:
    """Sessions recorded at once, and what their rooms were told."""

    def __init__(self) -> None:
        self.recorders: dict[str, RecorderMember] = {}
        self.failures: list[tuple[str, str]] = []

    async def open(self, folder: Path, flusher: Flusher, sessions: list[str]) -> None:
        for session in sessions:
            self.recorders[session] = await RecorderMember.open(
                folder,
                an_info(session),
                lambda: 1_000_000,
                flusher,
                on_failed=partial(self._failed, session),
                min_free_bytes=0,
            )

    def _failed(self, session: str, reason: str) -> None:
        self.failures.append((session, reason))

    def happen(self, payload: bytes) -> None:
        """The same event, and a packet of each voice, in every room."""
        for recorder in self.recorders.values():
            recorder.event(1_000_000, payload)
            recorder.voice(STUDENT, bytes(120), 1_000_000)
            recorder.voice(TEACHER, bytes(120), 1_000_000)

    async def seal(self) -> None:
        async with asyncio.TaskGroup() as group:
            for recorder in self.recorders.values():
                group.create_task(recorder.seal("hung_up"))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def all_end_with(library: Library, sessions: list[str], payload: bytes) -> bool:
    return all(library.events(session)[-1:] == [payload] for session in sessions)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Make the kernel refuse longer files, as a full disk does (EFBIG, setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def descriptors() -> Counter[str]:
    """Return what files under which names this process holds open."""
    links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))
    return Counter(os.readlink(link) for link in links if link.is_symlink())


def recorder_threads() -> int:
    return sum(thread.name.startswith("recorder") for thread in threading.enumerate())


async def test_a_hundred_recordings_go_on_when_one_of_them_cannot_be_written(
    tmp_path: Path,
) -> None:
    before, rooms, library = descriptors(), Rooms(), Library(tmp_path)
    bad, good = SESSIONS[37], [*SESSIONS[:37], *SESSIONS[38:]]
    async with Flusher(0.02).running() as flusher:
        await rooms.open(tmp_path, flusher, SESSIONS)
        rooms.happen(b"first")
        await until(lambda: all(library.events(s) == [b"first"] for s in SESSIONS))
        with files_no_longer_than(1_000_000):
            rooms.recorders[bad].voice(STUDENT, bytes(1_000_000), 1_000_000)
            await until(lambda: bool(rooms.failures))
            rooms.happen(b"second")
            await until(lambda: all(library.events(s)[1:] == [b"second"] for s in good))
            assert not any(bad in Path(name).stem.split() for name in descriptors() - before)
        rooms.happen(b"third")
        await rooms.seal()
        assert len(flusher) == 0
    assert rooms.failures == [(bad, "File too large")]
    assert rooms.recorders[bad].failed == "File too large"
    for session in good:
        assert library.events(session) == [b"first", b"second", b"third"]
        summary = library.check(session)
        assert summary.seal is not None
        assert (summary.damaged, summary.seal.events, summary.seal.packets) == (False, 3, 6)
    # Nothing is retried: it ends in the middle of the record that did not fit.
    assert library.events(bad) == [b"first"]
    assert not library.info(bad).sealed


async def test_a_file_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    rooms, library, ready = Rooms(), Library(tmp_path), threading.Event()

    def write(descriptor: int, data: bytes | bytearray) -> None:
        if descriptor == rooms.recorders[SESSIONS[0]].descriptor:
            ready.wait()
        files.write_through(descriptor, data)

    others = SESSIONS[1:20]
    async with Flusher(0.02, write=write).running() as flusher:
        await rooms.open(tmp_path, flusher, SESSIONS[:1])
        await rooms.open(tmp_path, flusher, others)
        try:
            for payload in (b"first", b"second", b"third"):
                rooms.happen(payload)
                await until(partial(all_end_with, library, others, payload))
            await until(lambda: all(rooms.recorders[s].lag(9_000_000) == 0 for s in others))
            assert rooms.recorders[SESSIONS[0]].lag(9_000_000) >= 8
            for session in others:
                async with asyncio.timeout(10):
                    await rooms.recorders[session].seal("hung_up")
            assert library.events(SESSIONS[0]) == []
        finally:
            ready.set()
        await rooms.seal()
    assert library.events(SESSIONS[0]) == [b"first", b"second", b"third"]
    assert rooms.failures == []


async def test_what_waited_for_a_slow_write_is_not_left_for_another_interval(
    tmp_path: Path,
) -> None:
    """Else a crash could cost two intervals."""
    rooms, library, ready = Rooms(), Library(tmp_path), threading.Event()
    writes: list[float] = []

    def write(descriptor: int, data: bytes | bytearray) -> None:
        writes.append(time.monotonic())
        if len(writes) == 1:
            ready.wait()
        files.write_through(descriptor, data)

    async with Flusher(1.0, write=write).running() as flusher:
        await rooms.open(tmp_path, flusher, SESSIONS[:1])
        try:
            rooms.happen(b"first")
            await until(lambda: len(writes) == 1)
            rooms.happen(b"second")
            await asyncio.sleep(1.2)  # the second's turn comes and goes
        finally:
            ready.set()
        released = time.monotonic()
        await until(lambda: library.events(SESSIONS[0]) == [b"first", b"second"])
        assert writes[1] - released < 0.5
        await rooms.seal()


async def test_leaving_writes_what_nobody_sealed_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before, rooms, library = descriptors(), Rooms(), Library(tmp_path)
    async with Flusher(3600).running() as flusher:
        await rooms.open(tmp_path, flusher, SESSIONS[:10])
        rooms.happen(b"kept")
    assert recorder_threads() == 0
    assert sum((descriptors() - before).values()) == 0
    for session in SESSIONS[:10]:
        assert library.events(session) == [b"kept"]
        assert not library.info(session).sealed
        async with asyncio.timeout(10):
            await rooms.recorders[session].seal("hung_up")


async def test_the_loop_is_not_held_up_by_a_hundred_recordings(tmp_path: Path) -> None:
    """CPU, not time: another process may take the core."""
    rooms = Rooms()
    turns: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            turns.append(time.thread_time() - before)

    async with Flusher(0.1).running() as flusher:
        await rooms.open(tmp_path, flusher, SESSIONS)
        watching = asyncio.get_running_loop().create_task(watch())
        for number in range(5):
            rooms.happen(b"%d" % number)
            await until(lambda: all(r.lag(9_000_000) == 0 for r in rooms.recorders.values()))
        watching.cancel()
        await rooms.seal()
    turns.sort()
    assert turns[-5] < 0.002
