"""Which of a client's addresses is sent to."""

import pytest

from server.media.ice import MAX_PATHS, IceAgent, IceCredentials
from server.media.plane import Address

WIFI: Address = ("192.0.2.1", 1)
CELL: Address = ("198.51.100.1", 2)


@pytest.fixture
def agent() -> IceAgent:
    return IceAgent(IceCredentials("one", "password one"))


def check(agent: IceAgent, address: Address, priority: int, now: float, **more: int) -> None:
    agent.checked(
        address,
        generation=more.get("generation", 0),
        priority=priority,
        nominate=bool(more.get("nominate", 1)),
        now=now,
    )


def test_nothing_checked_nothing_selected(agent: IceAgent) -> None:
    assert agent.select(0.0) is None


def test_the_nominated_address_wins_over_a_preferred_one_that_is_not(agent: IceAgent) -> None:
    check(agent, WIFI, 10, 1.0)
    check(agent, CELL, 99, 1.1, nominate=0)
    assert agent.select(1.2) == WIFI


def test_of_two_nominated_the_priority_decides_and_not_the_order(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    check(agent, CELL, 10, 1.1)
    assert agent.select(1.2) == WIFI


def test_trap_11_authenticated_traffic_beats_priority(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    check(agent, CELL, 10, 1.0)
    agent.heard(CELL, 1.1)
    assert agent.select(1.2) == CELL
    # Silence afterwards leaves it to the priority again.
    assert agent.select(9.0) == WIFI


def test_media_is_followed_to_an_address_that_was_only_checked(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    agent.heard(WIFI, 1.0)
    check(agent, CELL, 10, 2.0, nominate=0)
    agent.heard(CELL, 2.1)
    assert agent.select(2.2) == CELL


def test_an_older_sign_does_not_overwrite_a_newer_one(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    check(agent, CELL, 10, 1.0)
    agent.heard(CELL, 5.0)
    agent.heard(CELL, 0.0)
    assert agent.select(5.1) == CELL


def test_a_restart_beats_what_was_heard_before_it(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    agent.heard(WIFI, 1.9)
    agent.restart(IceCredentials("two", "password two"))
    check(agent, CELL, 10, 2.0, generation=1)
    assert agent.select(2.0) == CELL


def test_a_checked_address_of_a_restart_waits_for_its_nomination(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    agent.restart(IceCredentials("two", "password two"))
    check(agent, CELL, 10, 2.0, generation=1, nominate=0)
    assert agent.select(2.0) == WIFI


def test_old_credentials_hold_until_the_new_ones_are_used(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    assert agent.restart(IceCredentials("two", "password two")) == []
    assert agent.password("one") == (0, "password one")
    assert agent.retire() == []
    check(agent, WIFI, 99, 2.0, generation=1)
    assert agent.retire() == ["one"]
    assert agent.password("one") is None
    assert agent.password("two") == (1, "password two")


def test_restarts_that_nobody_answers_do_not_pile_up(agent: IceAgent) -> None:
    for number in range(50):
        agent.restart(IceCredentials(f"u{number}", "password"))
    assert agent.ufrags() == ["u48", "u49"]


def test_silent_addresses_expire(agent: IceAgent) -> None:
    check(agent, WIFI, 99, 1.0)
    check(agent, CELL, 10, 20.0)
    assert agent.expire(31.5, 30.0) == [WIFI]
    assert agent.select(31.5) == CELL


def test_addresses_are_bounded_and_the_quietest_makes_room(agent: IceAgent) -> None:
    gone: list[Address] = []
    for number in range(MAX_PATHS + 3):
        gone += agent.checked(
            ("192.0.2.9", number), generation=0, priority=1, nominate=False, now=float(number)
        )
    assert gone == [("192.0.2.9", 0), ("192.0.2.9", 1), ("192.0.2.9", 2)]
