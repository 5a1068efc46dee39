"""The operator's commands for the database: where it is, and bringing its schema up to date."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from base.commands import Answer, Command
from base.config import Config
from base.db import Database
from base.migrations import alembic_config


async def url(config: Config, _options: Mapping[str, object]) -> Answer:
    """Say which database the settings name, without its password."""
    shown = make_url(config.database_url).render_as_string(hide_password=True)
    return Answer({"url": shown}, shown)


def commands(folders: Sequence[Path]) -> tuple[Command, ...]:
    """Return the commands; `folders` are the parts' migrations."""

    async def migrate(config: Config, _options: Mapping[str, object]) -> Answer:
        """Bring the schema up to date; doing it again changes nothing."""
        database = Database(config.database_url)
        try:
            await database.migrate(folders)
        finally:
            await database.close()
        scripts = ScriptDirectory.from_config(alembic_config(config.database_url, folders))
        heads = sorted(scripts.get_heads())
        return Answer({"heads": heads}, f"the schema is up to date ({', '.join(heads)})")

    return (
        Command(
            name="db migrate",
            help="Bring the schema up to date. The server does this at its start, too.",
            run=migrate,
            examples=("inkcall db migrate", "inkcall db migrate --config /etc/inkcall.yaml --json"),
        ),
        Command(
            name="db url",
            help="Show which database the settings name. A password in it is hidden.",
            run=url,
            examples=("inkcall db url",),
        ),
    )
