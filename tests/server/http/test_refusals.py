"""Every code that is raised has one status, brought by its part or common to all; the page shows it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app import PARTS, ROUTES, with_http
from server.http.openapi import codes
from server.http.refusals import STATUS, with_codes
from tests.fakes.described import STATUSES
from wire import codes as wire_codes

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("base", "people", "sessions", "matching", "recorder", "server")
SOCKETS_ONLY = {"version", "hello_first", "hello_twice", "join_first", "join_twice", "text_frame"}
"""Refusals that end a socket in its handshake; no HTTP handler can raise them."""
COMMANDS_ONLY = {"not_copied"}
COMMANDS = "server/backup/"
"""What commands say and no page can meet; whole folders of them."""


def raised() -> Iterator[tuple[str, str]]:
    """Yield the place and the code of every refusal the source makes."""
    for package in SOURCES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                    "Refusal",
                    "render_error",
                ):
                    code = node.args[0]
                    where = f"{file.relative_to(ROOT)}:{node.lineno}"
                    if isinstance(code, ast.Constant):
                        yield where, str(code.value)
                    elif isinstance(code, ast.Attribute) and code.attr.isupper():
                        yield where, str(getattr(wire_codes, code.attr))


def test_every_code_that_is_raised_has_a_status() -> None:
    found = list(raised())
    assert len(found) > 40
    elsewhere = SOCKETS_ONLY | COMMANDS_ONLY
    missing = [
        (where, code)
        for where, code in found
        if code not in {*STATUSES, *elsewhere} and not where.startswith(COMMANDS)
    ]
    assert missing == []


@pytest.mark.parametrize("package", ["base", "people", "sessions", "recorder"])
def test_what_a_package_refuses_with_its_own_parts_bring(package: str) -> None:
    brought = {
        code
        for part in with_http(PARTS)
        if part.start.__module__.startswith(package)
        for code in part.codes
    }
    strange = [
        (where, code)
        for where, code in raised()
        if where.startswith(f"{package}/") and code not in {*STATUS, *SOCKETS_ONLY, *COMMANDS_ONLY}
        if code not in brought
    ]
    assert strange == []


def test_every_code_that_a_row_names_has_a_status() -> None:
    assert {code for route in ROUTES for code in codes(route)} <= set(STATUSES)


def test_the_page_lists_every_code_with_its_status() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    section = page.split("\n## HTTP\n")[1].split("\n## ")[0]
    written = re.findall(r"^\| (\d{3}) \| `(\w+)` \| .+ \|$", section, re.M)
    assert {code: int(status) for status, code in written} == STATUSES


def test_a_part_brings_its_codes_and_gives_none_a_second_status() -> None:
    assert with_codes(STATUS, {"guestbook_full": 409})["guestbook_full"] == 409
    assert with_codes(STATUS, {"forbidden": 403}) == STATUS
    for codes_of_part in ({"forbidden": 404}, {"well_done": 200}):
        with pytest.raises(ValueError, match="status"):
            with_codes(STATUS, codes_of_part)
