"""Messages of the room socket: joining, what members do, what happened, and the media handshake.

What a member asks for is an imperative (`turn_page`); what happened is in the past
(`page_turned`) and carries `seq`, its place in the room's order, and `at`, ms after the room
opened. Operations carry `n`, the sender's own count, so that a resent one is done only once.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wire.board import (
    Board,
    ChatLine,
    Colour,
    Coordinate,
    Page,
    PageKind,
    Points,
    Side,
    Tool,
    Width,
)
from wire.common import (
    Id,
    Message,
    Milliseconds,
    Name,
    Number,
    Role,
    Sdp,
    Sequence,
    ShortText,
    Text,
    Token,
)

Permission = Literal["draw", "clear", "upload", "end", "manage"]
Link = Literal["absent", "connected", "reconnecting", "left"]
EndReason = Literal[
    "hung_up", "time_limit", "grace_over", "server_lost", "recorder_failed", "drained"
]


class Member(Struct, frozen=True, kw_only=True):
    """Someone in the room as the others see them."""

    member: Id
    name: Name
    role: Role
    link: Link
    muted: bool = False
    pen: bool = False
    """True while a paired pen of this member is connected."""
    permissions: list[Permission] = []


# --- joining ---------------------------------------------------------------------------------


class Join(Message, tag="join", frozen=True, kw_only=True):
    """Enter the room the grant names. `source` is this tab's own id, kept over a reconnect.

    With `resume_seq` the server sends only the events after it, when it still can.
    """

    grant: Token
    source: Id
    resume_seq: Sequence | None = None


class Snapshot(Message, tag="snapshot", frozen=True, kw_only=True):
    """The whole room as of `seq`; events follow. `last_n` is the last operation of `source` done."""

    session: Id
    you: Id
    seq: Sequence
    at: Milliseconds
    last_n: Sequence
    members: list[Member]
    board: Board
    chat: list[ChatLine]
    ends_at: Milliseconds
    """When the time limit ends the session, ms after the room opened."""


class Resumed(Message, tag="resumed", frozen=True, kw_only=True):
    """The answer to a `join` whose `resume_seq` could be honoured: only the missed events follow."""

    session: Id
    you: Id
    seq: Sequence
    at: Milliseconds
    last_n: Sequence
    ends_at: Milliseconds


# --- operations of a member ------------------------------------------------------------------


class Operation(Message, frozen=True, kw_only=True):
    """Base of what changes the room. `n` counts 1, 2, 3… for each source; a repeat is ignored."""

    n: Number


class StrokeBegin(Operation, tag="stroke_begin", frozen=True, kw_only=True):
    """Pen down. The stroke's id must start with the sender's source and a dot.

    `page` names a page of the room; a pen, which does not know pages, sends `paper` instead and
    the room finds or adds the page of that address, and opens it when no hand is at another one.
    """

    stroke: Id
    page: Id | None = None
    paper: ShortText = ""
    paper_width: Side = 14_800
    paper_height: Side = 21_000
    tool: Tool = "pen"
    colour: Colour = "#1a1a1a"
    width: Width = 50
    points: Points


class StrokePoints(Operation, tag="stroke_points", frozen=True, kw_only=True):
    """More points of one's own open stroke."""

    stroke: Id
    points: Points


class StrokeEnd(Operation, tag="stroke_end", frozen=True, kw_only=True):
    """Pen up."""

    stroke: Id


class UndoStroke(Operation, tag="undo_stroke", frozen=True, kw_only=True):
    """Take one's own stroke off the board."""

    stroke: Id


class AddPage(Operation, tag="add_page", frozen=True, kw_only=True):
    """Add a page and open it. A photo page names an uploaded photo of this session."""

    page: Id
    kind: PageKind
    width: Side
    height: Side
    photo: Id | None = None


class TurnPage(Operation, tag="turn_page", frozen=True, kw_only=True):
    """Open a page for everyone."""

    page: Id


class ClearPage(Operation, tag="clear_page", frozen=True, kw_only=True):
    """Take every stroke off a page."""

    page: Id


class Say(Operation, tag="say", frozen=True, kw_only=True):
    """A line of chat."""

    text: Text


class SetMuted(Operation, tag="set_muted", frozen=True, kw_only=True):
    """Tell the others that one's microphone is off, and make the server drop its voice."""

    muted: bool


class SetPermissions(Operation, tag="set_permissions", frozen=True, kw_only=True):
    """Say what another member may do; needs `manage`."""

    member: Id
    permissions: Annotated[list[Permission], Meta(max_length=8)]


