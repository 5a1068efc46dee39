"""The mark of a restore: held by one, and no server starts beside it."""

from pathlib import Path

import pytest

from base.errors import Refusal
from base.part import StartError
from server.backup.marker import NAME, marked, marking
from tests.fakes.in_process import quick_config, quick_server


def test_it_stays_unless_it_is_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert marked(data) == ""
    with marking(data) as mark:
        assert mark.before == ""
        mark.write("digest")
    assert marked(data) == "digest"
    with marking(data) as mark:
        assert mark.before == "digest"
        mark.remove()
    assert list(data.iterdir()) == []
    assert data.stat().st_mode & 0o777 == 0o700


def test_two_do_not_restore_at_once(tmp_path: Path) -> None:
    with marking(tmp_path) as mark:
        mark.write("digest")
        with pytest.raises(Refusal, match="another restore"), marking(tmp_path):
            raise AssertionError
        assert marked(tmp_path) == "digest"


async def test_no_server_starts_on_half_a_backup(tmp_path: Path) -> None:
    data = quick_config(tmp_path).data_dir
    data.mkdir()
    (data / NAME).write_text("digest")
    with pytest.raises(StartError, match="half of a backup"):
        async with quick_server(tmp_path):
            raise AssertionError
    assert [path.name for path in data.iterdir()] == [NAME]
