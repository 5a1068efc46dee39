"""A value that several tasks can wait to see change; only the newest value counts."""

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Watch(Generic[T]):
    """Holds one value. All on one event loop."""

    def __init__(self, value: T) -> None:
        self._value = value
        self._changed = asyncio.Event()

    @property
    def value(self) -> T:
        """The newest value."""
        return self._value

    def set(self, value: T) -> None:
        """Change the value; equal values are no change."""
        if value == self._value:
            return
        self._value = value
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def changed(self) -> None:
        """Return at the next change."""
        await self._changed.wait()

    async def until(self, value: T) -> None:
        """Return once the value is `value`."""
        while self._value != value:
            await self._changed.wait()
