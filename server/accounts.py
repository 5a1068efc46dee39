"""Opens accounts and ends sign-ins from the command line, on the machine the server runs on.

    python -m server.accounts add --login chen --name 陈静怡 --role teacher --subject maths --grade 8
    python -m server.accounts sign-out --login chen

The password is asked for, or read from standard input; it is never an argument, because other
users of the machine can see those. The server may run meanwhile; sign-ins that are ended here are
ended for it at its next start, or when their access token runs out.
"""

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path
from typing import get_args

from base.bus import Bus
from base.clock import SystemClock
from base.config import Config, ConfigError, load_config
from base.database_url import DatabaseError
from base.db import Database
from base.errors import Refusal
from base.metrics import Metrics
from base.part import migrations
from base.signing import Signer, load_or_create_key
from people.config import PeopleConfig
from people.service import PeopleService
from server.app import PARTS, SECTIONS
from wire.common import Role
from wire.lobby import Subject


def main() -> int:
    """Do what the command line says; return the exit status."""
    arguments = _parser().parse_args()
    file = arguments.config or (Path("config.yaml") if Path("config.yaml").is_file() else None)
    try:
        asyncio.run(_run(load_config(file, os.environ, SECTIONS), arguments))
    except (ConfigError, DatabaseError, Refusal) as error:
        sys.stderr.write(f"{getattr(error, 'text', error)}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server.accounts")
    parser.add_argument("--config", type=Path, help="settings (default: ./config.yaml if there)")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="open an account")
    add.add_argument("--login", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=get_args(Role))
    add.add_argument("--school", default="")
    add.add_argument("--biography", default="")
    add.add_argument("--subject", action="append", default=[], choices=get_args(Subject))
    add.add_argument("--grade", action="append", default=[], type=int, help="1 to 12")
    out = commands.add_parser("sign-out", help="end all sign-ins of an account")
    out.add_argument("--login", required=True)
    return parser


async def _run(config: Config, arguments: argparse.Namespace) -> None:
    clock, metrics = SystemClock(), Metrics()
    database = Database(config.database_url)
    try:
        await database.migrate(migrations(PARTS))
        people = PeopleService(
            database,
            Bus(database, clock, metrics),
            Signer(load_or_create_key(config.secret_file)),
            config.of(PeopleConfig),
            clock,
            metrics,
        )
        try:
            await (_add if arguments.command == "add" else _sign_out)(people, arguments)
        finally:
            people.close()
    finally:
        await database.close()


async def _add(people: PeopleService, arguments: argparse.Namespace) -> None:
    student = arguments.role == "student"
    if student and len(arguments.grade) != 1:
        raise Refusal("bad_person", "a student needs one --grade")
    person = await people.create(
        login=arguments.login,
        password=await asyncio.to_thread(_password),
        name=arguments.name,
        role=arguments.role,
        grade=arguments.grade[0] if student else None,
        school=arguments.school,
        subjects=arguments.subject,
        grades=[] if student else arguments.grade,
        biography=arguments.biography,
    )
    sys.stdout.write(f"{person.id}\n")


async def _sign_out(people: PeopleService, arguments: argparse.Namespace) -> None:
    person = await people.by_login(arguments.login)
    ended = await people.sign_out_everywhere(person.id, "operator")
    sys.stdout.write(f"{ended} sign-ins ended\n")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")


if __name__ == "__main__":
    sys.exit(main())
