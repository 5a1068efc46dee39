"""Telling people something, wherever their tabs are. The port: who tells knows no tab and no socket."""

from typing import Literal, Protocol

from wire.common import Message, Role

Hearers = Role | Literal["everybody"]


class Tell(Protocol):
    """Sends a message to people who are here now; who is not here misses it.

    Returns at once. The tabs may lie on other machines, so nobody learns who heard it: what must not be
    missed is kept, and shown to whoever comes.
    """

    def tell(self, person_id: str, message: Message) -> None:
        """Tell every tab of a person."""

    def tell_all(self, hearers: Hearers, message: Message) -> None:
        """Tell every tab of everybody of a role, or of everybody."""
