"""The database's address: the forms that are taken, and the one sentence when it does not work."""

import contextlib
import socket
import sqlite3
from pathlib import Path

import pytest

from base.database_url import DatabaseError, normal_url, why_unusable
from base.db import Database
from tests.fakes import postgres

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("postgresql://u:p%40x@h:5433/n", "postgresql+asyncpg://u:p%40x@h:5433/n"),
        ("postgres://h/n", "postgresql+asyncpg://h/n"),
        ("postgresql+asyncpg://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("sqlite+aiosqlite:////tmp/a.db", "sqlite+aiosqlite:////tmp/a.db"),
    ],
)
def test_an_address_may_leave_the_driver_to_us(given: str, taken: str) -> None:
    assert normal_url(given) == taken


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"postgresql:/u:{SECRET}@h/n", "not an address"),
        (f"postgresql://u:{SECRET}@h:port/n", "not an address"),
        (f"mysql://u:{SECRET}@h/n", "known are sqlite and postgresql"),
        (f"postgresql+psycopg2://u:{SECRET}@h/n", "known are sqlite and postgresql"),
        (f"postgresql://u:{SECRET}@h", "names no database"),
    ],
)
def test_what_is_no_address_of_ours_is_said_without_the_password(given: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said) as error:
        Database(given)
    assert SECRET not in str(error.value)


async def reason(url: str) -> str:
    database = Database(url)
    try:
        with pytest.raises(DatabaseError) as error:
            await database.migrate()
    finally:
        await database.close()
    assert SECRET not in str(error.value)
    # Nothing of the library's own words, which might name the address, comes along in a traceback.
    assert error.value.__suppress_context__
    return str(error.value)


async def test_a_server_that_does_not_answer_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can answer there
        port = taken.getsockname()[1]
        said = await reason(f"postgresql://inkcall:{SECRET}@127.0.0.1:{port}/inkcall")
    assert said.startswith(f"the database inkcall at 127.0.0.1:{port} cannot be used (")


async def test_a_name_nobody_knows_is_one_sentence() -> None:
    said = await reason(f"postgresql://inkcall:{SECRET}@no-such-host.invalid/inkcall")
    assert "at no-such-host.invalid:5432 cannot be used (" in said


async def test_an_unknown_database_and_an_unknown_user_are_one_sentence() -> None:
    port = postgres.server().port
    said = await reason(f"postgresql://{postgres.USER}:{SECRET}@127.0.0.1:{port}/nowhere")
    assert "(there is no such database)" in said
    said = await reason(f"postgresql://nobody:{SECRET}@127.0.0.1:{port}/{postgres.TEMPLATE}")
    assert "(user or password is wrong)" in said


async def test_a_file_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "inkcall.db").mkdir()
    said = await reason(f"sqlite:///{tmp_path}/inkcall.db")
    assert said.endswith("inkcall.db cannot be used (the file cannot be opened).")
    (tmp_path / "junk.db").write_bytes(b"junk" * 1000)
    said = await reason(f"sqlite:///{tmp_path}/junk.db")
    assert said.endswith("junk.db cannot be used (the file is not a SQLite database).")


def test_a_full_disk_is_one_sentence() -> None:
    with (
        contextlib.closing(sqlite3.connect(":memory:")) as small,
        pytest.raises(sqlite3.OperationalError) as raised,
    ):
        small.execute("PRAGMA max_page_count = 1")
        small.execute("CREATE TABLE words (word TEXT)")
    said = why_unusable("sqlite:////srv/inkcall.db", raised.value)
    assert said == "the database /srv/inkcall.db cannot be used (its disk is full)."