class EndSession(Operation, tag="end_session", frozen=True, kw_only=True):
    """Hang up for both; needs `end`."""


class PointAt(Message, tag="point_at", frozen=True, kw_only=True):
    """Show the pointer to the other side. Not kept in the room's order; only the latest counts."""

    page: Id
    x: Coordinate
    y: Coordinate
    visible: bool = True


class Leave(Message, tag="leave", frozen=True, kw_only=True):
    """Close this tab's place in the room at once, without the grace of a lost connection."""


# --- what happened ---------------------------------------------------------------------------


class Event(Message, frozen=True, kw_only=True):
    """Base of what happened in the room: `seq` 1, 2, 3… without a gap, `at` ms after it opened."""

    seq: Sequence
    at: Milliseconds


class StrokeBegan(Event, tag="stroke_began", frozen=True, kw_only=True):
    """A stroke was begun by `member` with `source`."""

    stroke: Id
    page: Id
    member: Id
    source: Id
    tool: Tool
    colour: Colour
    width: Width
    points: Points


class PointsDrawn(Event, tag="points_drawn", frozen=True, kw_only=True):
    """Points were added to an open stroke."""

    stroke: Id
    points: Points


class StrokeEnded(Event, tag="stroke_ended", frozen=True, kw_only=True):
    """A stroke is complete."""

    stroke: Id


class StrokeUndone(Event, tag="stroke_undone", frozen=True, kw_only=True):
    """A stroke was taken off by its author."""

    stroke: Id
    member: Id


class PageAdded(Event, tag="page_added", frozen=True, kw_only=True):
    """A page was added at the end, or in the place of the one of its id. It is not open until `page_turned` says so."""

    member: Id
    page: Page


class PageTurned(Event, tag="page_turned", frozen=True, kw_only=True):
    """A page is now the open one."""

    member: Id
    page: Id


class PageCleared(Event, tag="page_cleared", frozen=True, kw_only=True):
    """Every stroke of a page was taken off."""

    member: Id
    page: Id


class Said(Event, tag="said", frozen=True, kw_only=True):
    """A line of chat."""

    member: Id
    text: Text


class MemberChanged(Event, tag="member_changed", frozen=True, kw_only=True):
    """A member joined, was lost, came back, left, was muted, gained a pen or other permissions."""

    member: Member


class TimeWarning(Event, tag="time_warning", frozen=True, kw_only=True):
    """The session will end at `ends_at`, ms after the room opened."""

    ends_at: Milliseconds


class SessionEnded(Event, tag="session_ended", frozen=True, kw_only=True):
    """The session is over; nothing follows. `member` is who hung up, if anyone did."""

    reason: EndReason
    member: Id | None = None


class PointedAt(Message, tag="pointed_at", frozen=True, kw_only=True):
    """Another member's pointer; only the latest counts, so it may be left out when one is slow."""

    member: Id
    page: Id
    x: Coordinate
    y: Coordinate
    visible: bool = True


class Ack(Message, tag="ack", frozen=True, kw_only=True):
    """Every operation of this source up to `n` was done or refused; only the latest counts."""

    n: Sequence


# --- media -----------------------------------------------------------------------------------


class MediaOffer(Message, tag="media_offer", frozen=True, kw_only=True):
    """The server's SDP offer for this tab's voice. `restart` is true for an ICE restart.

    A new `leg` means: throw the old RTCPeerConnection away and make a new one.
    """

    leg: Id
    sdp: Sdp
    restart: bool = False


class MediaAnswer(Message, tag="media_answer", frozen=True, kw_only=True):
    """The tab's SDP answer."""

    leg: Id
    sdp: Sdp


class MediaRestart(Message, tag="media_restart", frozen=True, kw_only=True):
    """The tab asks for an ICE restart of its leg, or, with `fresh`, for a new leg."""

    fresh: bool = False


class Quality(Message, tag="quality", frozen=True, kw_only=True):
    """How a member's voice is travelling, every two seconds; only the latest counts."""

    member: Id
    voice: Literal["new", "connecting", "connected", "interrupted", "closed"]
    loss: Annotated[float, Meta(ge=0, le=1)]
    """Share of packets lost in the last seconds, the worse direction."""
    rtt_ms: Annotated[int, Meta(ge=0, le=60_000)]
    jitter_ms: Annotated[int, Meta(ge=0, le=60_000)]
    level: Annotated[int, Meta(ge=-127, le=0)]
    """Loudness of their voice now, dBov (RFC 6464): 0 loudest, -127 silent."""
