"""`inkcall openapi` says what a running server says, and needs none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fakes.http_server import http_server

ROOT = Path(__file__).parents[3]


def said(program: str, *options: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", program, "openapi", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_part_that_is_added_is_described_too() -> None:
    paths = said("tests.fakes.part_guestbook", "--json")["paths"]
    assert {"/api/guestbook", "/api/sign-in"} <= set(paths)


async def test_the_command_prints_what_the_server_shows(tmp_path: Path) -> None:
    async with http_server(tmp_path) as http:
        shown = await (await http.call("GET", "/api/openapi.json")).json()
    assert said("server.cli") == shown
