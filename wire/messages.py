"""The register of all messages: by name, and by who may send them on which socket."""

from wire import common, lobby, pen, room
from wire.common import Message

LOBBY_FROM_CLIENT: tuple[type[Message], ...] = (
    common.Hello,
    common.Ping,
    lobby.SetAvailability,
    lobby.CallTeacher,
    lobby.CancelCall,
    lobby.AcceptCall,
    lobby.DeclineCall,
)
LOBBY_FROM_SERVER: tuple[type[Message], ...] = (
    common.Welcome,
    common.Pong,
    common.Refused,
    common.Draining,
    lobby.Teachers,
    lobby.TeacherChanged,
    lobby.Availability,
    lobby.Ringing,
    lobby.IncomingCall,
    lobby.CallEnded,
    lobby.SessionReady,
    lobby.FormsDue,
)
OPERATIONS: tuple[type[room.Operation], ...] = (
    room.StrokeBegin,
    room.StrokePoints,
    room.StrokeEnd,
    room.UndoStroke,
    room.AddPage,
    room.TurnPage,
    room.ClearPage,
    room.Say,
    room.SetMuted,
    room.SetPermissions,
    room.EndSession,
)
EVENTS: tuple[type[room.Event], ...] = (
    room.StrokeBegan,
    room.PointsDrawn,
    room.StrokeEnded,
    room.StrokeUndone,
    room.PageAdded,
    room.PageTurned,
    room.PageCleared,
    room.Said,
    room.MemberChanged,
    room.TimeWarning,
    room.SessionEnded,
)
ROOM_FROM_CLIENT: tuple[type[Message], ...] = (
    common.Hello,
    common.Ping,
    room.Join,
    *OPERATIONS,
    room.PointAt,
    room.Leave,
    room.MediaAnswer,
    room.MediaRestart,
)
ROOM_FROM_SERVER: tuple[type[Message], ...] = (
    common.Welcome,
    common.Pong,
    common.Refused,
    common.Draining,
    room.Snapshot,
    room.Resumed,
    *EVENTS,
    room.PointedAt,
    room.Ack,
    room.MediaOffer,
    room.Quality,
)
PEN_FROM_CLIENT: tuple[type[Message], ...] = (
    pen.PenHello,
    common.Ping,
    pen.PenEnter,
    pen.PenStatus,
    room.StrokeBegin,
    room.StrokePoints,
    room.StrokeEnd,
)
PEN_FROM_SERVER: tuple[type[Message], ...] = (
    pen.PenWelcome,
    common.Pong,
    common.Refused,
    common.Draining,
    pen.PenRoom,
    room.Ack,
)


def _name(message: type[Message]) -> str:
    return str(message.__struct_config__.tag)


MESSAGE_TYPES: dict[str, type[Message]] = {
    _name(message): message
    for group in (
        LOBBY_FROM_CLIENT,
        LOBBY_FROM_SERVER,
        ROOM_FROM_CLIENT,
        ROOM_FROM_SERVER,
        PEN_FROM_CLIENT,
        PEN_FROM_SERVER,
    )
    for message in group
}
"""Every message by its name on the wire, in the order of `docs/protocol.md`."""
