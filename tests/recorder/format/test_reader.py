"""Whatever happens to a recording's bytes, reading yields what is whole and says where it ends."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, strategies as st

from recorder.format.reader import NotARecording, Reading, decode_payload, read, split_rtp
from recorder.format.records import Kind, Record, RecordingInfo, Sealed
from recorder.format.writer import HEADER, encode_header, encode_record, encode_rtp
from tests.fakes.recordings import an_info

HEAD = encode_header(an_info())
KINDS = [kind for kind in Kind if kind is not Kind.SEALED]

records = st.lists(
    st.builds(
        Record,
        st.sampled_from(KINDS),
        st.integers(0, 2**64 - 1),
        st.binary(max_size=300),
    ),
    max_size=12,
)


def encoded(record: Record) -> bytes:
    return encode_record(record.kind, record.at_us, record.payload)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def test_a_recording_reads_as_it_was_written() -> None:
    seal = msgspec.msgpack.encode(Sealed(reason="hung_up", events=1, packets=1, voices=["p_1"]))
    reading = read(
        [
            HEAD
            + encode_record(Kind.EVENT, 10, b"said")
            + encode_rtp(1, 20_000, b"packet")
            + encode_record(Kind.SEALED, 30_000, seal)
        ]
    )
    event, packet, sealed = reading
    assert reading.info == an_info()
    assert event == Record(Kind.EVENT, 10, b"said")
    assert (packet.kind, packet.at_us, split_rtp(packet.payload)) == (
        Kind.RTP,
        20_000,
        (1, b"packet"),
    )
    assert decode_payload(sealed.payload, Sealed) == Sealed(
        reason="hung_up", events=1, packets=1, voices=["p_1"]
    )
    assert reading.damage is None


@given(records, st.integers(1, 400))
def test_pieces_of_any_size_read_the_same(written: list[Record], size: int) -> None:
    data = HEAD + b"".join(map(encoded, written))
    reading = read(pieces(data, size))
    assert list(reading) == written
    assert (reading.damage, reading.offset) == (None, len(data))


@given(records, st.data())
def test_a_recording_cut_anywhere_reads_to_the_cut(
    written: list[Record], data: st.DataObject
) -> None:
    whole = HEAD + b"".join(map(encoded, written))
    cut = data.draw(st.integers(0, len(whole)))
    if cut < len(HEAD):
        with pytest.raises(NotARecording):
            read([whole[:cut]])
        return
    reading = read(pieces(whole[:cut], 64))
    got = list(reading)
    assert got == written[: len(got)]
    boundary = len(HEAD) + sum(len(encoded(record)) for record in got)
    assert reading.offset == boundary
    if boundary == cut:
        assert reading.damage is None
    else:
        assert reading.damage is not None
        assert (reading.damage.offset, reading.damage.reason) == (boundary, "torn")


@given(records, st.data())
def test_a_changed_byte_ends_reading_before_its_record(
    written: list[Record], data: st.DataObject
) -> None:
    whole = bytearray(HEAD + b"".join(map(encoded, written)))
    where = data.draw(st.integers(0, len(whole) - 1))
    whole[where] ^= data.draw(st.integers(1, 255))
    if where < len(HEAD):
        with pytest.raises(NotARecording):
            read([bytes(whole)])
        return
    reading = read(pieces(bytes(whole), 100))
    got = list(reading)
    end = len(HEAD)
    before = []
    for record in written:
        end += len(encoded(record))
        if end > where:
            break
        before.append(record)
    assert got == before
    assert reading.damage is not None
    assert reading.damage.offset <= where


@given(records, st.binary(max_size=500))
def test_junk_after_records_never_raises(written: list[Record], junk: bytes) -> None:
    reading = read([HEAD + b"".join(map(encoded, written)) + junk])
    assert list(reading)[: len(written)] == written


@given(st.binary(max_size=200))
def test_junk_is_no_recording(junk: bytes) -> None:
    with pytest.raises(NotARecording):
        read([junk])


def test_kinds_of_a_newer_writer_are_skipped() -> None:
    event = encode_record(Kind.EVENT, 2, b"said")
    reading = read([HEAD + encode_record(77, 1, b"what is this") + event])
    assert [record.payload for record in reading] == [b"said"]
    assert reading.damage is None


def test_fields_of_a_newer_writer_are_ignored() -> None:
    class Newer(RecordingInfo, frozen=True, kw_only=True):
        chain: bytes

    info = msgspec.to_builtins(an_info()) | {"chain": b"\x00" * 32}
    head = encode_header(msgspec.convert(info, Newer))
    assert read([head]).info == an_info()


def test_a_version_that_would_be_misunderstood_is_refused() -> None:
    newer = bytearray(HEAD)
    newer[HEADER.size - 8] = 2
    with pytest.raises(NotARecording, match="version 2"):
        read([bytes(newer)])


def test_nothing_may_follow_the_seal() -> None:
    sealed = HEAD + encode_record(Kind.SEALED, 5, b"")
    assert _ends_well(read([sealed]))
    for more in (b"\x00", encode_record(Kind.EVENT, 6, b"said later")):
        reading = read([sealed + more])
        assert [record.kind for record in reading] == [Kind.SEALED]
        assert reading.damage is not None
        assert reading.damage.reason == "after the seal"


def test_a_length_that_cannot_be_is_not_waited_for() -> None:
    """Otherwise four damaged bytes would make a reader hold gigabytes."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield HEAD + b"\xff\xff\xff\xff" + bytes(10)
        while True:
            taken += 1
            yield bytes(1000)

    reading = read(endless())
    assert list(reading) == []
    assert reading.damage is not None
    assert taken < 3


def test_too_large_a_payload_is_refused_when_writing() -> None:
    with pytest.raises(ValueError, match="too large"):
        encode_record(Kind.EVENT, 0, bytes(1024 * 1024 + 1))


def _ends_well(reading: Reading) -> bool:
    list(reading)
    return reading.damage is None
