"""docs/protocol.md says what the code says: messages, fields, examples, codes."""

import json
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from wire import board, codes, lobby, messages, room
from wire.messages import MESSAGE_TYPES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/protocol.md").read_text("utf-8")
EXAMPLES = json.loads((ROOT / "tests/fixtures/messages.json").read_text("utf-8"))
PARTS = {
    part.__name__: part
    for part in (
        board.Page,
        board.Point,
        board.Stroke,
        board.Board,
        board.ChatLine,
        room.Member,
        lobby.TeacherCard,
        lobby.LabelCount,
        lobby.PastSession,
        lobby.DueForm,
    )
}
SOCKETS = {
    "lobby": (messages.LOBBY_FROM_CLIENT, messages.LOBBY_FROM_SERVER),
    "room": (messages.ROOM_FROM_CLIENT, messages.ROOM_FROM_SERVER),
    "pen": (messages.PEN_FROM_CLIENT, messages.PEN_FROM_SERVER),
}


def section(heading: str) -> str:
    """Return what stands below a heading of the third level, up to the next heading."""
    found = re.search(rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S)
    assert found, heading
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_message_has_one_heading_in_the_registers_order() -> None:
    assert re.findall(r"^### `(\w+)`", PAGE, re.M) == list(MESSAGE_TYPES)


@pytest.mark.parametrize("name", MESSAGE_TYPES)
def test_the_example_is_the_fixtures(name: str) -> None:
    block = re.search(r"```json\n(.*?)\n```", section(f"`{name}`"), re.S)
    assert block
    assert json.loads(block[1]) == EXAMPLES[name]["json"]


@pytest.mark.parametrize("name", [*MESSAGE_TYPES, *PARTS])
def test_the_table_names_the_fields_and_their_defaults(name: str) -> None:
    struct = MESSAGE_TYPES.get(name) or PARTS[name]
    heading = f"`{name}`" if name in MESSAGE_TYPES else name
    table = {row[0].strip("`"): row for row in rows(section(heading))}
    fields = {field.name: field for field in msgspec.structs.fields(struct)}

    assert list(table) == list(fields)
    for key, (_, kind, default, meaning) in table.items():
        assert kind and meaning, key
        if fields[key].required:
            assert default == "", key
        elif fields[key].default is not msgspec.NODEFAULT:
            assert json.loads(default.strip("`")) == fields[key].default, key


@pytest.mark.parametrize("name", MESSAGE_TYPES)
def test_the_direction_and_the_sockets_are_told(name: str) -> None:
    message = MESSAGE_TYPES[name]
    sockets = [socket for socket, ways in SOCKETS.items() if any(message in way for way in ways)]
    from_client = any(message in ways[0] for ways in SOCKETS.values())
    way = "client → server" if from_client else "server → client"

    assert f"*{way} · {', '.join(sockets)}*" in section(f"`{name}`")


def test_the_table_of_codes_is_complete() -> None:
    part = PAGE.partition("## Codes")[2].partition("\n## ")[0]
    told = {row[0].strip("`"): (row[1], row[2]) for row in rows(part)}
    known = {
        value: (
            str(codes.CLOSE_CODES.get(value, "")),
            "final" if value in codes.DO_NOT_RECONNECT else "",
        )
        for name, value in vars(codes).items()
        if name.isupper() and isinstance(value, str)
    }
    assert told == known


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("subject", get_args(lobby.Subject)),
        ("presence", get_args(lobby.Presence)),
        ("outcome", get_args(lobby.CallOutcome)),
        ("permission", get_args(room.Permission)),
        ("link", get_args(room.Link)),
        ("end reason", get_args(room.EndReason)),
    ],
)
def test_the_words_of_a_type_are_all_there(name: str, values: tuple[str, ...]) -> None:
    row = re.search(rf"^\| {name} \| (.*) \|$", PAGE, re.M)
    assert row
    assert re.findall(r"`(\w+)`", row[1]) == list(values)
