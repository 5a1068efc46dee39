"""The operator's command for the guestbook."""

from collections.abc import Mapping

from sqlalchemy import func, select

from base.commands import Answer, Command
from base.config import Config
from base.db import Database
from tests.fakes.part_guestbook.tables import EntryRow


async def count(config: Config, _options: Mapping[str, object]) -> Answer:
    """Say how many entries there are."""
    database = Database(config.database_url)
    try:
        async with database.reading() as transaction:
            number = await transaction.scalar(select(func.count()).select_from(EntryRow))
    finally:
        await database.close()
    return Answer({"entries": number}, f"{number} entries")


COMMANDS = (
    Command(
        name="guestbook count",
        help="Show how many entries the guestbook has.",
        run=count,
        examples=("inkcall guestbook count",),
    ),
)
