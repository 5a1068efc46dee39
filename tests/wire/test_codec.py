"""The decoder on frames of junk: a message or a `WireError`, and never anything else."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from wire import codec, codes
from wire.codec import FrameDecoder, WireError, decode_event, encode
from wire.common import MAX_FRAME_BYTES, Message
from wire.messages import EVENTS, MESSAGE_TYPES

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "fixtures/messages.json").read_text("utf-8")
)
DECODERS = [
    codec.lobby_from_client,
    codec.room_from_client,
    codec.pen_from_client,
    codec.lobby_from_server,
    codec.room_from_server,
    codec.pen_from_server,
]
FRAMES = [bytes.fromhex(example["hex"]) for example in EXAMPLES.values()]

# The nightly run sets INKCALL_FUZZ_SECONDS; one example of the slowest takes some 4 ms.
NIGHTLY = settings(
    max_examples=300 + int(float(os.environ.get("INKCALL_FUZZ_SECONDS", "0")) * 250),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=40)
) | st.binary(max_size=40)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5)
    ),
    max_leaves=20,
)


def check(decode: FrameDecoder, frame: bytes) -> None:
    """Decode, and hold whatever is accepted to be a message that survives another round."""
    try:
        message = decode(frame)
    except WireError as error:
        assert error.code in {codes.BAD_MESSAGE, codes.TOO_LARGE}
        assert len(error.text) <= 200
        return
    assert isinstance(message, Message)
    assert decode(encode(message)) == message


@NIGHTLY
@given(st.sampled_from(DECODERS), st.binary(max_size=400))
def test_random_bytes_are_refused_with_a_code(decode: FrameDecoder, frame: bytes) -> None:
    check(decode, frame)


@NIGHTLY
@given(st.sampled_from(DECODERS), st.sampled_from(FRAMES), st.data())
def test_a_message_with_flipped_bytes_is_refused_or_still_one(
    decode: FrameDecoder, frame: bytes, data: st.DataObject
) -> None:
    broken = bytearray(frame)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    check(decode, bytes(broken[: data.draw(st.integers(0, len(broken)))]))
    check(decode, bytes(broken))


@NIGHTLY
@given(st.sampled_from(DECODERS), st.sampled_from(sorted(MESSAGE_TYPES)), st.data())
def test_a_message_with_junk_in_a_field_is_refused_or_still_one(
    decode: FrameDecoder, name: str, data: st.DataObject
) -> None:
    fields = dict(EXAMPLES[name]["json"])
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(values)
    check(decode, msgspec.msgpack.encode(fields))


@pytest.mark.parametrize("decode", DECODERS)
def test_broken_utf8_inside_a_string_is_refused(decode: FrameDecoder) -> None:
    # fixmap{ "type": "\xff\xfe" } and, in a field that is ignored, { "type": "hello", "x": "\xff" }
    for frame in (b"\x81\xa4type\xa2\xff\xfe", b"\x82\xa4type\xa5hello\xa1x\xa1\xff"):
        with pytest.raises(WireError) as caught:
            decode(frame)
        assert caught.value.code == codes.BAD_MESSAGE


@pytest.mark.parametrize("opener", [b"\x91", b"\x81\xa1a"])
def test_nesting_without_end_is_refused_even_in_a_field_that_is_ignored(opener: bytes) -> None:
    deep = opener * 20_000 + b"\xc0"
    with pytest.raises(WireError):
        codec.lobby_from_client(b"\x83\xa4type\xa4ping\xa7sent_ms\x01\xa1x" + deep)
    with pytest.raises(WireError):
        codec.lobby_from_client(deep)


@pytest.mark.parametrize(
    "frame", [b"", b"\xc1", b"\x80", b"\x81\xa4type\xa4nope", b"\xdd\xff\xff\xff\xff"]
)
def test_what_is_no_message_is_refused(frame: bytes) -> None:
    with pytest.raises(WireError) as caught:
        codec.room_from_client(frame)
    assert caught.value.code == codes.BAD_MESSAGE


def test_two_messages_in_one_frame_are_refused() -> None:
    frame = bytes.fromhex(EXAMPLES["ping"]["hex"])
    with pytest.raises(WireError):
        codec.room_from_client(frame + frame)


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(WireError) as caught:
        codec.room_from_client(b"\xc1" * (MAX_FRAME_BYTES + 1))
    assert caught.value.code == codes.TOO_LARGE


def test_a_client_takes_a_snapshot_larger_than_a_frame() -> None:
    fields = json.loads(json.dumps(EXAMPLES["snapshot"]["json"]))
    stroke = fields["board"]["strokes"]["pen_a.1"]
    stroke["points"] = [[100, 200, 500, 8]] * 20_000
    frame = msgspec.msgpack.encode(fields)
    assert len(frame) > MAX_FRAME_BYTES
    assert len(codec.room_from_server(frame).board.strokes["pen_a.1"].points) == 20_000


def test_the_reason_of_a_refusal_shows_nothing_of_what_was_sent() -> None:
    frame = msgspec.msgpack.encode({**EXAMPLES["say"]["json"], "n": "my secret"})
    with pytest.raises(WireError) as caught:
        codec.room_from_client(frame)
    assert "secret" not in caught.value.text


def test_a_recorded_event_decodes_and_nothing_but_an_event_does() -> None:
    events = {str(event.__struct_config__.tag) for event in EVENTS}
    for name, example in EXAMPLES.items():
        payload = bytes.fromhex(example["hex"])
        if name in events:
            assert encode(decode_event(payload)) == payload
        else:
            with pytest.raises(WireError):
                decode_event(payload)
