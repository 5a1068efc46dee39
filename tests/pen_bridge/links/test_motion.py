"""How the virtual hand moves: at rest at both ends, slower in bends, pressing as a hand does."""

import math
import random
from itertools import pairwise

import pytest

from pen_bridge.links.motion import STEP_MM, Motion, curve
from pen_bridge.protocol.events import Dot

Path = tuple[tuple[float, float], ...]


def line(length: float) -> Path:
    return curve([((0.0, 0.0), (length, 0.0))])


def circles(radius: float, times: int) -> Path:
    turns = [step / 24 * 2 * math.pi for step in range(24 * times + 1)]
    return curve([[(radius * math.cos(turn), radius * math.sin(turn)) for turn in turns]])


def speeds(dots: tuple[Dot, ...]) -> list[float]:
    """Return mm/s between the dots."""
    return [math.dist((a.x, a.y), (b.x, b.y)) / b.dt_ms * 1000 for a, b in pairwise(dots)]


def middle(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


@pytest.mark.parametrize("seed", range(5))
def test_it_is_fast_on_a_line_slower_in_a_bend_and_slowest_in_a_tight_one(seed: int) -> None:
    # At radius r mm the law gives 38 mm/s times the cube root of r; a hand varies by some 10 %.
    motion = Motion(random.Random(seed))
    assert 65 < middle(speeds(motion.dots(line(80)))) < 86
    assert 32 < middle(speeds(motion.dots(circles(1.0, 6)))) < 44
    assert 20 < middle(speeds(motion.dots(circles(0.3, 10)))) < 30


@pytest.mark.parametrize("seed", range(5))
def test_a_stroke_begins_and_ends_slowly_and_gently(seed: int) -> None:
    dots = Motion(random.Random(seed)).dots(line(40))
    moving = speeds(dots)
    assert moving[0] < 0.5 * middle(moving) and moving[-1] < 0.5 * middle(moving)
    forces = [dot.force for dot in dots]
    assert forces[0] < 0.6 * middle(forces) and forces[-1] < 0.6 * middle(forces)


def test_even_a_full_stop_has_dots() -> None:
    dots = Motion(random.Random(1)).dots(line(0.2))
    assert len(dots) >= 5
    assert sum(dot.dt_ms for dot in dots) == 70


def test_a_curve_goes_through_its_points_in_small_steps_and_keeps_its_corners() -> None:
    runs = [((0.0, 0.0), (3.0, 1.0), (6.0, 0.0)), ((6.0, 0.0), (6.0, 5.0))]
    path = curve(runs)
    for place in (place for run in runs for place in run):
        assert min(math.dist(place, other) for other in path) < 1e-9
    assert max(math.dist(a, b) for a, b in pairwise(path)) < 1.5 * STEP_MM
    # The second run is straight: the first has not bent it.
    corner = min(range(len(path)), key=lambda i: math.dist(path[i], (6.0, 0.0)))
    assert all(abs(x - 6.0) < 1e-9 for x, _ in path[corner + 1 :])
