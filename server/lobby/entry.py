"""What a tab needs to go into a running session."""

from server.live.grants import Grants
from wire.lobby import SessionReady, Subject

ROOM_PATH = "/ws/room"


class SessionEntry:
    """The way into one session, kept as long as it runs."""

    def __init__(self, call: str, session: str, subject: Subject, names: dict[str, str]) -> None:
        self._call = call
        self._session = session
        self._subject = subject
        self._names = names

    def ready(self, person: str, grants: Grants) -> SessionReady:
        """Return the message that sends a person in."""
        other = next(name for member, name in self._names.items() if member != person)
        return SessionReady(
            call=self._call,
            session=self._session,
            url=ROOM_PATH,
            grant=grants.issue(self._session, person),
            other=other,
            subject=self._subject,
        )
