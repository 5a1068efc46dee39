"""The recordings of a folder: what each amounts to, and its events, for those who watch later.

Everything here reads files and blocks: call it in a thread, or better in another process.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from recorder.files import SUFFIX, recording_path
from recorder.format.reader import (
    Damage,
    NotARecording,
    Reading,
    decode_payload,
    read,
    split_rtp,
)
from recorder.format.records import SIDES, Kind, RecordingInfo, Sealed, Side, VoiceDeclared
from recorder.format.tail import TAIL_BYTES, sealed_tail

_CHUNK_BYTES = 256 * 1024


class RecordedVoice(msgspec.Struct, frozen=True, kw_only=True):
    """A member who was heard, and the side of the rendered voices they are on."""

    member: str
    side: Side


class RecordingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording amounts to. `info` is None when not even its head can be read."""

    session: str
    info: RecordingInfo | None = None
    bytes: int
    last_at_us: int = 0
    """From the room's opening to the last record."""
    seal: Sealed | None = None
    """What the seal says: the session ended in order. None after a crash, or while it runs."""
    damage: Damage | None = None
    """Where reading had to stop."""
    voices: list[RecordedVoice] = []

    @property
    def duration_ms(self) -> int:
        """From the room's opening to the last record, in milliseconds."""
        return self.last_at_us // 1000

    @property
    def sealed(self) -> bool:
        """Whether the session ended in order."""
        return self.seal is not None

    @property
    def damaged(self) -> bool:
        """Whether what lies after some point cannot be read."""
        return self.damage is not None


class Library:
    """The recordings in one folder, by session. An id that cannot be one raises `ValueError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, session: str) -> Path:
        """Return the file of a session, whether or not it exists."""
        return recording_path(self._folder, session)

    def sessions(self) -> list[str]:
        """Return the sessions that have a recording, in no order."""
        return [path.stem for path in self._folder.glob(f"*{SUFFIX}")]

    def info(self, session: str) -> RecordingSummary:
        """Sum a recording up; quick when it is sealed, because then only its ends are read.

        Raises `FileNotFoundError`. For certainty about every byte use `check`.
        """
        with self.path(session).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            ending = sealed_tail(file.read(TAIL_BYTES))
        if ending is None:
            return self.check(session)
        try:
            info = self.read(session).info
        except NotARecording:
            return self.check(session)
        seal, at_us = ending
        return RecordingSummary(
            session=session,
            info=info,
            bytes=size,
            last_at_us=at_us,
            seal=seal,
            voices=_voices(info, set(seal.voices)),
        )

    def check(self, session: str) -> RecordingSummary:
        """Read a whole recording (about 0.3 s for half an hour) and sum it up.

        Raises `FileNotFoundError`.
        """
        size = self.path(session).stat().st_size
        try:
            reading = self.read(session)
        except NotARecording as error:
            return RecordingSummary(session=session, bytes=size, damage=Damage(0, str(error)))
        last_us = 0
        members: dict[int, str] = {}
        heard: set[str] = set()
        seal: Sealed | None = None
        for record in reading:
            last_us = max(last_us, record.at_us)
            if record.kind is Kind.RTP:
                heard.add(members.get(split_rtp(record.payload)[0], ""))
            elif record.kind is Kind.VOICE_DECLARED:
                declared = decode_payload(record.payload, VoiceDeclared)
                if declared is not None:
                    members[declared.voice] = declared.member
            elif record.kind is Kind.SEALED:
                seal = decode_payload(record.payload, Sealed)
        return RecordingSummary(
            session=session,
            info=reading.info,
            bytes=size,
            last_at_us=last_us,
            seal=seal,
            damage=reading.damage,
            voices=_voices(reading.info, heard),
        )

    def read(self, session: str) -> Reading:
        """Begin to read a recording; raise `FileNotFoundError` or `NotARecording`."""
        return read(file_chunks(self.path(session)))

    def events(self, session: str) -> list[bytes]:
        """Return the room's events in order, as they were on the wire, up to any damage.

        Raises `FileNotFoundError` and `NotARecording`.
        """
        return [record.payload for record in self.read(session) if record.kind is Kind.EVENT]

    def last_flush_ms(self, session: str) -> int | None:
        """Return when the recorder last put something on the disk, Unix ms.

        After a crash this is how long the session is known to have lasted. None when there is no
        recording or its head cannot be read.
        """
        try:
            summary = self.info(session)
        except FileNotFoundError:
            return None
        if summary.info is None:
            return None
        return summary.info.opened_unix_ms + summary.duration_ms


def file_chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in pieces, so that no recording is ever held whole."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _voices(info: RecordingInfo, heard: set[str]) -> list[RecordedVoice]:
    return [
        RecordedVoice(member=member.member, side=SIDES[member.role])
        for member in info.members
        if member.member in heard and member.role in SIDES
    ]
