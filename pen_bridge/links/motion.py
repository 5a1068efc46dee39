"""How a pen moves along a path: speed, pressure and the dots it would give.

Speed follows the curve: a hand is slow where the line bends (the two-thirds power law: speed is
proportional to the cube root of the radius) and begins and ends every stroke at rest.
"""

import math
import random
from collections.abc import Sequence
from itertools import pairwise

from pen_bridge.links.font import Place
from pen_bridge.protocol.events import Dot

STEP_MM = 0.1
PERIOD_MS = 11.6
"""Between two dots: measured on a common dot pen, about 86 a second."""
_TOP_SPEED = 75.0
"""mm/s, on a straight line."""
_LOW_SPEED = 9.0
_BEND_SPEED = 38.0
"""mm/s at a radius of 1 mm."""
_ACCELERATION = 900.0
"""mm/s²: some 40 ms from rest to writing speed."""
_SHORTEST_MS = 70.0
_TREMOR_MM = 0.018


def curve(runs: Sequence[Sequence[Place]]) -> tuple[Place, ...]:
    """Return points about `STEP_MM` apart on the smooth lines through each run's points."""
    path = [runs[0][0]]
    for run in runs:
        ends = _mirrored(run)
        for index in range(len(run) - 1):
            a, b, c, d = ends[index : index + 4]
            steps = max(1, math.ceil(math.dist(b, c) / STEP_MM))
            path += [_centripetal(a, b, c, d, step / steps) for step in range(1, steps + 1)]
    return tuple(path)


def _mirrored(run: Sequence[Place]) -> list[Place]:
    """Return the run with a point added before and after, so that its ends are curves as well."""
    (ax, ay), (bx, by) = run[0], run[1]
    (yx, yy), (zx, zy) = run[-2], run[-1]
    return [(2 * ax - bx, 2 * ay - by), *run, (2 * zx - yx, 2 * zy - yy)]


def _centripetal(a: Place, b: Place, c: Place, d: Place, share: float) -> Place:
    """Return a point of the centripetal Catmull-Rom curve from b to c (Barry and Goldman 1988).

    Centripetal, because the uniform one makes loops where points are unevenly spaced.
    """
    t0 = 0.0
    t1 = t0 + max(1e-6, math.dist(a, b)) ** 0.5
    t2 = t1 + max(1e-6, math.dist(b, c)) ** 0.5
    t3 = t2 + max(1e-6, math.dist(c, d)) ** 0.5
    t = t1 + share * (t2 - t1)

    def between(p: Place, q: Place, start: float, end: float) -> Place:
        weight = (t - start) / (end - start)
        return p[0] + (q[0] - p[0]) * weight, p[1] + (q[1] - p[1]) * weight

    ab, bc, cd = between(a, b, t0, t1), between(b, c, t1, t2), between(c, d, t2, t3)
    return between(between(ab, bc, t0, t2), between(bc, cd, t1, t3), t1, t2)


class Motion:
    """A hand: its tremor and its pressure go on from stroke to stroke."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._tremor = (0.0, 0.0)
        self._press = 0.0

    def dots(self, path: Sequence[Place]) -> tuple[Dot, ...]:
        """Return the dots of one stroke along `path` (mm): dt in whole ms, force 0 to 1."""
        times = self._times(path)
        duration = times[-1]
        count = max(2, round(duration / PERIOD_MS))
        dots = []
        told = 0
        segment = 0
        before: Place | None = None
        for index in range(count + 1):
            at = duration * index / count
            while segment < len(times) - 2 and times[segment + 1] < at:
                segment += 1
            span = times[segment + 1] - times[segment]
            weight = (at - times[segment]) / span if span > 0 else 0.0
            (ax, ay), (bx, by) = path[segment], path[segment + 1]
            place = (ax + (bx - ax) * weight, ay + (by - ay) * weight)
            # mm/s, of the way since the dot before.
            speed = 0.0 if before is None else math.dist(before, place) / (duration / count) * 1000
            before = place
            dt = round(at) - told
            told += dt
            dots.append(self._dot(place, dt, self._force(at, duration, speed)))
        return tuple(dots)

    def _dot(self, place: Place, dt: int, force: float) -> Dot:
        tremor = self._tremor
        self._tremor = (
            0.7 * tremor[0] + self._chance.gauss(0, _TREMOR_MM),
            0.7 * tremor[1] + self._chance.gauss(0, _TREMOR_MM),
        )
        x, y = place[0] + self._tremor[0], place[1] + self._tremor[1]
        return Dot(dt, round(force, 4), round(x, 3), round(y, 3))

    def _force(self, at: float, duration: float, speed: float) -> float:
        """Rises over some 45 ms, is lighter when fast, falls before the pen is lifted."""
        self._press = 0.93 * self._press + self._chance.gauss(0, 0.02)
        rise = min(1.0, 0.35 + 0.65 * at / min(45.0, duration / 3))
        fall = min(1.0, 0.15 + 0.85 * (duration - at) / min(40.0, duration / 3))
        force = (0.68 - 0.0028 * speed + self._press) * rise * fall
        return min(1.0, max(0.02, force))

    def _times(self, path: Sequence[Place]) -> list[float]:
        """Return the time in ms at which each point of the path is passed."""
        lengths = [math.dist(a, b) for a, b in pairwise(path)]
        pace = self._chance.uniform(0.9, 1.12)
        speeds = [pace * min(_TOP_SPEED, speed) for speed in _bend_speeds(path)]
        speeds[0] = speeds[-1] = _LOW_SPEED
        # No faster than what acceleration allows from the point before, and to the one after.
        for index, length in enumerate(lengths):
            allowed = math.sqrt(speeds[index] ** 2 + 2 * _ACCELERATION * length)
            speeds[index + 1] = min(speeds[index + 1], allowed)
        for index in reversed(range(len(lengths))):
            allowed = math.sqrt(speeds[index + 1] ** 2 + 2 * _ACCELERATION * lengths[index])
            speeds[index] = min(speeds[index], allowed)
        times = [0.0]
        for index, length in enumerate(lengths):
            times.append(times[-1] + 2000 * length / (speeds[index] + speeds[index + 1]))
        # Even a full stop takes its time.
        slower = max(1.0, _SHORTEST_MS / times[-1])
        return [at * slower for at in times]


def _bend_speeds(path: Sequence[Place]) -> list[float]:
    """Return the speed, mm/s, that the bend at each point allows."""
    speeds = []
    last = len(path) - 1
    for index, here in enumerate(path):
        before, after = path[max(0, index - 3)], path[min(last, index + 3)]
        radius = _radius(before, here, after)
        speeds.append(max(_LOW_SPEED, _BEND_SPEED * radius ** (1 / 3)))
    return speeds


def _radius(a: Place, b: Place, c: Place) -> float:
    """Return the radius of the circle through three points, at most 100 mm."""
    area = abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2
    sides = math.dist(a, b) * math.dist(b, c) * math.dist(a, c)
    return min(100.0, sides / (4 * area)) if area > 1e-9 else 100.0
