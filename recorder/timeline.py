"""A few seconds of two channels of sound, filled out of order and taken in order."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


class Timeline:
    """Holds `capacity` samples of both channels, from `start`, the first not yet taken."""

    def __init__(self, capacity: int) -> None:
        self._samples: Samples = np.zeros((2, capacity), dtype=np.int16)
        self.start = 0

    def put(self, channel: int, position: int, sound: Samples) -> bool:
        """Lay `sound` over what is at `position`; False when that is outside the few seconds."""
        first = position - self.start
        cut = max(0, -first)
        if cut >= len(sound):
            return False
        room = self._samples[channel, first + cut : first + len(sound)]
        room[:] = sound[cut : cut + len(room)]
        return len(room) > 0

    def take(self, count: int) -> Samples:
        """Return the oldest `count` samples, interleaved in one row, and move on."""
        taken = np.ascontiguousarray(self._samples[:, :count].T).reshape(1, -1)
        self._samples[:, :-count] = self._samples[:, count:].copy()
        self._samples[:, -count:] = 0
        self.start += count
        return taken
