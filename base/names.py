"""What people are called. The port: who holds ids of people need not know accounts."""

from collections.abc import Iterable, Mapping
from typing import Protocol


class Names(Protocol):
    """Knows the names of people."""

    async def names(self, person_ids: Iterable[str], /) -> Mapping[str, str]:
        """Return the names of those who exist among these ids, by id."""
        ...
