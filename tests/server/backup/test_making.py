"""Making a backup: consistent while others write, whole or not there at all, whatever happens."""

import asyncio
import errno
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import pytest
from obstore.exceptions import GenericError

from base.clock import SystemClock
from base.database_url import DatabaseError
from base.errors import Refusal
from base.migrations import folders_of_source
from server.backup import making, snapshot, working
from server.backup.archive import DATABASE, members, verified
from server.backup.making import Made, make
from server.backup.places import Places
from tests.fakes.backups import PHOTO, environment, inkcall, installation, recording, rows_of
from tests.fakes.processes import ROOT
from tests.fakes.s3_server import s3_server
from tests.fakes.services import Kept

pytestmark = pytest.mark.timeout(240)


async def backed_up(services: Kept, file: Path, **changed: Any) -> Made:
    places = Places.of(services.config)
    for name, value in changed.items():
        object.__setattr__(places, name, value)
    return await make(places, folders_of_source(), file, SystemClock(), lambda _: None)


def contents(file: Path) -> dict[str, bytes]:
    return {name: b"".join(chunks) for name, _, chunks in members(file)}


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "b.tar"


@pytest.fixture
def old(tmp_path: Path, each_database: str) -> Path:
    """A folder with each kind of database."""
    return tmp_path


async def test_everything_is_in_it(old: Path, target: Path) -> None:
    async with installation(old) as services:
        made = await backed_up(services, target)
    manifest = verified(target)
    assert (made.recordings, made.photos) == (2, 1)
    assert manifest.revisions
    found = contents(target)
    assert found["secret.key"] == b"k" * 32
    assert found["tls/authority.key"] == b"trusted by phones"
    assert found["recordings/s_1.inkrec"] == recording("s_1")
    assert found[f"objects/photos/session.s_1/{'ab' * 32}.jpg"] == PHOTO
    (old / "copy.db").write_bytes(found[DATABASE])
    rows = rows_of(old / "copy.db")
    assert (rows["people"], rows["sessions"], rows["photos"]) == (2, 2, 1)
    assert left(target.parent) == ["b.tar"]
    assert target.stat().st_mode & 0o777 == 0o600


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    old: Path, target: Path
) -> None:
    """Files before rows: what the copied database names is in the backup, however both grow."""
    async with installation(old) as services:
        student, teacher = await services.student("other"), await services.teacher("another")
        folder = Places.of(services.config).recordings
        stop = asyncio.Event()

        async def write() -> int:
            n = 0
            while not stop.is_set():
                n += 1
                (folder / f"s_n{n}.inkrec").write_bytes(recording(f"s_n{n}", 3))
                name = f"s_n{n}"
                await services.sessions.create(
                    name, f"c_{name}", student.id, teacher.id, "maths", "", n
                )
                with (folder / "s_1.inkrec").open("ab") as file:
                    file.write(b"x" * 100)
            return n

        async with asyncio.TaskGroup() as group:
            writing = group.create_task(write())
            made = await backed_up(services, target)
            stop.set()
        assert writing.result() > 1
        assert made.missing.sessions == []
    found = contents(target)
    (old / "copy.db").write_bytes(found[DATABASE])
    with closing(sqlite3.connect(old / "copy.db")) as copy:
        sessions = {name for (name,) in copy.execute("SELECT id FROM sessions")}
    assert {f"recordings/{name}.inkrec" for name in sessions} <= found.keys()
    assert found["recordings/s_1.inkrec"].startswith(recording("s_1"))


