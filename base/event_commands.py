"""The operator's commands for the event log: who has heard how much, and hearing it again."""

from collections.abc import Mapping

from sqlalchemy import func, select

from base import eventlog
from base.commands import Answer, Command, Option
from base.config import Config
from base.db import Database
from base.errors import Refusal
from base.eventlog import CursorRow, WaitingRow


async def lag(config: Config, _options: Mapping[str, object]) -> Answer:
    """Say how far each subscription has come."""
    database = Database(config.database_url)
    try:
        async with database.reading() as transaction:
            newest = await eventlog.newest_id(transaction)
            waiting = {
                (part, name): count
                for part, name, count in await transaction.execute(
                    select(WaitingRow.part, WaitingRow.subscription, func.count()).group_by(
                        WaitingRow.part, WaitingRow.subscription
                    )
                )
            }
            cursors = list(
                await transaction.scalars(
                    select(CursorRow).order_by(CursorRow.part, CursorRow.subscription)
                )
            )
    finally:
        await database.close()
    rows: list[dict[str, object]] = [
        {
            "part": row.part,
            "subscription": row.subscription,
            "last_id": row.last_id,
            "behind": newest - row.last_id,
            "waiting": waiting.get((row.part, row.subscription), 0),
        }
        for row in cursors
    ]
    lines = [
        f"{row['part']}/{row['subscription']}: at {row['last_id']} of {newest}, {row['waiting']} waiting"
        for row in rows
    ]
    return Answer(
        {"newest_id": newest, "subscriptions": rows},
        "\n".join(lines) or "nobody has subscribed to anything yet",
    )


async def replay(config: Config, options: Mapping[str, object]) -> Answer:
    """Let a part hear everything again from an id on; a running server begins within seconds."""
    part, from_id = str(options["part"]), int(str(options["from"]))
    database = Database(config.database_url)
    try:
        async with database.transaction() as transaction:
            subscriptions = await eventlog.replay(transaction, part, from_id)
    finally:
        await database.close()
    if not subscriptions:
        raise _nobody(part)
    return Answer(
        {"part": part, "from_id": from_id, "subscriptions": subscriptions},
        f"{part} will hear everything again from {from_id} on: {', '.join(subscriptions)}",
    )


async def drop(config: Config, options: Mapping[str, object]) -> Answer:
    """Forget a part that is gone for good."""
    part = str(options["part"])
    database = Database(config.database_url)
    try:
        async with database.transaction() as transaction:
            subscriptions = await eventlog.drop(transaction, part)
    finally:
        await database.close()
    if not subscriptions:
        raise _nobody(part)
    return Answer(
        {"part": part, "subscriptions": subscriptions},
        f"{part} is forgotten: {', '.join(subscriptions)}; no event is kept for it any more",
    )


def _nobody(part: str) -> Refusal:
    return Refusal("not_found", f"no part called {part!r} has ever subscribed")


COMMANDS = (
    Command(
        name="events lag",
        help="Show how far each part has come in hearing what happened.",
        run=lag,
        examples=("inkcall events lag", "inkcall events lag --json"),
    ),
    Command(
        name="events replay",
        help="Let a part hear everything again, for example after its tables were emptied.",
        run=replay,
        options=(
            Option(
                name="part",
                help="Whose subscriptions, as `inkcall events lag` names them.",
                positional=True,
            ),
            Option(name="from", help="The first event's id.", kind="integer", default=1),
        ),
        examples=("inkcall events replay points", "inkcall events replay points --from 120000"),
    ),
    Command(
        name="events drop",
        help="Forget a part that is gone for good, so that no event is kept for it.",
        run=drop,
        options=(
            Option(
                name="part",
                help="Which, as `inkcall events lag` names it. Served again, it hears everything.",
                positional=True,
            ),
        ),
        examples=("inkcall events drop points",),
    ),
)
