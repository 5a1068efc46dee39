"""`inkcall`: the operator's one program, composed of the commands that the parts bring.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage (of the command line or the settings).
"""

import asyncio
import difflib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import click
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from base import db_commands, event_commands
from base.commands import Answer, Command, Option, WrongUsage
from base.config import Config, ConfigError, Section, load_config
from base.database_url import DatabaseError, why_unusable
from base.errors import Refusal
from base.part import Part, migrations, sections
from base.signing import KeyFileError
from server.__main__ import FAILED, WRONG_USAGE, StartFailed, serve
from server.app import PARTS, default_config_file, with_http
from server.http import commands as http_commands

Sections = Mapping[str, type[Section]]

CONFIG = click.Option(
    ["--config"],
    type=click.Path(path_type=Path),
    help="Settings (default: ./config.yaml if there).",
)
JSON = click.Option(["--json", "as_json"], is_flag=True, help="Answer in JSON, for programs.")


class Group(click.Group):
    """A group that suggests the nearest command when it does not know one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else "--help lists them."
            ctx.fail(f"there is no command {name!r}; {hint}")
        return super().resolve_command(ctx, args)


def main(arguments: Sequence[str] | None = None, parts: Sequence[Part] = PARTS) -> None:
    """Do what the command line says, and exit."""
    program(commands(parts), parts).main(args=arguments, prog_name="inkcall")


def commands(parts: Sequence[Part] = PARTS) -> tuple[Command, ...]:
    """Return the database's commands, the event log's, and every part's."""
    return (
        *db_commands.commands(migrations(parts)),
        *event_commands.COMMANDS,
        *http_commands.commands(with_http(parts)),
        *(command for part in with_http(parts) for command in part.commands),
    )


def program(commands: Sequence[Command], parts: Sequence[Part] = PARTS) -> click.Group:
    """Return the whole program; raise ValueError when two commands have one name."""
    brought = sections(with_http(parts))
    top = Group(
        "inkcall",
        help="Run and look after an Inkcall server.",
        epilog=_examples(("inkcall serve --demo", "inkcall db migrate", "inkcall db --help")),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    top.add_command(_serve(parts, brought))
    for command in commands:
        group, _, last = command.name.rpartition(" ")
        home = top if not group else top.commands.get(group)
        if home is None:
            home = Group(group, help=f"Commands for {group}.")
            top.add_command(home)
        if not isinstance(home, click.Group) or last in home.commands:
            raise ValueError(f"two commands are called {command.name!r}")
        home.add_command(_clicked(command, last, brought))
    return top


def _clicked(command: Command, name: str, brought: Sections) -> click.Command:
    def run(config: Path | None, as_json: bool, **given: Any) -> None:
        options = {option.name: given[_key(option)] for option in command.options}
        _say(_done(command, _settings(config, brought, as_json), options, as_json), as_json)

    return click.Command(
        name,
        callback=run,
        params=[*map(_option, command.options), CONFIG, JSON],
        help=command.help,
        epilog=_examples(command.examples),
    )


def _option(option: Option) -> click.Parameter:
    if option.positional:
        kind = int if option.kind == "integer" else str
        return click.Argument([_key(option)], type=kind, metavar=option.name.upper())
    names = [f"--{option.name}", _key(option)]
    if option.kind == "flag":
        return click.Option(names, is_flag=True, help=option.help)
    kind_of_text = click.Choice(option.choices) if option.choices else str
    # To click a default of None is a value, too: then nothing would be required any more.
    default: dict[str, Any] = {} if option.default is None else {"default": option.default}
    return click.Option(
        names,
        type=int if option.kind == "integer" else kind_of_text,
        required=option.required,
        multiple=option.many,
        help=option.help,
        show_default=bool(option.default),
        **default,
    )


def _key(option: Option) -> str:
    return f"option_{option.name.replace('-', '_')}"


def _done(command: Command, config: Config, options: dict[str, Any], as_json: bool) -> Answer:
    async def work() -> Answer:
        return await command.run(config, options)

    try:
        return asyncio.run(work())
    except Refusal as refusal:
        _fail(FAILED, refusal.code, refusal.text, as_json)
    except WrongUsage as wrong:
        _fail(WRONG_USAGE, "usage", str(wrong), as_json)
    except (DatabaseError, KeyFileError) as error:
        _fail(FAILED, "failed", f"{command.name}: {error}", as_json)
    except (SQLAlchemyError, CommandError, OSError, asyncpg.PostgresError) as error:
        # Their texts may hold addresses with passwords; the kind says enough with the settings at hand.
        where = "see `inkcall db url`" if not isinstance(error, OSError) else error.strerror
        plain = why_unusable(config.database_url, error) or f"{type(error).__name__}: {where}"
        _fail(FAILED, "failed", f"{command.name}: {plain}", as_json)


def _settings(file: Path | None, brought: Sections, as_json: bool) -> Config:
    try:
        return load_config(file or default_config_file(), os.environ, brought)
    except ConfigError as error:
        _fail(WRONG_USAGE, "settings", f"settings: {error}", as_json)


def _say(answer: Answer, as_json: bool) -> None:
    click.echo(json.dumps(answer.data, ensure_ascii=False) if as_json else answer.text)


def _fail(status: int, code: str, text: str, as_json: bool) -> NoReturn:
    error = {"error": {"code": code, "text": text}}
    click.echo(json.dumps(error, ensure_ascii=False) if as_json else f"inkcall: {text}", err=True)
    raise SystemExit(status)


def _examples(lines: Sequence[str]) -> str | None:
    # \b keeps click from filling the lines into a paragraph.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines) if lines else None


def _serve(parts: Sequence[Part], brought: Sections) -> click.Command:
    def run(config: Path | None, demo: bool) -> None:
        settings = _settings(config, brought, False)
        try:
            serve(settings, demo=demo, parts=parts)
        except StartFailed as error:
            _fail(FAILED, "start", str(error), False)

    return click.Command(
        "serve",
        callback=run,
        params=[
            click.Option(["--demo"], is_flag=True, help="With invented people to try it with."),
            CONFIG,
        ],
        help=(
            "Run the server until Ctrl-C. SIGTERM lets running sessions finish; "
            "a second one, or Ctrl-C, ends them now."
        ),
        epilog=_examples(("inkcall serve --demo", "INKCALL__SERVER__PORT=9000 inkcall serve")),
    )


if __name__ == "__main__":
    main()
