"""Messages to bytes and back: one msgpack map a WebSocket binary frame, typed and bounded."""

from collections.abc import Iterable
from typing import Any, Union

import msgspec

from wire import codes
from wire.common import MAX_FRAME_BYTES, Message
from wire.messages import (
    EVENTS,
    LOBBY_FROM_CLIENT,
    LOBBY_FROM_SERVER,
    PEN_FROM_CLIENT,
    PEN_FROM_SERVER,
    ROOM_FROM_CLIENT,
    ROOM_FROM_SERVER,
)
from wire.room import Event


class WireError(Exception):
    """The peer sent what is not a message. `code` is one of `wire.codes`; the text is safe."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class FrameDecoder:
    """Decodes the frames of one direction of one kind of socket."""

    def __init__(self, messages: Iterable[type[Message]], *, limit: int = MAX_FRAME_BYTES) -> None:
        self._decoder = msgspec.msgpack.Decoder(Union[tuple(messages)])  # noqa: UP007 built at run time
        self._limit = limit

    def __call__(self, frame: bytes) -> Any:
        """Return the message of `frame`; raise `WireError` for anything else."""
        if len(frame) > self._limit:
            raise WireError(codes.TOO_LARGE, f"a frame may hold {self._limit} bytes")
        try:
            return self._decoder.decode(frame)
        # msgspec lets UnicodeDecodeError through for broken UTF-8 inside a string, and
        # RecursionError for deep nesting in a field it would have ignored.
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            kind = "wrong type" if isinstance(error, msgspec.ValidationError) else "not msgpack"
            raise WireError(codes.BAD_MESSAGE, f"the frame is no message: {kind}") from error


lobby_from_client = FrameDecoder(LOBBY_FROM_CLIENT)
room_from_client = FrameDecoder(ROOM_FROM_CLIENT)
pen_from_client = FrameDecoder(PEN_FROM_CLIENT)

MAX_SNAPSHOT_BYTES = 64 * 1024 * 1024
"""Clients accept a snapshot of a full board, the one message larger than a frame's usual limit."""

lobby_from_server = FrameDecoder(LOBBY_FROM_SERVER, limit=MAX_SNAPSHOT_BYTES)
room_from_server = FrameDecoder(ROOM_FROM_SERVER, limit=MAX_SNAPSHOT_BYTES)
pen_from_server = FrameDecoder(PEN_FROM_SERVER, limit=MAX_SNAPSHOT_BYTES)

_event = FrameDecoder(EVENTS)
_encoder = msgspec.msgpack.Encoder()


def decode_event(payload: bytes) -> Event:
    """Return the room event of a recorded payload; raise `WireError` for anything else."""
    event: Event = _event(payload)
    return event


def encode(message: Message) -> bytes:
    """Return the frame of one message."""
    return _encoder.encode(message)