async def test_recordings_end_where_the_database_was_seen(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with installation(tmp_path) as services:
        file = Places.of(services.config).recordings / "s_1.inkrec"
        take = snapshot.take

        async def later(*given: Any) -> list[str]:
            taken = await take(*given)
            with file.open("ab") as more:
                more.write(b"later")
            return taken

        monkeypatch.setattr(snapshot, "take", later)
        await backed_up(services, target)
    assert contents(target)["recordings/s_1.inkrec"] == recording("s_1")


async def test_a_photo_that_is_taken_away_meanwhile_is_left_out(
    tmp_path: Path, target: Path
) -> None:
    async with installation(tmp_path) as services:
        places = Places.of(services.config)

        class Forgetting:
            """A storage that lists what has just been taken away."""

            def __getattr__(self, name: str) -> object:
                return getattr(places.storage, name)

            async def list(self) -> Any:
                yield "photos/gone.jpg"
                async for key in places.storage.list():
                    yield key

        made = await backed_up(services, target, storage=Forgetting())
    assert made.photos == 1


async def test_what_was_lost_before_is_told(tmp_path: Path, target: Path) -> None:
    async with installation(tmp_path) as services:
        shutil.rmtree(tmp_path / "objects")
        (tmp_path / "recordings" / "s_2.inkrec").unlink()
        made = await backed_up(services, target)
    assert (made.missing.photos, made.missing.sessions) == (["f_1"], ["s_2"])
    verified(target)


async def test_photos_come_out_of_a_bucket(tmp_path: Path, target: Path) -> None:
    with s3_server() as storage:
        async with installation(tmp_path, storage=storage) as services:
            made = await backed_up(services, target)
        assert not (tmp_path / "objects").exists()
        assert made.photos == 1
        assert PHOTO in contents(target).values()


async def test_a_bucket_out_of_reach_is_a_sentence(tmp_path: Path, target: Path) -> None:
    async with installation(tmp_path) as services:

        class Broken:
            def list(self) -> NoReturn:
                raise GenericError("http://secret")

        with pytest.raises(Refusal, match=r"storage fails \(GenericError\)"):
            await backed_up(services, target, storage=Broken())
    assert left(target.parent) == []


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
async def test_a_disk_that_fails_leaves_nothing(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def full(_: object) -> NoReturn:
        raise OSError(error, os.strerror(error))

    async with installation(tmp_path) as services:
        monkeypatch.setattr(working.SyncedFile, "_sync", full)
        with pytest.raises(Refusal) as refused:
            await backed_up(services, target)
    assert refused.value.code == ("no_room" if error == errno.ENOSPC else "failed")
    assert str(target.parent) in refused.value.text
    assert left(target.parent) == []


async def test_a_disk_that_would_be_full_is_found_before(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with installation(tmp_path) as services:
        monkeypatch.setattr(making, "_SPARE_BYTES", 2**60)
        with pytest.raises(Refusal, match="no room"):
            await backed_up(services, target)
    assert left(target.parent) == []


async def test_a_file_that_may_not_grow_is_a_sentence_of_the_command(
    tmp_path: Path, target: Path
) -> None:
    """Nothing of Python's is replaced here: the system refuses the write."""
    async with installation(tmp_path) as services:
        process = await asyncio.create_subprocess_exec(
            *("prlimit", "--fsize=700000", sys.executable, "-m", "server.cli"),
            *("backup", str(target)),
            cwd=ROOT,
            env=environment(services.config),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().splitlines()[-1] == (
        f"inkcall: there is no room in {target.parent}: nothing was kept"
    )
    assert left(target.parent) == []


async def test_what_is_there_is_never_written_over(tmp_path: Path, target: Path) -> None:
    target.write_bytes(b"last week's")
    async with installation(tmp_path) as services:
        with pytest.raises(Refusal, match="never written over"):
            await backed_up(services, target)
    assert target.read_bytes() == b"last week's"


@pytest.mark.parametrize(("gone", "code"), [("secret.key", "no_key"), ("inkcall.db", "not_copied")])
async def test_no_installation_no_backup(
    tmp_path: Path, target: Path, gone: str, code: str
) -> None:
    async with installation(tmp_path) as services:
        pass
    (tmp_path / gone).unlink()
    with pytest.raises(Refusal) as refused:
        await backed_up(services, target)
    assert refused.value.code == code
    assert left(target.parent) == []


async def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    async with installation(tmp_path) as services:
        with pytest.raises(Refusal, match="there is no folder"):
            await backed_up(services, tmp_path / "nowhere" / "b.tar")


async def test_a_damaged_database_is_not_taken_for_a_backup(tmp_path: Path, target: Path) -> None:
    async with installation(tmp_path) as services:
        pass
    database = tmp_path / "inkcall.db"
    whole = database.read_bytes()
    # The list of tables, and further back a table that nobody looks at while it is copied.
    for page in (3, len(whole) // 4096 // 2):
        pages = bytearray(whole)
        pages[page * 4096 : (page + 6) * 4096] = os.urandom(6 * 4096)
        database.write_bytes(pages)
        with pytest.raises((Refusal, DatabaseError), match="damaged"):
            await backed_up(services, target)
        assert left(target.parent) == []


async def test_killed_on_the_way_it_leaves_nothing_that_looks_whole(
    old: Path, target: Path
) -> None:
    async with installation(old) as services:
        variables = environment(services.config)
        killed = 0
        # Each step at first; then, inside the database, some.
        for step in (*range(6), *range(6, 200, 4)):
            done = await inkcall(variables, "backup", str(target), killed_at=step)
            if done.status == 0:
                break
            assert done.status == -signal.SIGKILL
            assert left(target.parent) == ["b.tar.part"]
            killed += 1
    assert killed >= 4
    # What the killed ones left is gone.
    assert left(target.parent) == ["b.tar"]
    verified(target)


async def test_two_backups_do_not_write_one_file(tmp_path: Path, target: Path) -> None:
    async with installation(tmp_path) as services:
        with working.working_folder(target), pytest.raises(Refusal, match="another backup"):
            await backed_up(services, target)
        await backed_up(services, target)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
async def test_stopped_on_the_way_it_leaves_nothing(
    tmp_path: Path, target: Path, by: signal.Signals
) -> None:
    async with installation(tmp_path) as services:
        done = await inkcall(
            environment(services.config), "backup", str(target), killed_at=2, by=by
        )
    assert done.status == 1
    assert "Traceback" not in done.err
    assert left(target.parent) == []


async def test_what_killed_ones_left_in_a_folder_goes_with_the_next(
    tmp_path: Path, target: Path
) -> None:
    folder = target.parent
    async with installation(tmp_path) as services:
        variables = environment(services.config)
        await inkcall(variables, "backup", str(folder), killed_at=3)
        assert [name.endswith(".tar.part") for name in left(folder)] == [True]
        with working.working_folder(folder / "inkcall-now.tar"):
            done = await inkcall(variables, "backup", str(folder))
            assert done.status == 0, done.err
            # One that is being written stays.
            names = sorted(left(folder))
    assert names[1:] == ["inkcall-now.tar.part"]
    verified(folder / names[0])
