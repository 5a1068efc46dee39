"""A command of the operator's program, as a value: each part brings its own, the server composes them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from base.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a command, `--name` on the command line."""

    name: str
    """Letters and dashes, without the two in front; `run` finds its value under this name."""
    help: str
    kind: Literal["text", "integer", "flag"] = "text"
    required: bool = False
    default: str | int | bool | None = None
    positional: bool = False
    """Given by its place and not by its name."""
    choices: tuple[str, ...] = ()
    """The words it may be; empty: any."""
    many: bool = False
    """May be given several times; its value is a tuple."""


class WrongUsage(Exception):
    """The options contradict each other or mean nothing; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: values for a program (`--json`), a text for a person."""

    data: Mapping[str, object]
    text: str


Run = Callable[[Config, Mapping[str, object]], Awaitable[Answer]]
"""Does the work, given the settings and the options; raises `Refusal` when it may not, `WrongUsage`
when it is asked for what cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command; `name` is one word or a group and a word, such as "events replay"."""

    name: str
    help: str
    """The first sentence stands in the list of commands."""
    run: Run
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
