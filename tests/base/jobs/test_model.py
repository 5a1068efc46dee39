"""The states of a job: the drawing is the table, and the table has no dead ends."""

import pytest

from base.jobs import model
from base.jobs.model import ENDED, HELD, LIVE, TABLE, JobKind, after, after_failure, wait_ms
from base.jobs.tables import LIVE_KEY

KIND = JobKind(name="any", run="any", attempts=3, waits_s=(1, 10))


def test_the_drawing_is_made_from_the_table() -> None:
    drawn = [line.strip() for line in (model.__doc__ or "").splitlines() if "-->" in line]
    assert drawn == model.drawing()


def test_every_state_can_be_left_or_is_an_end() -> None:
    states = {state for before, _, to, _ in TABLE for state in (before, to)}
    assert {before for before, _, _, _ in TABLE} == states - set(ENDED)
    assert set(LIVE) | set(HELD) | set(ENDED) == states


def test_a_move_leads_to_one_state_wherever_it_starts_while_a_lease_is_held() -> None:
    for move in {move for before, move, _, _ in TABLE if before in HELD}:
        assert len({to for before, label, to, _ in TABLE if label == move and before in HELD}) == 1


def test_the_index_of_live_keys_means_the_live_states() -> None:
    assert str(LIVE_KEY) == f"state IN {LIVE}"


def test_what_is_not_in_the_table_is_not_possible() -> None:
    assert after("queued", "cancel") == "cancelled"
    assert after("running", "cancel") == "cancelling"
    assert all(after(state, "cancel") is None for state in ENDED)


@pytest.mark.parametrize(
    ("attempts", "permanent", "move"),
    [(1, False, "retry"), (2, False, "retry"), (3, False, "fail"), (1, True, "fail")],
)
def test_a_failure_is_tried_again_unless_that_is_in_vain(
    attempts: int, permanent: bool, move: str
) -> None:
    assert after_failure(KIND, attempts, permanent=permanent) == move


def test_waits_grow_and_then_stay() -> None:
    assert [wait_ms(KIND, attempts) for attempts in (1, 2, 3, 9)] == [1000, 10_000, 10_000, 10_000]
