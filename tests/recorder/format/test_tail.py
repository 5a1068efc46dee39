"""The seal is found from the end, and only a true one."""

import msgspec
import pytest
from hypothesis import given, strategies as st

from recorder.format.records import Kind, Sealed
from recorder.format.tail import TAIL_BYTES, sealed_tail
from recorder.format.writer import encode_record

SEAL = Sealed(reason="hung_up", events=3, packets=4, voices=["p_1", "p_2"])
RECORD = encode_record(Kind.SEALED, 99, msgspec.msgpack.encode(SEAL))


@given(st.binary(max_size=TAIL_BYTES - len(RECORD)))
def test_a_seal_at_the_end_is_found(before: bytes) -> None:
    assert sealed_tail(before + RECORD) == (SEAL, 99)


@given(st.integers(0, len(RECORD) - 1), st.integers(1, 255))
def test_a_changed_seal_is_none(where: int, by: int) -> None:
    changed = bytearray(RECORD)
    changed[where] ^= by
    assert sealed_tail(bytes(changed)) is None


@pytest.mark.parametrize(
    "tail", [b"", RECORD[:-1], RECORD + b"\x00", encode_record(Kind.SEALED, 99, b"\xc1")]
)
def test_anything_else_is_no_seal(tail: bytes) -> None:
    assert sealed_tail(tail) is None
