"""STUN at the ICE-lite side: reads a Binding request, checks its HMAC, builds the answer (RFC 8445, RFC 8489)."""

import struct
from typing import Any

import msgspec
from aioice import stun

MAX_LENGTH = 548
"""A connectivity check is about 100 bytes; anything near the MTU is not one."""


class StunError(ValueError):
    """Not a Binding request that we can read; the text names the fault, never the content."""


class BindingRequest(msgspec.Struct, frozen=True):
    """A request as read; nothing in it is to be believed before `authentic` said so."""

    ufrag: str
    """Our half of USERNAME: which leg is meant."""
    priority: int
    nominate: bool
    message: Any
    """aioice's own form, needed for the HMAC and the answer."""


def read_request(data: bytes) -> BindingRequest:
    """Read a Binding request from anybody. Raises StunError, and nothing else, on everything else.

    aioice's parser lets `struct.error` and `IndexError` out on some junk, besides ValueError.
    """
    if not 20 <= len(data) <= MAX_LENGTH:
        raise StunError("wrong length")
    try:
        message = stun.parse_message(data)
    except (ValueError, struct.error, IndexError, KeyError, OverflowError) as error:
        raise StunError("unreadable") from error
    if message.message_method != stun.Method.BINDING or message.message_class != stun.Class.REQUEST:
        raise StunError("not a Binding request")
    attributes = message.attributes
    username = attributes.get("USERNAME")
    if username is None or "MESSAGE-INTEGRITY" not in attributes or "FINGERPRINT" not in attributes:
        raise StunError("without USERNAME, MESSAGE-INTEGRITY or FINGERPRINT")
    return BindingRequest(
        ufrag=username.partition(":")[0],
        priority=attributes.get("PRIORITY", 0),
        nominate="USE-CANDIDATE" in attributes,
        message=message,
    )


def authentic(request: BindingRequest, password: str) -> bool:
    """Whether the sender knows the password that our offer gave out."""
    return bool(request.message.check_message_integrity(password.encode()))


def build_answer(request: BindingRequest, host: str, port: int, password: str) -> bytes:
    """The Binding success response, telling the sender the address it was seen from."""
    response = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.RESPONSE,
        transaction_id=request.message.transaction_id,
    )
    # A dual-stack socket shows IPv4 peers as mapped addresses; they know themselves by the plain one.
    response.attributes["XOR-MAPPED-ADDRESS"] = (host.removeprefix("::ffff:"), port)
    response.add_message_integrity(password.encode())
    return bytes(response)
