"""`inkcall` as an operator types it: help, answers in both forms, and what each exit code means."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from base.commands import Answer, Command
from server.cli import program
from tests.fakes.processes import ROOT, free_port

CLI = [sys.executable, "-m", "server.cli"]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    return {
        **os.environ,
        "INKCALL__SERVER__PORT": "0",
        "INKCALL__MEDIA__PORT": "0",
        "INKCALL__SERVER__DATA_DIR": str(folder / "data"),
        "INKCALL__RECORDER__MIN_FREE_BYTES": "0",
        **settings,
    }


def inkcall(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*CLI, *arguments],
        cwd=ROOT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("words", [(), ("serve",), ("db",), ("db", "migrate"), ("db", "url")])
def test_help_is_for_a_newcomer(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = inkcall(tmp_path, *words, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: {' '.join(('inkcall', *words))} ")
    assert words == ("db",) or "Examples:\n" in done.stdout


def test_migrating_twice_is_the_same_as_once(tmp_path: Path) -> None:
    first = inkcall(tmp_path, "db", "migrate", "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["heads"]
    assert (tmp_path / "data" / "inkcall.db").is_file()
    assert inkcall(tmp_path, "db", "migrate", "--json").stdout == first.stdout
    assert "up to date" in inkcall(tmp_path, "db", "migrate").stdout


def test_the_databases_password_is_not_shown(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://ink:secret@db/ink"
    done = inkcall(tmp_path, "db", "url", "--json", INKCALL__DATABASE__URL=url)
    assert json.loads(done.stdout) == {"url": "postgresql+asyncpg://ink:***@db/ink"}


@pytest.mark.parametrize(
    ("typed", "meant"), [(("srve",), "'serve'"), (("db", "migate"), "'migrate'")]
)
def test_an_unknown_command_suggests_the_nearest(
    tmp_path: Path, typed: tuple[str, ...], meant: str
) -> None:
    done = inkcall(tmp_path, *typed)
    assert done.returncode == 2
    assert f"did you mean {meant}?" in done.stderr


def test_a_wrong_setting_is_wrong_usage(tmp_path: Path) -> None:
    done = inkcall(tmp_path, "db", "url", "--json", INKCALL__ROOMS__GRACES="60")
    assert done.returncode == 2
    assert "INKCALL__ROOMS__GRACES" in json.loads(done.stderr)["error"]["text"]


def test_what_fails_is_one_sentence_and_one(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    done = inkcall(tmp_path, "db", "migrate")
    assert done.returncode == 1
    assert done.stderr.startswith("inkcall: db migrate: ")
    assert "Traceback" not in done.stderr


def test_a_busy_port_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = inkcall(tmp_path, "serve", INKCALL__SERVER__PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("inkcall: ")]
    assert len(said) == 1
    assert "INKCALL__SERVER__PORT" in said[0]


async def test_serve_runs_until_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *CLI,
        "serve",
        cwd=ROOT,
        env=environment(tmp_path, INKCALL__SERVER__PORT=str(port)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while b"started" not in (line := await process.stderr.readline()):
            assert line, "it ended without having started"
        process.send_signal(signal.SIGINT)
        await process.stderr.read()
        assert await process.wait() == 0


def test_two_commands_of_one_name_are_a_mistake() -> None:
    async def run(*_: object) -> Answer:
        return Answer({}, "")

    command = Command(name="db url", help="", run=run)
    with pytest.raises(ValueError, match="db url"):
        program((command, command))
