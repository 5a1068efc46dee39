"""The operator's commands for the database: where it is, its schema, and moving to another one."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from base import dbcopy
from base.commands import Answer, Command, Option, WrongUsage
from base.config import Config
from base.database_url import DatabaseError, normal_url
from base.db import Database
from base.errors import Refusal
from base.migrations import alembic_config

_SHOWN_EVERY = 10_000


class _Progress:
    """Says on standard error which table is being copied, and how far, now and then."""

    def __init__(self) -> None:
        self._table = ""

    def __call__(self, table: str, rows: int) -> None:
        if table != self._table or rows % _SHOWN_EVERY == 0:
            self._table = table
            sys.stderr.write(f"copying {table}: {rows} rows\n")


async def _migrate(url: str, folders: Sequence[Path]) -> None:
    database = Database(url)
    try:
        await database.migrate(folders)
    finally:
        await database.close()


async def url(config: Config, _options: Mapping[str, object]) -> Answer:
    """Say which database the settings name, without its password."""
    shown = make_url(config.database_url).render_as_string(hide_password=True)
    return Answer({"url": shown}, shown)


async def migrate(
    folders: Sequence[Path], config: Config, _options: Mapping[str, object]
) -> Answer:
    """Bring the schema up to date; doing it again changes nothing."""
    await _migrate(config.database_url, folders)
    scripts = ScriptDirectory.from_config(alembic_config(config.database_url, folders))
    heads = sorted(scripts.get_heads())
    return Answer({"heads": heads}, f"the schema is up to date ({', '.join(heads)})")


async def copy(folders: Sequence[Path], config: Config, options: Mapping[str, object]) -> Answer:
    """Copy everything into an empty database, which is migrated first, and compare every row."""
    source = normal_url(config.database_url)
    try:
        target = normal_url(str(options["to"]))
    except DatabaseError as error:
        raise WrongUsage(str(error).replace("database.url", "--to")) from None
    if source == target:
        raise WrongUsage("--to is the database the settings name: nothing is to be copied.")
    try:
        await dbcopy.refuse_if_in_use(source)
        await dbcopy.refuse_if_it_holds_rows(target)
        await _migrate(target, folders)
        tables = await dbcopy.copy(source, target, _Progress())
    except dbcopy.CopyRefused as refused:
        raise Refusal("not_copied", str(refused)) from None
    data = {
        "rows": sum(table.rows for table in tables),
        "tables": [msgspec.structs.asdict(table) for table in tables],
    }
    return Answer(data, dbcopy.report(tables))


def commands(folders: Sequence[Path]) -> tuple[Command, ...]:
    """Return the commands; `folders` are the parts' migrations."""
    return (
        Command(
            name="db migrate",
            help="Bring the schema up to date. The server does this at its start, too.",
            run=partial(migrate, folders),
            examples=("inkcall db migrate", "inkcall db migrate --config /etc/inkcall.yaml --json"),
        ),
        Command(
            name="db url",
            help="Show which database the settings name. A password in it is hidden.",
            run=url,
            examples=("inkcall db url",),
        ),
        Command(
            name="db copy",
            help="Copy everything into another, empty database, SQLite or PostgreSQL, and compare every "
            "row. Stop the server first. What is kept in files stays where it is.",
            run=partial(copy, folders),
            options=(
                Option(
                    name="to",
                    help="The other database's address. Others on this machine see it: leave the password "
                    "out and give it in PGPASSWORD.",
                    required=True,
                ),
            ),
            examples=(
                "inkcall db copy --to postgresql://inkcall@db/inkcall",
                "inkcall db copy --to sqlite:///data/copy.db --json",
            ),
        ),
    )
