"""`inkcall` as an operator types it: help, answers in both forms, and what each exit code means."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from base.clock import SystemClock
from base.commands import Answer, Command
from base.db import Base, Database
from base.eventlog import make_cursor
from base.jobs.model import JobKind
from base.jobs.queue import Jobs
from server.cli import program
from sessions.tables import PhotoRow, SessionRow
from tests.fakes import postgres
from tests.fakes.processes import ROOT, free_port, running_server
from tests.fakes.wire_client import client

CLI = [sys.executable, "-m", "server.cli"]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    return {
        **os.environ,
        "INKCALL__SERVER__PORT": "0",
        "INKCALL__MEDIA__PORT": "0",
        "INKCALL__SERVER__DATA_DIR": str(folder / "data"),
        "INKCALL__RECORDER__MIN_FREE_BYTES": "0",
        **settings,
    }


def inkcall(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*CLI, *arguments],
        cwd=ROOT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("words", [(), ("serve",), ("db",), ("db", "migrate"), ("people", "add")])
def test_help_is_for_a_newcomer(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = inkcall(tmp_path, *words, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: {' '.join(('inkcall', *words))} ")
    assert words == ("db",) or "Examples:\n" in done.stdout


def test_migrating_twice_is_the_same_as_once(tmp_path: Path) -> None:
    first = inkcall(tmp_path, "db", "migrate", "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["heads"]
    assert (tmp_path / "data" / "inkcall.db").is_file()
    assert inkcall(tmp_path, "db", "migrate", "--json").stdout == first.stdout
    assert "up to date" in inkcall(tmp_path, "db", "migrate").stdout


def test_the_databases_password_is_not_shown(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://ink:secret@db/ink"
    done = inkcall(tmp_path, "db", "url", "--json", INKCALL__DATABASE__URL=url)
    assert json.loads(done.stdout) == {"url": "postgresql+asyncpg://ink:***@db/ink"}


@pytest.mark.parametrize(
    ("typed", "meant"), [(("srve",), "'serve'"), (("db", "migate"), "'migrate'")]
)
def test_an_unknown_command_suggests_the_nearest(
    tmp_path: Path, typed: tuple[str, ...], meant: str
) -> None:
    done = inkcall(tmp_path, *typed)
    assert done.returncode == 2
    assert f"did you mean {meant}?" in done.stderr


def test_a_wrong_setting_is_wrong_usage(tmp_path: Path) -> None:
    done = inkcall(tmp_path, "db", "url", "--json", INKCALL__ROOMS__GRACES="60")
    assert done.returncode == 2
    assert "INKCALL__ROOMS__GRACES" in json.loads(done.stderr)["error"]["text"]


def test_what_fails_is_one_sentence_and_one(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    done = inkcall(tmp_path, "db", "migrate")
    assert done.returncode == 1
    assert done.stderr.startswith("inkcall: db migrate: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("jobs", "list"), ("events", "lag")])
def test_a_database_without_our_tables_says_what_makes_them(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "data").mkdir()
    done = inkcall(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr.startswith(f"inkcall: {words[0]} {words[1]}: the database ")
    assert "`inkcall db migrate`" in done.stderr


def test_a_database_that_is_out_of_reach_says_why(tmp_path: Path) -> None:
    done = inkcall(tmp_path, "jobs", "list")
    assert "cannot be used (the file cannot be opened)" in done.stderr


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("db", "copy"), "--to"),
        (("people", "sign-out"), "--login"),
        (("people", "add", "--name", "X", "--role", "teacher"), "--login"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else given,
)
def test_what_is_required_must_be_given(
    tmp_path: Path, words: tuple[str, ...], missing: str
) -> None:
    done = inkcall(tmp_path, *words)
    assert done.returncode == 2
    assert f"Missing option '{missing}'" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_state_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    done = inkcall(tmp_path, "jobs", "list", "--state", "fialed")
    assert done.returncode == 2
    assert "'cancelled'" in done.stderr


async def test_a_part_that_is_gone_is_dropped_by_name(tmp_path: Path) -> None:
    inkcall(tmp_path, "db", "migrate")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/data/inkcall.db")
    async with database.transaction() as transaction:
        await make_cursor(transaction, "gone", "count")
        await make_cursor(transaction, "points", "count")
    await database.close()
    done = inkcall(tmp_path, "events", "drop", "gone", "--json")
    assert json.loads(done.stdout) == {"part": "gone", "subscriptions": ["count"]}
    left = json.loads(inkcall(tmp_path, "events", "lag", "--json").stdout)["subscriptions"]
    assert [row["part"] for row in left] == ["points"]
    again = inkcall(tmp_path, "events", "drop", "gone")
    assert (again.returncode, "'gone'" in again.stderr) == (1, True)


def test_a_busy_port_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = inkcall(tmp_path, "serve", INKCALL__SERVER__PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("inkcall: ")]
    assert len(said) == 1
    assert "INKCALL__SERVER__PORT" in said[0]


async def test_serve_runs_until_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *CLI,
        "serve",
        cwd=ROOT,
        env=environment(tmp_path, INKCALL__SERVER__PORT=str(port)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while b"started" not in (line := await process.stderr.readline()):
            assert line, "it ended without having started"
        process.send_signal(signal.SIGINT)
        said = (await process.stderr.read()).decode()
        assert await process.wait() == 0
    assert '"stopping"' in said and '"stopped"' in said, "the log tells a stop from a kill"


def test_two_commands_of_one_name_are_a_mistake() -> None:
    async def run(*_: object) -> Answer:
        return Answer({}, "")

    command = Command(name="db url", help="", run=run)
    with pytest.raises(ValueError, match="db url"):
        program((command, command))


# --- moving to another database ----------------------------------------------------------------


@pytest.fixture
def big() -> Iterator[str]:
    """The address of a PostgreSQL database without any table."""
    server = postgres.server()
    yield server.create("test_cli_copy")
    server.drop("test_cli_copy")


async def add_what_the_demo_lacks(url: str) -> None:
    """A photo of a session, and jobs of more than one state."""
    database = Database(url)
    jobs = Jobs(database, SystemClock())
    jobs.register(JobKind(name="test_copied", run="tests.fakes.job_work"))
    async with database.transaction() as transaction:
        session = (await transaction.scalars(select(SessionRow.id).limit(1))).one()
        transaction.add(
            PhotoRow(
                id="ph_1",
                session_id=session,
                member_id="p_1",
                owner=f"session:{session}",
                sha256="ab" * 32,
                extension="jpg",
                width=4,
                height=3,
                bytes=9,
                created_ms=10**12,
            )
        )
        await make_cursor(transaction, "test", "copied")
        stopped = await jobs.enqueue(transaction, "test_copied", {"text": "圆"}, owner="p_1")
        await jobs.enqueue(transaction, "test_copied", {"n": 2}, owner="p_1", key="one")
    await jobs.cancel(stopped)
    await database.close()


async def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url)
    async with database.reading() as transaction:
        rows = {
            table.name: sorted(
                (tuple(row) for row in await transaction.execute(select(table))), key=repr
            )
            for table in Base.metadata.sorted_tables
        }
    await database.close()
    return rows


async def test_an_installation_moves_to_postgresql_and_back_with_every_row(
    tmp_path: Path, big: str
) -> None:
    small = f"sqlite+aiosqlite:///{tmp_path}/data/inkcall.db"
    async with running_server(tmp_path):
        pass
    await add_what_the_demo_lacks(small)
    before = await everything(small)
    assert {"people", "pens", "sessions", "photos", "events", "event_cursors", "jobs"} <= {
        name for name, rows in before.items() if rows
    }

    there = await asyncio.to_thread(inkcall, tmp_path, "db", "copy", "--to", big, "--json")
    assert there.returncode == 0, there.stderr
    counted = {table["name"]: table["rows"] for table in json.loads(there.stdout)["tables"]}
    assert counted == {name: len(rows) for name, rows in before.items()}
    assert "copying people: 6 rows" in there.stderr
    assert await everything(big) == before

    back = ("db", "copy", "--to", f"sqlite:///{tmp_path}/back.db")
    done = await asyncio.to_thread(inkcall, tmp_path, *back, INKCALL__DATABASE__URL=big)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("rows, the same on both sides\n")
    assert await everything(f"sqlite:///{tmp_path}/back.db") == before

    async with running_server(tmp_path / "new", {"INKCALL__DATABASE__URL": big}) as server:
        async with client(server.url, "student1") as student:
            assert student.person["name"] == "林小雨"
        # The source of a copy is not to be one that goes on changing.
        refused = await asyncio.to_thread(inkcall, tmp_path, *back, INKCALL__DATABASE__URL=big)
        assert refused.returncode == 1
        assert "is in use: stop the server" in refused.stderr


def test_a_copy_that_may_not_be_changes_nothing_and_says_why(tmp_path: Path, big: str) -> None:
    copy = ("db", "copy", "--to")
    assert inkcall(tmp_path, "db", "migrate").returncode == 0
    assert inkcall(tmp_path, "db", "copy").returncode == 2
    wrong = inkcall(tmp_path, *copy, "mysql://ink:hunter2@db/ink")
    assert wrong.returncode == 2 and "--to begins with 'mysql'" in wrong.stderr
    same = inkcall(tmp_path, *copy, f"sqlite:///{tmp_path}/data/inkcall.db")
    assert same.returncode == 2
    nowhere = f"postgresql://ink:hunter2@127.0.0.1:{free_port()}/ink"
    away = inkcall(tmp_path, *copy, nowhere)
    assert away.returncode == 1 and "cannot be used" in away.stderr
    with closing(sqlite3.connect(tmp_path / "others.db")) as others:
        others.execute("CREATE TABLE theirs (n INTEGER)")
        others.execute("INSERT INTO theirs VALUES (1)")
        others.commit()
    full = inkcall(tmp_path, *copy, f"sqlite:///{tmp_path}/others.db", "--json")
    assert full.returncode == 1
    assert json.loads(full.stderr)["error"] == {
        "code": "not_copied",
        "text": "the target is not empty: theirs has rows.",
    }
    with closing(sqlite3.connect(tmp_path / "others.db")) as others:
        assert others.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    said = "".join(done.stdout + done.stderr for done in (wrong, away, full))
    assert "hunter2" not in said and "Traceback" not in said
