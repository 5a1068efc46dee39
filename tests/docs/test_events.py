"""docs/events.md says what the code says, and every event ever kept can be read."""

import importlib
import json
import re
from pathlib import Path

import msgspec
import pytest

from base.events import DomainEvent, event_name

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/events.md").read_text("utf-8")
FIXTURES = json.loads((ROOT / "tests/fixtures/events.json").read_text("utf-8"))


def known() -> dict[str, type[DomainEvent]]:
    """Return every event of the packages' own `events.py`, by name."""
    found = {}
    for file in sorted(ROOT.glob("*/events.py")):
        module = importlib.import_module(f"{file.parent.name}.events")
        for kind in vars(module).values():
            if not (isinstance(kind, type) and issubclass(kind, DomainEvent)):
                continue
            if kind.__module__ == module.__name__ and kind.__struct_config__.tag is not None:
                found[event_name(kind)] = kind
    return dict(sorted(found.items()))


KNOWN = known()


def test_the_page_has_a_line_for_every_event_and_says_what_it_carries() -> None:
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| `")
    ]
    assert [
        (
            name,
            str(kind.version),
            f"`{kind.about[0]}:`",
            "always" if kind.kept_days is None else f"{kind.kept_days} days",
            list(kind.__struct_fields__),
        )
        for name, kind in KNOWN.items()
    ] == [
        (name.strip("`"), version, scope, keeping, re.findall(r"`(\w+)`", fields))
        for name, version, scope, keeping, fields in lines
    ]


@pytest.mark.parametrize("name", KNOWN)
def test_every_form_of_an_event_that_was_ever_kept_can_be_read(name: str) -> None:
    newest, *older = FIXTURES[name]
    event = msgspec.json.decode(json.dumps(newest), type=KNOWN[name])
    assert json.loads(msgspec.json.encode(event)) == newest
    assert set(newest) == {"type", *KNOWN[name].__struct_fields__}
    for kept in older:
        msgspec.json.decode(json.dumps(kept), type=KNOWN[name])


def test_there_is_no_fixture_of_an_unknown_event() -> None:
    assert list(FIXTURES) == list(KNOWN)
