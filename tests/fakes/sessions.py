"""Shortcuts into a running session for tests of what happens inside it."""

from tests.fakes.wire_client import Peer, WireClient
from wire import lobby


async def available(teacher: WireClient) -> Peer:
    """Return the lobby socket of a teacher who takes calls."""
    peer = await teacher.lobby()
    await peer.send(lobby.SetAvailability(available=True))
    await peer.wait(lobby.Availability, lambda m: m.presence == "online")
    return peer


async def called(student: Peer, teacher: Peer, teacher_id: str) -> str:
    """Let a student call a teacher; return the call's id once it rings."""
    before = len(teacher.all(lobby.IncomingCall))
    await student.send(lobby.CallTeacher(teacher=teacher_id, subject="maths", note="第 3 题"))
    return (await teacher.wait(lobby.IncomingCall, skip=before)).call


async def in_session(
    student: WireClient, teacher: WireClient
) -> tuple[lobby.SessionReady, lobby.SessionReady]:
    """Let a student and a teacher begin a session; return what each was told."""
    teacher_side, student_side = await available(teacher), await student.lobby()
    await teacher_side.send(
        lobby.AcceptCall(call=await called(student_side, teacher_side, teacher.person["id"]))
    )
    return await student_side.wait(lobby.SessionReady), await teacher_side.wait(lobby.SessionReady)
