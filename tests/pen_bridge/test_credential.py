"""The kept pairing: private, whole or not there, and never in a text."""

import stat
from pathlib import Path

import pytest

from pen_bridge.addresses import Server
from pen_bridge.credential import BadCredential, Credential, load, load_token, new_pen_id, save

PAIRED = Credential(server="http://127.0.0.1:1", pen="p-1", token="secret", teacher_name="Wen Yu")


def test_it_comes_back_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert load(folder) is None
    path = save(folder, PAIRED)
    assert load(folder) == PAIRED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_new_pairing_takes_the_place_of_the_old_and_leaves_nothing_else(tmp_path: Path) -> None:
    save(tmp_path, PAIRED)
    other = Credential(server="https://b", pen="p-2", token="other", teacher_name="Lin")
    path = save(tmp_path, other)
    assert load(tmp_path) == other
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("junk", [b"", b"{", b"{}", b"\xff\xfe", b'{"server": 1}'])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, junk: bytes) -> None:
    save(tmp_path, PAIRED).write_bytes(junk)
    with pytest.raises(BadCredential, match="pair the pen again"):
        load(tmp_path)


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadCredential, match="cannot be written"):
        save(tmp_path / "file", PAIRED)


def test_a_token_may_stand_alone_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("secret\n")
    known = load_token(path, Server("http://127.0.0.1:1"), "p-1")
    assert (known.token, known.pen, known.server) == ("secret", "p-1", "http://127.0.0.1:1")
    for bad in ("", "x" * 5000):
        path.write_text(bad)
        with pytest.raises(BadCredential) as failed:
            load_token(path, Server("http://127.0.0.1:1"), "p-1")
        assert "xxx" not in str(failed.value)
    path.unlink()
    with pytest.raises(BadCredential, match="cannot be read"):
        load_token(path, Server("http://127.0.0.1:1"), "p-1")


def test_pens_without_an_id_get_one_each() -> None:
    assert new_pen_id() != new_pen_id()
