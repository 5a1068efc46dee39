"""The raw log: what came is there again, byte for byte, and never more than the bound."""

import stat
from pathlib import Path
from typing import cast

import pytest

from pen_bridge.clock import Clock
from pen_bridge.rawlog import RawLog
from tests.fakes.clock import FakeClock


def open_log(path: Path, clock: FakeClock | None = None, **options: int) -> RawLog:
    return RawLog(path, cast("Clock", clock or FakeClock()), **options)


def test_what_came_is_there_with_its_time(tmp_path: Path) -> None:
    clock = FakeClock(100.0)
    log = open_log(tmp_path / "raw", clock)
    log.keep("out", b"\xc0\x01")
    clock.advance(1.5)
    log.keep("in", b"")
    log.close()
    lines = (tmp_path / "raw").read_text().splitlines()
    assert lines == ["# inkcall raw log 1", "0\tout\tc001", "1500\tin\t"]
    assert stat.S_IMODE((tmp_path / "raw").stat().st_mode) == 0o600


def test_it_keeps_the_newest_within_its_bound(tmp_path: Path) -> None:
    log = open_log(tmp_path / "raw", limit_bytes=4000)
    for number in range(2000):
        log.keep("in", number.to_bytes(2))
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["raw", "raw.1"]
    assert sum(file.stat().st_size for file in files) <= 4000
    kept = [line for file in reversed(files) for line in file.read_text().splitlines()]
    numbers = [int(line.split("\t")[2], 16) for line in kept if not line.startswith("#")]
    assert numbers == list(range(numbers[0], 2000))
    assert len(numbers) > 100


def test_a_second_run_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for byte in (b"\x01", b"\x02"):
        log = open_log(tmp_path / "raw")
        log.keep("in", byte)
        log.close()
    assert (tmp_path / "raw").read_text().count("\tin\t") == 2


def test_a_full_disk_is_told_and_stops_nothing() -> None:
    log = open_log(Path("/dev/full"))
    for _ in range(3000):
        log.keep("in", b"\x00" * 20)
    log.close()
    assert "space" in log.failed


def test_a_path_that_cannot_be_opened_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Is a directory"):
        open_log(tmp_path)
