"""What a recording amounts to, whatever became of it."""

from pathlib import Path

import pytest

from recorder.format.writer import encode_header
from recorder.library import Library, RecordedVoice
from tests.fakes.recordings import STUDENT, TEACHER, an_info, babble, opus, send, write_recording


def a_session(folder: Path) -> Path:
    return write_recording(
        folder / "s_test.inkrec", send(STUDENT, opus(babble(1, seed=1))), seconds=2.5
    )


def test_a_sealed_recording_is_summed_up_from_its_ends(tmp_path: Path) -> None:
    path = a_session(tmp_path)
    summary = Library(tmp_path).info("s_test")
    assert summary.info == an_info()
    assert (summary.bytes, summary.duration_ms) == (path.stat().st_size, 2_500)
    assert (summary.sealed, summary.damaged) == (True, False)
    assert summary.voices == [
        RecordedVoice(member=STUDENT, side="left"),
        RecordedVoice(member=TEACHER, side="right"),
    ]


def test_checking_says_who_was_heard_indeed(tmp_path: Path) -> None:
    a_session(tmp_path)
    assert Library(tmp_path).check("s_test").voices == [RecordedVoice(member=STUDENT, side="left")]


def test_a_changed_byte_inside_a_sealed_recording_is_found_by_checking(tmp_path: Path) -> None:
    path = a_session(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    summary = Library(tmp_path).check("s_test")
    assert summary.damage is not None
    assert summary.damage.offset <= len(data) // 2
    assert 0 < summary.last_at_us < 1_000_000


def test_a_cut_recording_is_unsealed_and_says_where(tmp_path: Path) -> None:
    path = a_session(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    summary = Library(tmp_path).info("s_test")
    assert (summary.sealed, summary.damaged) == (False, True)
    assert summary.voices == [RecordedVoice(member=STUDENT, side="left")]
    assert Library(tmp_path).last_flush_ms("s_test") == an_info().opened_unix_ms + 980


@pytest.mark.parametrize("content", [b"", b"junk", encode_header(an_info())[:-1]])
def test_a_recording_without_a_head_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s_test.inkrec").write_bytes(content)
    summary = Library(tmp_path).info("s_test")
    assert (summary.info, summary.sealed, summary.damaged) == (None, False, True)
    assert Library(tmp_path).last_flush_ms("s_test") is None


def test_a_session_without_a_recording(tmp_path: Path) -> None:
    assert Library(tmp_path).sessions() == []
    assert Library(tmp_path).last_flush_ms("s_none") is None
    with pytest.raises(FileNotFoundError):
        Library(tmp_path).info("s_none")


@pytest.mark.parametrize("session", ["", "..", "../s_test", "a/b", "s_test\0", "s.test", "x" * 65])
def test_what_is_no_id_never_becomes_a_path(tmp_path: Path, session: str) -> None:
    a_session(tmp_path)
    with pytest.raises(ValueError, match="no session id"):
        Library(tmp_path / "folder").path(session)


def test_sessions_are_listed(tmp_path: Path) -> None:
    a_session(tmp_path)
    (tmp_path / "other.txt").write_bytes(b"")
    assert Library(tmp_path).sessions() == ["s_test"]
