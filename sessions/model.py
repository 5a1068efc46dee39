"""Sessions as values: facts, forms, rows, standing, and the rule of what counts as valid. Pure."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from sessions.vocabulary import STYLE_LABELS, StyleLabel
from wire.common import Id, ShortText
from wire.lobby import LabelCount, Subject
from wire.room import EndReason

Item = Annotated[int, Meta(ge=0, le=3)]
Comment = Annotated[str, Meta(max_length=500)]
KnowledgePoint = Annotated[str, Meta(min_length=1, max_length=60)]
Five = Annotated[int, Meta(ge=1, le=5)]


class SessionFacts(Struct, frozen=True, kw_only=True):
    """What happened in a session, counted by its room. Durations in seconds."""

    together_s: float
    """How long both were connected."""
    strokes: int = 0
    photos: int = 0
    chat_lines: int = 0
    student_voice_s: float = 0
    teacher_voice_s: float = 0


class ValidRules(Struct, frozen=True, kw_only=True):
    """What a session must have to count."""

    together_s: float
    voice_s: float


class Rating(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The student's form: four items of 0 to 3, and labels for the teacher's style."""

    understood: Item
    clear: Item
    patient: Item
    useful: Item
    labels: Annotated[list[StyleLabel], Meta(max_length=len(STYLE_LABELS))] = []
    comment: Comment = ""

    @property
    def total(self) -> int:
        """Return the score out of 12."""
        return self.understood + self.clear + self.patient + self.useful


class Report(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The teacher's form: what it was about, how hard it was, how the student took part."""

    knowledge_points: Annotated[list[KnowledgePoint], Meta(max_length=5)] = []
    difficulty: Five
    participation: Five
    comment: Comment = ""


class SessionRecord(Struct, frozen=True, kw_only=True):
    """A session as it is kept."""

    session: Id
    call: Id
    student: Id
    teacher: Id
    subject: Subject
    note: ShortText
    started_ms: int
    ended_ms: int | None
    reason: EndReason | None
    valid: bool | None
    facts: SessionFacts | None
    rating: Rating | None = None
    report: Report | None = None

    @property
    def seconds(self) -> int:
        """Return how long it lasted; 0 while it runs."""
        return 0 if self.ended_ms is None else max(0, self.ended_ms - self.started_ms) // 1000


class DueFormRow(Struct, frozen=True, kw_only=True):
    """A form someone still owes; `other` is the id of the other side."""

    session: Id
    other: Id
    subject: Subject
    started_ms: int
    ended_ms: int
    reason: EndReason


class Standing(Struct, frozen=True, kw_only=True):
    """How students found a teacher: mean of 12, how many rated, labels by how often."""

    rating: float | None = None
    rated: int = 0
    labels: list[LabelCount] = []


class PhotoRecord(Struct, frozen=True, kw_only=True):
    """A photo sent into a session; sizes in pixels and bytes, as kept."""

    photo: Id
    session: Id
    member: Id
    extension: Literal["jpg", "webp"]
    width: int
    height: int
    bytes: int
    owner: str
    """Whose it is, for example `session:s_…`."""
    sha256: str
    """Of the bytes kept, in hexadecimal; empty for photos from before there was one."""


class SessionFilter(Struct, frozen=True, kw_only=True):
    """What an auditor looks for; everything given must hold. Times in Unix ms, `until_ms` excluded."""

    student_ids: Sequence[str] | None = None
    teacher_ids: Sequence[str] | None = None
    subject: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    reason: str | None = None
    offset: int = 0
    limit: int = 20


def is_valid(facts: SessionFacts, rules: ValidRules) -> bool:
    """Tell whether an accepted session counts: long enough together, and something happened.

    Something is ink, a photo, text, or speech from both sides.
    """
    spoke = min(facts.student_voice_s, facts.teacher_voice_s) >= rules.voice_s
    happened = facts.strokes > 0 or facts.photos > 0 or facts.chat_lines > 0 or spoke
    return facts.together_s >= rules.together_s and happened
