"""Restoring: only where nothing is, only what is whole, and whole or not at all."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from base.config import Config, DatabaseConfig, ServerConfig
from base.db import Database
from base.errors import Refusal
from base.migrations import folders_of_source
from server.backup import restoring
from server.backup.archive import Manifest, Writer, members, verified
from server.backup.marker import NAME, marked
from server.backup.places import Places
from server.backup.restoring import Restored, restore
from tests.fakes.backups import (
    PHOTO,
    environment,
    inkcall,
    installation,
    of_kind,
    recording,
)
from tests.fakes.processes import running_server
from tests.fakes.s3_server import s3_server
from tests.fakes.services import PASSWORD, kept

pytestmark = pytest.mark.timeout(240)
KINDS = ["sqlite", "postgresql"]


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """A backup of the small installation."""
    file = tmp_path / "b.tar"
    async with installation(tmp_path / "old") as services:
        done = await inkcall(environment(services.config), "backup", str(file))
    assert done.status == 0, done.err
    return file


def empty(folder: Path, url: str = "", **sections: Any) -> Config:
    return Config(
        server=ServerConfig(data_dir=str(folder)), database=DatabaseConfig(url=url), **sections
    )


async def into(config: Config, file: Path) -> Restored:
    return await restore(Places.of(config), folders_of_source(), file, lambda _: None)


@pytest.fixture(params=KINDS)
async def new(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Config]:
    """The settings of an installation where nothing is yet, with each kind of database."""
    async with of_kind(request.param, tmp_path / "new") as url:
        yield empty(tmp_path / "new", url)


async def assert_whole(config: Config) -> None:
    assert (config.data_dir / "secret.key").read_bytes() == b"k" * 32
    assert (config.data_dir / "secret.key").stat().st_mode & 0o777 == 0o600
    authority = config.data_dir / "tls" / "authority.key"
    assert authority.read_bytes() == b"trusted by phones"
    assert authority.stat().st_mode & 0o777 == 0o600
    for name in ("s_1", "s_2"):
        assert (config.data_dir / "recordings" / f"{name}.inkrec").read_bytes() == recording(name)
    [photo] = (config.data_dir / "objects").rglob("*.jpg")
    assert photo.read_bytes() == PHOTO
    assert marked(config.data_dir) == ""
    assert not list(config.data_dir.glob("restore*"))
    async with kept(config.data_dir) as services:
        signed_in = await services.people.sign_in("lin", PASSWORD, "192.0.2.1")
        assert (await services.sessions.get("s_1")).student == signed_in.person.id


def found(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_everything_is_back(backup: Path, new: Config) -> None:
    done = await into(new, backup)
    assert (done.recordings, done.photos) == (2, 1)
    await assert_whole(new)


async def test_photos_go_into_a_bucket(backup: Path, tmp_path: Path) -> None:
    with s3_server() as storage:
        config = empty(tmp_path / "new", storage=storage)
        await into(config, backup)
        places = Places.of(config)
        assert len([key async for key in places.storage.list()]) == 1
        again = empty(tmp_path / "other", storage=storage)
        with pytest.raises(Refusal, match=r"bucket inkcall-tests-\d+ holds photos"):
            await into(again, backup)
        assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "there", ["secret.key", "tls/a.key", "recordings/s_9.inkrec", "objects/photos/p.jpg"]
)
async def test_nothing_is_written_over(backup: Path, tmp_path: Path, there: str) -> None:
    config = empty(tmp_path / "new")
    path = config.data_dir / there
    path.parent.mkdir(parents=True)
    path.write_bytes(b"somebody's")
    with pytest.raises(Refusal) as refused:
        await into(config, backup)
    assert refused.value.code == "not_empty"
    assert found(config.data_dir) == [path.name]
    assert path.read_bytes() == b"somebody's"


async def test_a_database_with_rows_is_not_written_over(backup: Path, new: Config) -> None:
    new.data_dir.mkdir(exist_ok=True)
    database = Database(new.database_url)
    await database.migrate(folders_of_source())
    await database.close()
    async with kept(new.data_dir) as services:
        await services.student()
    with pytest.raises(Refusal, match="not empty"):
        await into(new, backup)
    assert not (new.data_dir / "secret.key").exists()


async def test_a_migrated_database_without_rows_is_empty(backup: Path, new: Config) -> None:
    new.data_dir.mkdir(exist_ok=True)
    database = Database(new.database_url)
    await database.migrate(folders_of_source())
    await database.close()
    await into(new, backup)
    await assert_whole(new)


@pytest.mark.parametrize("kind", KINDS)
async def test_not_while_a_server_runs_there(backup: Path, tmp_path: Path, kind: str) -> None:
    async with (
        of_kind(kind, tmp_path / "new") as url,
        running_server(tmp_path / "new", {"INKCALL__DATABASE__URL": url}) as server,
    ):
        before = found(server.data)
        done = await inkcall(server.environment, "restore", str(backup), "--json")
        assert done.status == 1
        error = json.loads(done.err.splitlines()[-1])["error"]
        assert (error["code"], "stop the server" in error["text"]) == ("in_use", True)
        assert found(server.data) == before


async def test_a_damaged_backup_touches_nothing(backup: Path, new: Config) -> None:
    whole = backup.read_bytes()
    half = len(whole) // 2
    for damaged in (whole[:half], whole[:half] + b"?" + whole[half + 1 :], b"", b"no tar" * 500):
        backup.write_bytes(damaged)
        with pytest.raises(Refusal) as refused:
            await into(new, backup)
        assert refused.value.code == "damaged"
        assert not new.data_dir.exists()


def rewritten(file: Path, **changed: Any) -> None:
    """Write a backup again, as a later program would have."""
    old = verified(file)
    kept_files = {name: b"".join(chunks) for name, _, chunks in members(file)}
    with file.open("wb") as out:
        writer = Writer(out)
        for entry in old.entries:
            writer.begin(entry.name, entry.bytes)
            writer.write(kept_files[entry.name])
            writer.end()
        writer.finish(old.taken_ms, changed.get("revisions", old.revisions))


async def test_a_backup_of_a_newer_program_touches_nothing(
    backup: Path, new: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewritten(backup, revisions=["9999_later"])
    with pytest.raises(Refusal, match=r"newer program.*9999_later"):
        await into(new, backup)
    rewritten(backup, revisions=[])
    monkeypatch.setattr(restoring, "FORMAT", 0)
    with pytest.raises(Refusal, match=r"newer program.*format 1"):
        await into(new, backup)
    assert not new.data_dir.exists()


async def test_what_fails_on_the_way_is_taken_back(
    backup: Path, new: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> NoReturn:
        # By then everything else is in its place.
        assert found(new.data_dir)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restoring, "_put_database", fails)
    with pytest.raises(Refusal) as refused:
        await into(new, backup)
    assert refused.value.code == "no_room"
    assert found(new.data_dir) == []
    monkeypatch.undo()
    await into(new, backup)
    await assert_whole(new)


async def test_a_file_that_is_missing_is_a_sentence(new: Config, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"nothing\.tar: No such file"):
        await into(new, tmp_path / "nothing.tar")
    assert not new.data_dir.exists()


async def test_killed_on_the_way_it_looks_like_nothing_whole_and_can_be_ended(
    backup: Path, new: Config, tmp_path: Path
) -> None:
    variables = environment(new)
    started = 0
    # Each step at first; then, inside the database, some.
    for step in (*range(8), *range(8, 200, 5)):
        done = await inkcall(variables, "restore", str(backup), killed_at=step)
        if done.status == 0:
            break
        assert done.status == -signal.SIGKILL
        if marked(new.data_dir):
            started += 1
            if started == 1:
                serving = await inkcall(variables, "serve")
                assert (serving.status, "half of a backup" in serving.err) == (1, True)
        else:
            assert not new.data_dir.exists()
    assert started >= 3
    await assert_whole(new)


async def test_half_of_one_backup_is_not_ended_with_another(backup: Path, tmp_path: Path) -> None:
    config = empty(tmp_path / "new")
    killed = await inkcall(environment(config), "restore", str(backup), killed_at=3)
    assert killed.status == -signal.SIGKILL
    other = tmp_path / "other.tar"
    async with installation(tmp_path / "second") as services:
        await inkcall(environment(services.config), "backup", str(other))
    before = found(config.data_dir)
    assert NAME in before
    with pytest.raises(Refusal) as refused:
        await into(config, other)
    assert refused.value.code == "unfinished"
    assert found(config.data_dir) == before


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
async def test_stopped_on_the_way_it_is_taken_back(
    backup: Path, tmp_path: Path, by: signal.Signals
) -> None:
    config = empty(tmp_path / "new")
    done = await inkcall(environment(config), "restore", str(backup), killed_at=3, by=by)
    assert done.status == 1
    assert "Traceback" not in done.err
    assert found(config.data_dir) == []


async def test_what_comes_while_the_backup_is_checked_is_not_written_over(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = empty(tmp_path / "new")

    def slowly(file: Path) -> Manifest:
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "secret.key").write_bytes(b"a server was started")
        return verified(file)

    monkeypatch.setattr(restoring, "verified", slowly)
    with pytest.raises(Refusal, match="nothing may be there"):
        await into(config, backup)
    assert found(config.data_dir) == ["secret.key"]
    assert (config.data_dir / "secret.key").read_bytes() == b"a server was started"
