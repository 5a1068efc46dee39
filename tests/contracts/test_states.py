"""docs/states.md is drawn from the tables the code moves by, and the tables are whole."""

from collections.abc import Mapping
from typing import get_args

import pytest

from matching import model as matching
from server.media import model as media
from tools import states


def test_the_page_is_what_the_tables_draw() -> None:
    assert states.PAGE.read_text("utf-8") == states.page(), "run `python -m tools.states`"


@pytest.mark.parametrize(
    ("table", "events", "first"),
    [
        (matching.TRANSITIONS, get_args(matching.Event), "calling"),
        (media.TRANSITIONS, tuple(media.LegEvent), "new"),
    ],
)
def test_every_event_moves_and_every_state_is_reached(
    table: Mapping[tuple[str, str], str], events: tuple[str, ...], first: str
) -> None:
    assert {event for _, event in table} == set(events)
    assert {state for state, _ in table} <= {first, *table.values()}


def test_nothing_leaves_a_closed_leg() -> None:
    assert not [event for state, event in media.TRANSITIONS if state is media.LegState.CLOSED]
