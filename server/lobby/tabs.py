"""The tabs that are in the lobby of this process: whose each is, and telling them (`base.tell`)."""

from base.tell import Hearers
from people.model import Person
from server.sockets.socket import Socket
from wire.codec import encode
from wire.common import Message


class LobbyTabs:
    """Open lobby sockets by their id, and those of each person in the order they came."""

    def __init__(self) -> None:
        self._tabs: dict[str, tuple[Socket, Person]] = {}
        self._of: dict[str, dict[str, Socket]] = {}

    def add(self, socket: Socket, person: Person) -> None:
        """A tab has come in."""
        self._tabs[socket.id] = (socket, person)
        self._of.setdefault(person.id, {})[socket.id] = socket

    def remove(self, socket: Socket) -> bool:
        """A tab is gone; false if it never came in."""
        known = self._tabs.pop(socket.id, None)
        if known is None:
            return False
        theirs = self._of[known[1].id]
        del theirs[socket.id]
        if not theirs:
            del self._of[known[1].id]
        return True

    def get(self, tab: str) -> tuple[Socket, Person] | None:
        """Return a tab's socket and whose it is; None when it is gone."""
        return self._tabs.get(tab)

    def of(self, person_id: str) -> list[Socket]:
        """Return a person's tabs, the newest last."""
        return list(self._of.get(person_id, {}).values())

    def is_here(self, person_id: str) -> bool:
        """Tell whether a person has a tab here."""
        return person_id in self._of

    # --- telling ---------------------------------------------------------------------------

    def tell_tab(self, tab: str, message: Message) -> None:
        """Tell one tab, if it is still here."""
        if (known := self._tabs.get(tab)) is not None:
            known[0].send(message)

    def tell(self, person_id: str, message: Message) -> None:
        """Tell every tab of a person."""
        if (sockets := self._of.get(person_id)) is not None:
            frame = encode(message)
            for socket in sockets.values():
                socket.send_frame(frame)

    def tell_all(self, hearers: Hearers, message: Message) -> None:
        """Tell every tab of everybody of a role, or of everybody."""
        frame = encode(message)
        for socket, person in self._tabs.values():
            if hearers in ("everybody", person.role):
                socket.send_frame(frame)
