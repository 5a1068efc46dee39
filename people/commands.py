"""The operator's commands for accounts: opening one, and ending all its sign-ins.

The server may run meanwhile; sign-ins that are ended here are ended for it at its next start, or when
their access token runs out.
"""

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast, get_args

from base.bus import Bus
from base.clock import SystemClock
from base.commands import Answer, Command, Option, WrongUsage
from base.config import Config
from base.db import Database
from base.metrics import Metrics
from base.signing import Signer, load_or_create_key
from people.config import PeopleConfig
from people.service import PeopleService
from wire.common import Role
from wire.lobby import Subject


async def add(config: Config, options: Mapping[str, object]) -> Answer:
    """Open an account; the password is asked for, or read from standard input.

    It is never an option, because other users of the machine can see those.
    """
    given = cast("Mapping[str, Any]", options)
    student, grades = given["role"] == "student", list(given["grade"])
    if student and len(grades) != 1:
        raise WrongUsage("a student needs one --grade")
    password = await asyncio.to_thread(_password)
    async with _people(config) as people:
        person = await people.create(
            login=given["login"],
            password=password,
            name=given["name"],
            role=given["role"],
            grade=grades[0] if student else None,
            school=given["school"],
            subjects=list(given["subject"]),
            grades=[] if student else grades,
            biography=given["biography"],
        )
    return Answer({"person": person.id}, person.id)


async def sign_out(config: Config, options: Mapping[str, object]) -> Answer:
    """End all sign-ins of an account."""
    async with _people(config) as people:
        person = await people.by_login(str(options["login"]))
        ended = await people.sign_out_everywhere(person.id, "operator")
    return Answer({"person": person.id, "ended": ended}, f"{ended} sign-ins ended")


@asynccontextmanager
async def _people(config: Config) -> AsyncIterator[PeopleService]:
    clock, metrics = SystemClock(), Metrics()
    database = Database(config.database_url)
    try:
        await database.migrate()
        people = PeopleService(
            database,
            Bus(database, clock, metrics),
            Signer(load_or_create_key(config.secret_file)),
            config.of(PeopleConfig),
            clock,
            metrics,
        )
        try:
            yield people
        finally:
            people.close()
    finally:
        await database.close()


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")


COMMANDS = (
    Command(
        name="people add",
        help="Open an account. The password is asked for, or read from standard input.",
        run=add,
        options=(
            Option(name="login", help="What they sign in with.", required=True),
            Option(name="name", help="What others see.", required=True),
            Option(name="role", help="What they are.", required=True, choices=get_args(Role)),
            Option(name="school", help="Their school.", default=""),
            Option(name="biography", help="A teacher's, for students to read.", default=""),
            Option(
                name="subject",
                help="A teacher's; may be given several times.",
                choices=get_args(Subject),
                many=True,
            ),
            Option(
                name="grade",
                help="1 to 12: a student's, or each of a teacher's.",
                kind="integer",
                many=True,
            ),
        ),
        examples=(
            "inkcall people add --login lin --name 林小雨 --role student --grade 8",
            "inkcall people add --login chen --name 陈静怡 --role teacher --subject maths --grade 8 --grade 9",
        ),
    ),
    Command(
        name="people sign-out",
        help="End all sign-ins of an account, for example of one whose phone was lost.",
        run=sign_out,
        options=(Option(name="login", help="Whose.", required=True),),
        examples=("inkcall people sign-out --login chen",),
    ),
)
