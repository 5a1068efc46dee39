"""The backlog against a server that remembers: whatever is cut and acknowledged, all is done once."""

import random

import pytest
from hypothesis import given, settings, strategies as st

from pen_bridge.backlog import Backlog, WrongCount
from wire.board import Point
from wire.room import StrokePoints


def operation(n: int, points: int = 1) -> StrokePoints:
    return StrokePoints(n=n, stroke="s.1", points=[Point(0, 0, 0, 0)] * points)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 50), st.integers(1, 8))
def test_whatever_the_connection_does_each_operation_is_done_once_in_order(
    seed: int, first: int, window: int
) -> None:
    chance = random.Random(seed)
    backlog = Backlog(first, window=window)
    made = done = first
    heard: list[int] = []
    for _ in range(200):
        match chance.choice(["add", "send", "send", "ack", "cut"]):
            case "add":
                made += 1
                backlog.add(operation(made))
            case "send":
                sent = backlog.next()
                if sent is not None and sent.n == done + 1 and chance.random() < 0.8:
                    done = sent.n
                    heard.append(done)
            case "ack":
                backlog.acknowledge(chance.randint(first, done))
            case "cut":
                assert backlog.can_resume(done)
                backlog.rewind(done)
    backlog.rewind(done)
    while (sent := backlog.next()) is not None:
        assert sent.n == done + 1
        done = sent.n
        heard.append(done)
        backlog.acknowledge(done)
    assert heard == list(range(first + 1, made + 1))
    assert len(backlog) == backlog.waiting_dots == 0
    assert backlog.done_dots == made - first


def test_what_was_never_sent_cannot_be_done() -> None:
    backlog = Backlog(3)
    backlog.add(operation(4))
    with pytest.raises(WrongCount):
        backlog.acknowledge(4)
    assert not backlog.can_resume(4)
    assert not backlog.can_resume(2)
    assert backlog.can_resume(3)


def test_no_more_than_a_window_is_under_way() -> None:
    backlog = Backlog(0, window=2)
    for n in (1, 2, 3):
        backlog.add(operation(n))
    assert [backlog.next(), backlog.next(), backlog.next()] == [operation(1), operation(2), None]
    backlog.acknowledge(1)
    assert backlog.next() == operation(3)


def test_it_is_full_by_its_dots() -> None:
    backlog = Backlog(0, limit_dots=100)
    backlog.add(operation(1, 60))
    assert [backlog.full, backlog.waiting_dots] == [False, 60]
    backlog.add(operation(2, 40))
    assert [backlog.full, backlog.waiting_dots] == [True, 100]
    backlog.next()
    backlog.acknowledge(1)
    assert backlog.waiting_dots == 40
    backlog.add(operation(3, 50))
    assert [backlog.full, backlog.waiting_dots] == [False, 90]
