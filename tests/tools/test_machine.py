"""Stamps, hashes, and the sentences that stand in for a traceback."""

import shutil
from pathlib import Path

import pytest

from tools import machine
from tools.machine import (
    Trouble,
    hash_of,
    install_packages,
    is_stamped,
    put_stamp,
    run_logged,
    told,
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setattr(machine, "LOGS", tmp_path / "data/logs")
    return tmp_path


def test_the_hash_changes_with_a_name_a_content_and_a_string(root: Path) -> None:
    one, other = root / "one", root / "other"
    one.write_text("a")
    other.write_text("a")
    before = hash_of([one, "3.11"])

    assert hash_of([one, "3.11"]) == before
    assert hash_of([other, "3.11"]) != before
    assert hash_of([one, "3.12"]) != before
    one.write_text("b")
    assert hash_of([one, "3.11"]) != before


def test_a_stamp_holds_for_one_input_only(root: Path) -> None:
    stamp = root / "deep/stamp"
    assert not is_stamped(stamp, "x")
    put_stamp(stamp, "x")
    assert is_stamped(stamp, "x")
    assert not is_stamped(stamp, "y")


def test_a_failed_command_is_one_sentence_and_its_words_are_kept(root: Path) -> None:
    with pytest.raises(Trouble, match=r"^no luck \(what it said is in data/logs/x\.log\)\.$"):
        run_logged(["sh", "-c", "echo because; exit 3"], "x.log", "no luck", cwd=root)
    assert (root / "data/logs/x.log").read_text() == "because\n"


def test_trouble_ends_in_a_sentence_and_not_in_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def main() -> int:
        raise Trouble("type this.")

    assert told(main) == 2
    assert capsys.readouterr() == ("", "inkcall: type this.\n")


def test_without_root_the_command_to_type_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(
        shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )
    with pytest.raises(Trouble, match=r"type `sudo apt-get install chromium espeak-ng`"):
        install_packages(["chromium", "espeak-ng"])


def test_without_apt_the_packages_are_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Trouble, match="what Debian calls chromium"):
        install_packages(["chromium"])
