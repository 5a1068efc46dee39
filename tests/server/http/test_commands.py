"""`inkcall openapi` says what a running server says, and needs none."""

import json
import subprocess
import sys
from pathlib import Path

from tests.fakes.http_server import http_server

ROOT = Path(__file__).parents[3]


async def test_the_command_prints_what_the_server_shows(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "openapi"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    async with http_server(tmp_path) as http:
        shown = await (await http.call("GET", "/api/openapi.json")).json()
    assert json.loads(done.stdout) == shown
