"""The recorder's health: whether the disk has room."""

from pathlib import Path

import pytest

from recorder import part
from recorder.part import disk_check


@pytest.mark.parametrize(
    ("free", "least", "well"), [(0, 0, False), (1, 0, True), (9, 10, False), (10, 10, True)]
)
async def test_a_disk_is_well_while_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, least: int, well: bool
) -> None:
    monkeypatch.setattr(part, "_free_bytes", lambda _folder: free)
    assert await disk_check(tmp_path, least)() is well
