"""The file of a backup: what was written comes back, and not one byte may differ."""

import io
import tarfile
from pathlib import Path

import pytest

from server.backup.archive import DATABASE, KEY, Damaged, Manifest, Writer, members, verified

FILES = {
    KEY: b"k" * 32,
    DATABASE: b"rows" * 1000,
    "recordings/s_1.inkrec": b"",
    # Longer than the 100 characters of an old tar.
    f"objects/photos/session.s_1/{'a' * 90}.jpg": b"photo" * 700,
}


def written(path: Path, files: dict[str, bytes] = FILES) -> Manifest:
    with path.open("wb") as file:
        writer = Writer(file)
        for name, data in files.items():
            writer.begin(name, len(data))
            writer.write(data)
            writer.end()
        return writer.finish(1_700_000_000_000, ["0001"])


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    made = written(file)
    assert verified(file) == made
    found = {name: b"".join(chunks) for name, _, chunks in members(file)}
    assert {name: found[name] for name in FILES} == FILES
    assert (made.bytes, made.count("objects/")) == (sum(map(len, FILES.values())), 1)


def test_any_tar_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    written(file)
    with tarfile.open(file) as tar:
        assert tar.getnames() == [*FILES, "manifest.json", "manifest.sha256"]
        assert {info.mode for info in tar} == {0o600}


def test_a_byte_that_differs_anywhere_that_matters_is_found(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    written(file)
    whole = file.read_bytes()
    with tarfile.open(file) as tar:
        spans = [(info.offset_data, info.size) for info in tar if info.size]
    for start, size in spans:
        for at in (start, start + size // 2, start + size - 1):
            if whole[at : at + 1] == b"\n":
                continue
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(Damaged):
                verified(file)


def test_cut_at_any_block_it_is_no_backup(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    written(file)
    whole = file.read_bytes()
    for end in range(0, len(whole) - 1024, 512):
        for torn in (end, end + 100):
            file.write_bytes(whole[:torn])
            with pytest.raises(Damaged):
                verified(file)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "objects/../../evil",
        "/etc/passwd",
        "recordings/../s.inkrec",
        "recordings/a/b.inkrec",
    ],
)
def test_no_name_leads_out_of_a_folder(tmp_path: Path, name: str) -> None:
    file = tmp_path / "backup.tar"
    written(file, {**FILES, name: b"evil"})
    with pytest.raises(Damaged, match="no backup holds"):
        verified(file)


def test_a_link_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    with tarfile.open(file, "w") as tar:
        link = tarfile.TarInfo(KEY)
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        tar.addfile(link)
    with pytest.raises(Damaged, match="no backup holds"):
        verified(file)


def test_a_file_that_is_in_it_twice_or_not_in_the_manifest_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    written(file)
    for name, said in ((KEY, "twice"), ("recordings/s_2.inkrec", "not in its manifest")):
        more = tmp_path / "more.tar"
        more.write_bytes(file.read_bytes())
        with tarfile.open(more, "a") as tar:
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
        with pytest.raises(Damaged, match=said):
            verified(more)


def test_a_backup_without_a_key_is_none(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    written(file, {DATABASE: b"rows"})
    with pytest.raises(Damaged, match="no key"):
        verified(file)


def test_a_file_that_came_out_shorter_is_not_kept(tmp_path: Path) -> None:
    writer = Writer(io.BytesIO())
    writer.begin(KEY, 10)
    writer.write(b"short")
    with pytest.raises(Damaged, match="changed while it was read"):
        writer.end()
