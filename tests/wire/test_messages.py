"""Every message: its literal example, its bounds, and what junk in its fields is answered with."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wire import codes
from wire.codec import FrameDecoder, WireError, encode
from wire.common import MAX_FRAME_BYTES, Message
from wire.messages import (
    EVENTS,
    LOBBY_FROM_CLIENT,
    LOBBY_FROM_SERVER,
    MESSAGE_TYPES,
    OPERATIONS,
    PEN_FROM_CLIENT,
    PEN_FROM_SERVER,
    ROOM_FROM_CLIENT,
    ROOM_FROM_SERVER,
)

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "fixtures/messages.json").read_text("utf-8")
)
DIRECTIONS = {
    "lobby_from_client": LOBBY_FROM_CLIENT,
    "lobby_from_server": LOBBY_FROM_SERVER,
    "room_from_client": ROOM_FROM_CLIENT,
    "room_from_server": ROOM_FROM_SERVER,
    "pen_from_client": PEN_FROM_CLIENT,
    "pen_from_server": PEN_FROM_SERVER,
}

every_message = pytest.mark.parametrize("name", MESSAGE_TYPES)


def decoder(name: str) -> FrameDecoder:
    return FrameDecoder([MESSAGE_TYPES[name]])


def pack(fields: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(fields)


def fields_of(name: str) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(MESSAGE_TYPES[name])


def test_every_message_has_exactly_one_example_in_the_registers_order() -> None:
    assert list(EXAMPLES) == list(MESSAGE_TYPES)


@every_message
def test_the_example_is_what_crosses_the_wire(name: str) -> None:
    example = EXAMPLES[name]
    message = msgspec.convert(example["json"], MESSAGE_TYPES[name])

    assert encode(message).hex() == example["hex"]
    assert msgspec.msgpack.decode(bytes.fromhex(example["hex"])) == example["json"]


@every_message
def test_the_example_comes_back_as_the_message_it_was(name: str) -> None:
    message = decoder(name)(bytes.fromhex(EXAMPLES[name]["hex"]))

    assert type(message) is MESSAGE_TYPES[name]
    assert msgspec.to_builtins(message) == EXAMPLES[name]["json"]
    assert decoder(name)(encode(message)) == message


@every_message
def test_the_example_spells_every_field_out(name: str) -> None:
    assert list(EXAMPLES[name]["json"]) == ["type", *(field.name for field in fields_of(name))]


@every_message
def test_a_field_of_the_wrong_type_is_refused(name: str) -> None:
    example = EXAMPLES[name]["json"]
    for field in fields_of(name):
        # "pages" is a field of Board, so that the map is wrong there too.
        junks: list[Any] = [{"pages": None}, -(2**63), b"\x00", [[None]], 1e308]
        for junk in junks:
            with pytest.raises(WireError) as caught:
                decoder(name)(pack({**example, field.name: junk}))
            assert caught.value.code == codes.BAD_MESSAGE, field.name


@every_message
def test_a_missing_field_is_refused_unless_it_has_a_default(name: str) -> None:
    example = EXAMPLES[name]["json"]
    for field in fields_of(name):
        frame = pack({key: value for key, value in example.items() if key != field.name})
        if field.required:
            with pytest.raises(WireError) as caught:
                decoder(name)(frame)
            assert caught.value.code == codes.BAD_MESSAGE, field.name
        else:
            assert type(decoder(name)(frame)) is MESSAGE_TYPES[name]


@every_message
def test_a_text_or_list_without_end_is_refused(name: str) -> None:
    """Where the server sends without a bound of its own, the frame's limit holds."""
    example = EXAMPLES[name]["json"]
    for field in fields_of(name):
        value = example[field.name]
        if isinstance(value, str):
            frame = pack({**example, field.name: "a" * (MAX_FRAME_BYTES + 1)})
        elif isinstance(value, list) and value:
            frame = pack({**example, field.name: value * (MAX_FRAME_BYTES + 1)})
        else:
            continue
        with pytest.raises(WireError) as caught:
            decoder(name)(frame)
        assert caught.value.code == codes.TOO_LARGE, field.name


@pytest.mark.parametrize("group", ["lobby_from_client", "room_from_client", "pen_from_client"])
def test_what_a_client_sends_has_a_bound_below_the_frames(group: str) -> None:
    """A text of 20 000 letters or a list of 600 passes the frame's limit and still is refused."""
    for message in DIRECTIONS[group]:
        name = str(message.__struct_config__.tag)
        example = EXAMPLES[name]["json"]
        for field in fields_of(name):
            value = example[field.name]
            if isinstance(value, str):
                frame = pack({**example, field.name: "a" * 20_000})
            elif isinstance(value, list):
                frame = pack({**example, field.name: [value[0]] * 600})
            else:
                continue
            assert len(frame) < MAX_FRAME_BYTES
            with pytest.raises(WireError):
                decoder(name)(frame)


@every_message
def test_an_unknown_field_is_ignored_so_that_a_newer_peer_may_add_one(name: str) -> None:
    frame = pack({**EXAMPLES[name]["json"], "of_a_later_version": [1, {"a": None}]})
    assert msgspec.to_builtins(decoder(name)(frame)) == EXAMPLES[name]["json"]


@pytest.mark.parametrize("group", DIRECTIONS)
@every_message
def test_a_message_is_taken_only_on_the_sockets_and_in_the_direction_it_belongs_to(
    name: str, group: str
) -> None:
    decode = FrameDecoder(DIRECTIONS[group])
    frame = bytes.fromhex(EXAMPLES[name]["hex"])
    if MESSAGE_TYPES[name] in DIRECTIONS[group]:
        assert type(decode(frame)) is MESSAGE_TYPES[name]
    else:
        with pytest.raises(WireError) as caught:
            decode(frame)
        assert caught.value.code == codes.BAD_MESSAGE


def test_names_are_unique() -> None:
    messages = {message for group in DIRECTIONS.values() for message in group}
    assert len(MESSAGE_TYPES) == len(messages)


def test_every_operation_is_counted_and_every_event_has_its_place() -> None:
    assert all("n" in operation.__struct_fields__ for operation in OPERATIONS)
    assert all({"seq", "at"} <= set(event.__struct_fields__) for event in EVENTS)


def test_messages_cannot_be_changed_after_they_were_made() -> None:
    assert all(message.__struct_config__.frozen for message in MESSAGE_TYPES.values())


def test_the_longest_legal_operation_fits_a_frame() -> None:
    point = [200_000, 200_000, 1000, 3_600_000]
    frame = pack({**EXAMPLES["stroke_begin"]["json"], "points": [point] * 512})
    message: Message = FrameDecoder(ROOM_FROM_CLIENT)(frame)
    assert len(encode(message)) < MAX_FRAME_BYTES
