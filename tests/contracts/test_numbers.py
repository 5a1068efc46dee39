"""Every figure of docs/protocol.md is the code's, and stands in one place only."""

import importlib
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from base.config import COMMON, config_of
from server.app import SECTIONS as BROUGHT
from wire import common

ROOT = Path(__file__).parents[2]
SECTIONS = {**COMMON, **BROUGHT}
PAGE = (ROOT / "docs/protocol.md").read_text("utf-8")
LIMITS = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| `([^`|]+)` \|",
    PAGE.partition("\n## Limits\n")[2].partition("\n## ")[0],
    re.M,
)
UNITS = {"": 1.0, "s": 1.0, "KiB": 1024.0, "MiB": 1024.0**2, "MB": 1e6}
SOCKET = (ROOT / "web/src/net/socket.ts").read_text("utf-8")


def told(text: str) -> float:
    """Return a figure as a person writes it: `20 000`, `64 KiB`, `0.5 s`."""
    found = re.fullmatch(r"(\d[\d ]*(?:\.\d+)?)(?: ([A-Za-z]+))?", text)
    assert found, text
    return float(found[1].replace(" ", "")) * UNITS[found[2] or ""]


def bound(annotated: object) -> int:
    """Return the longest value a bounded type takes."""
    meta = next(part for part in get_args(annotated) if isinstance(part, msgspec.Meta))
    assert meta.max_length is not None
    return meta.max_length


def known(name: str) -> float:
    """Return what the code says under the name of a setting or constant."""
    if name.startswith("web "):
        found = re.search(rf"^const {name.removeprefix('web ')} = ([\d_]+)$", SOCKET, re.M)
        assert found, name
        return int(found[1]) / 1000
    where, _, last = name.rpartition(".")
    if where in SECTIONS:
        return float(getattr(config_of({}, BROUGHT).sections[where], last))
    value = getattr(importlib.import_module(where), last)
    return float(value if isinstance(value, int) else bound(value))


def test_the_table_was_found() -> None:
    assert len(LIMITS) > 25


@pytest.mark.parametrize(("what", "figure", "name"), LIMITS)
def test_a_limit_is_the_codes(what: str, figure: str, name: str) -> None:
    assert told(figure) == known(name), what


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("id", common.Id),
        ("token", common.Token),
        ("name", common.Name),
        ("short text", common.ShortText),
    ],
)
def test_the_length_of_a_type_is_the_codes(name: str, kind: object) -> None:
    row = re.search(rf"^\| {name} \| (\d+)–([\d ]+) letters", PAGE, re.M)
    assert row
    meta = next(part for part in get_args(kind) if isinstance(part, msgspec.Meta))
    assert (int(row[1]), told(row[2].strip())) == (meta.min_length or 0, meta.max_length)


@pytest.mark.parametrize("page", ["protocol.md", "architecture.md"])
def test_the_text_names_settings_and_repeats_no_figure_of_theirs(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    before, _, rest = text.partition("\n## Limits\n")
    prose = before + rest.partition("\n## ")[2]
    prose = re.sub(r"^```.*?^```", "", prose, flags=re.M | re.S)
    stray = re.findall(r"\b\d[\d ]*(?:\.\d+)? ?(?:s|KiB|MiB|MB|seconds|messages|events)\b", prose)
    spelt = re.findall(r"\b(?:ten|twelve|twenty|thirty|sixty) seconds\b", prose)
    assert (stray, spelt) == ([], [])


def test_every_setting_the_page_names_exists() -> None:
    named = set(re.findall(rf"`((?:{'|'.join(SECTIONS)})\.\w+)`", PAGE))
    assert named
    missing = [
        name
        for name in named
        if name.partition(".")[2] not in SECTIONS[name.partition(".")[0]].__struct_fields__
    ]
    assert missing == []
