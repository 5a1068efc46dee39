"""Binding requests: right ones, forged ones, and what makes aioice's parser raise."""

import struct

import pytest
from aioice import stun as ice
from hypothesis import given, strategies as st

from server.media import stun

PASSWORD = "p" * 32


def request(**extra: object) -> bytes:
    message = ice.Message(message_method=ice.Method.BINDING, message_class=ice.Class.REQUEST)
    message.attributes = {"USERNAME": "ours:theirs", "PRIORITY": 77, "USE-CANDIDATE": None, **extra}
    message.add_message_integrity(PASSWORD.encode())
    return bytes(message)


def test_a_request_is_read_and_answered() -> None:
    read = stun.read_request(request())
    assert (read.ufrag, read.priority, read.nominate) == ("ours", 77, True)
    assert stun.authentic(read, PASSWORD)
    answer = ice.parse_message(stun.build_answer(read, "192.0.2.1", 5004, PASSWORD))
    assert answer.message_class == ice.Class.RESPONSE
    assert answer.transaction_id == read.message.transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.1", 5004)
    assert answer.check_message_integrity(PASSWORD.encode())


def test_a_mapped_address_is_told_as_the_peer_knows_it() -> None:
    read = stun.read_request(request())
    answer = ice.parse_message(stun.build_answer(read, "::ffff:192.0.2.1", 5004, PASSWORD))
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.1", 5004)


def test_another_password_is_not_authentic() -> None:
    assert not stun.authentic(stun.read_request(request()), "q" * 32)


def test_trap_04_aioice_raises_struct_error_and_we_do_not() -> None:
    short = b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x24\x00\x02\x00\x00\x00\x00"
    with pytest.raises(struct.error):
        ice.parse_message(short)
    with pytest.raises(stun.StunError):
        stun.read_request(short)


def test_without_integrity_or_fingerprint_it_is_refused() -> None:
    message = ice.Message(message_method=ice.Method.BINDING, message_class=ice.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:theirs"
    with pytest.raises(stun.StunError):
        stun.read_request(bytes(message))
    whole = request()
    cut = whole[:-8]
    with pytest.raises(stun.StunError):
        stun.read_request(cut[:2] + (len(cut) - 20).to_bytes(2, "big") + cut[4:])


def test_answers_and_indications_are_not_requests() -> None:
    read = stun.read_request(request())
    with pytest.raises(stun.StunError):
        stun.read_request(stun.build_answer(read, "192.0.2.1", 5004, PASSWORD))


@given(st.data())
def test_a_request_with_bytes_changed_is_refused_or_not_authentic(data: st.DataObject) -> None:
    # All but FINGERPRINT, which the HMAC does not cover and which decides nothing.
    whole = request()
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 9))
        changed[place] ^= data.draw(st.integers(1, 255))
    try:
        read = stun.read_request(bytes(changed))
    except stun.StunError:
        return
    assert bytes(changed) == whole or not stun.authentic(read, PASSWORD)


@given(st.binary(max_size=600))
def test_junk_raises_stun_error_and_nothing_else(junk: bytes) -> None:
    framed = b"\x00\x01" + len(junk).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12) + junk
    for datagram in (junk, framed):
        with pytest.raises(stun.StunError):
            stun.read_request(datagram)
