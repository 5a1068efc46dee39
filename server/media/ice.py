"""ICE-lite for one leg: credentials, the addresses that proved themselves, and which of them to send to.

An address is learnt from a Binding request whose HMAC was right, and from nothing else. Which one is
used, best first:

1. one that the client nominated, or that it uses without having said so;
2. of the newest ICE generation (a restart says: I moved);
3. the one that authenticated media or DTLS came from a moment ago: it works in one direction at least;
4. by the client's PRIORITY;
5. the one heard last.

A client with two addresses (VPN, Wi-Fi and cellular) may nominate both, one of them without a way
back; believing the last nomination would then send everything into the void.
"""

import msgspec

from server.media.plane import Address

MAX_PATHS = 8
"""Addresses kept for one leg; the one heard longest ago goes first."""
_FRESH_S = 2.0
"""How long received traffic vouches for an address; clients send media or reports within a second."""
_NEVER = float("-inf")


class IceCredentials(msgspec.Struct, frozen=True):
    ufrag: str
    password: str


class Path(msgspec.Struct):
    """One address of the client."""

    generation: int
    priority: int = 0
    nominated: bool = False
    checked_at: float = _NEVER
    """Last authenticated Binding request."""
    heard_at: float = _NEVER
    """Last DTLS or authenticated media."""

    @property
    def alive_at(self) -> float:
        return max(self.checked_at, self.heard_at)


class IceAgent:
    """Pure: the time comes in, the address to use comes out of `select`."""

    def __init__(self, credentials: IceCredentials) -> None:
        self._credentials = {0: credentials}
        self._generation = 0
        self._paths: dict[Address, Path] = {}

    @property
    def credentials(self) -> IceCredentials:
        return self._credentials[self._generation]

    @property
    def generation(self) -> int:
        return self._generation

    def restart(self, credentials: IceCredentials) -> list[str]:
        """Take new credentials; returns user fragments that nobody needs any more.

        The previous ones stay good until a request with the new ones came (RFC 8445 section 9).
        """
        self._generation += 1
        self._credentials[self._generation] = credentials
        return self._forget_before(self._generation - 1)

    def password(self, ufrag: str) -> tuple[int, str] | None:
        """(generation, password) of one of our user fragments."""
        for generation, credentials in self._credentials.items():
            if credentials.ufrag == ufrag:
                return generation, credentials.password
        return None

    def ufrags(self) -> list[str]:
        return [credentials.ufrag for credentials in self._credentials.values()]

    def checked(
        self, address: Address, *, generation: int, priority: int, nominate: bool, now: float
    ) -> list[Address]:
        """An authenticated Binding request came; returns addresses that had to make room."""
        path = self._paths.get(address)
        if path is None or path.generation < generation:
            path = self._paths[address] = Path(generation)
        path.priority = max(path.priority, priority)
        path.nominated = path.nominated or nominate
        path.checked_at = now
        if len(self._paths) <= MAX_PATHS:
            return []
        oldest = min(self._paths, key=lambda known: self._paths[known].alive_at)
        del self._paths[oldest]
        return [oldest]

    def retire(self) -> list[str]:
        """User fragments of generations before the newest one that a client has used."""
        newest = max((path.generation for path in self._paths.values()), default=0)
        return self._forget_before(newest)

    def heard(self, address: Address, now: float) -> None:
        """DTLS or authenticated media came from an address."""
        path = self._paths.get(address)
        if path is not None:
            path.heard_at = max(path.heard_at, now)

    def expire(self, now: float, after: float) -> list[Address]:
        """Forget addresses silent for `after` seconds; returns them."""
        gone = [address for address, path in self._paths.items() if now - path.alive_at > after]
        for address in gone:
            del self._paths[address]
        return gone

    def forget(self, address: Address) -> None:
        """Another leg proved that this address is its own."""
        self._paths.pop(address, None)

    def select(self, now: float) -> Address | None:
        """The address to send to."""

        def rank(address: Address) -> tuple[bool, int, float, int, float]:
            path = self._paths[address]
            fresh = now - path.heard_at <= _FRESH_S
            heard = path.heard_at if fresh else _NEVER
            used = fresh or path.nominated
            return used, path.generation, heard, path.priority, path.alive_at

        return max(self._paths, key=rank, default=None)

    @property
    def checked_at(self) -> float | None:
        """When any address was last checked."""
        return max((path.checked_at for path in self._paths.values()), default=None)

    def _forget_before(self, generation: int) -> list[str]:
        old = [number for number in self._credentials if number < generation]
        return [self._credentials.pop(number).ufrag for number in old]
