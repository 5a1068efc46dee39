"""The operator's commands for the database: where it is, and bringing its schema up to date."""

from collections.abc import Mapping

from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from base.commands import Answer, Command
from base.config import Config
from base.db import Database, alembic_config


async def migrate(config: Config, _options: Mapping[str, object]) -> Answer:
    """Bring the schema up to date; doing it again changes nothing."""
    database = Database(config.database_url)
    try:
        await database.migrate()
    finally:
        await database.close()
    heads = sorted(ScriptDirectory.from_config(alembic_config(config.database_url)).get_heads())
    return Answer({"heads": heads}, f"the schema is up to date ({', '.join(heads)})")


async def url(config: Config, _options: Mapping[str, object]) -> Answer:
    """Say which database the settings name, without its password."""
    shown = make_url(config.database_url).render_as_string(hide_password=True)
    return Answer({"url": shown}, shown)


COMMANDS = (
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
