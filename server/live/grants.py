"""Room grants: the signed permission of one person to enter one session's room."""

from base.clock import Clock
from base.errors import Refusal
from base.signing import Signer
from wire import codes

AUDIENCE = "room"


class Grants:
    """Issues and checks grants. A grant lives as long as its session can, since a tab that lost
    its network comes back with the one it was given."""

    def __init__(self, signer: Signer, clock: Clock, ttl_s: float) -> None:
        self._signer = signer
        self._clock = clock
        self._ttl_s = ttl_s

    def issue(self, session: str, person: str) -> str:
        """Return a grant for `person` to enter the room of `session`."""
        claims = {"session": session, "person": person}
        return self._signer.sign(claims, AUDIENCE, self._ttl_s, self._clock.unix_ms())

    def session(self, grant: str, person: str) -> str:
        """Return the session a grant of `person` is for; refuse with `grant_invalid`."""
        try:
            claims = self._signer.verify(grant, AUDIENCE, self._clock.unix_ms())
        except Refusal:
            raise _invalid() from None
        session = claims.get("session")
        if claims.get("person") != person or not isinstance(session, str):
            raise _invalid()
        return session


def _invalid() -> Refusal:
    return Refusal(codes.GRANT_INVALID, "this is no grant for this room")
