"""The table of who may do what: own, other's, places, and what is wider than allowed."""

import pytest

from base.objects import HERE, KINDS, WHOLE, Object
from people.grants import (
    ACTIONS,
    ROLES,
    TABLE,
    Action,
    Grant,
    GrantRole,
    grants_of,
    may,
    may_ever,
    with_actions,
)
from wire.common import Role

MINE = Object(owners=frozenset({"p_1"}))
THEIRS = Object(owners=frozenset({"p_2"}))
IN_SCHOOL = Object(
    owners=frozenset({"p_2"}), places=frozenset({HERE, ("school", "sch_1"), ("district", "d_1")})
)


def test_every_role_has_a_row_and_every_action_somebody() -> None:
    assert set(TABLE) == set(ROLES)
    assert {action for row in TABLE.values() for action in row} == set(ACTIONS)
    assert {kind for row in TABLE.values() for kind in row.values()} <= set(KINDS)


@pytest.mark.parametrize(
    ("role", "action", "mine", "theirs", "whole"),
    [
        ("student", "rate_session", True, False, False),
        ("student", "report_session", False, False, False),
        ("student", "replay_recording", False, False, False),
        ("student", "pair_pen", False, False, False),
        ("teacher", "report_session", True, False, False),
        ("teacher", "rate_session", False, False, False),
        ("teacher", "search_recordings", False, False, False),
        ("teacher", "remove_pen", True, False, False),
        ("auditor", "replay_recording", True, True, True),
        ("auditor", "rate_session", False, False, False),
        ("auditor", "send_photo", False, False, False),
        ("administrator", "search_recordings", True, True, True),
        ("administrator", "pair_pen", False, False, False),
    ],
)
def test_the_four_roles_of_today(
    role: Role, action: Action, mine: bool, theirs: bool, whole: bool
) -> None:
    grants = grants_of("p_1", role)
    found = [may(grants, action, target) for target in (MINE, THEIRS, WHOLE)]
    assert found == [mine, theirs, whole]


def test_a_grant_reaches_its_own_place_and_no_other() -> None:
    here = (Grant("p_1", "principal", "school", "sch_1"),)
    there = (Grant("p_1", "principal", "school", "sch_2"),)
    assert may(here, "replay_recording", IN_SCHOOL)
    assert not may(there, "replay_recording", IN_SCHOOL)
    assert not may(here, "replay_recording", THEIRS)
    # A list of everything is not a school's: it must be narrowed before it is a principal's.
    assert not may(here, "search_recordings", WHOLE)
    assert may_ever(here, "search_recordings")


def test_a_grant_wider_than_the_table_counts_for_ones_own_only() -> None:
    wide = (Grant("p_1", "principal", "district", "d_1"),)
    assert not may(wide, "replay_recording", IN_SCHOOL)
    assert may(wide, "replay_recording", MINE)
    student = (Grant("p_1", "student", "city", HERE[1]),)
    assert not may(student, "rate_session", THEIRS)
    assert may(student, "rate_session", MINE)


def test_grants_add_up() -> None:
    both = (Grant("p_1", "student"), Grant("p_1", "auditor", *HERE))
    assert may(both, "rate_session", MINE)
    assert may(both, "replay_recording", THEIRS)
    assert not may((), "read_account", MINE)


@pytest.mark.parametrize("role", ["guardian", "support", "operator", "researcher"])
def test_who_has_no_business_with_recordings_sees_none(role: GrantRole) -> None:
    grants = (Grant("p_1", role, *HERE),)
    assert not may_ever(grants, "search_recordings")
    assert not may_ever(grants, "see_photo")


def test_a_part_brings_its_actions_and_the_table_of_others_stays() -> None:
    table = with_actions(TABLE, {"sign_guestbook": {"student": "self", "auditor": "city"}})
    student, auditor = grants_of("p_1", "student"), grants_of("p_1", "auditor")
    found = [may(student, "sign_guestbook", one, table) for one in (MINE, THEIRS)]
    assert found == [True, False]
    assert may(auditor, "sign_guestbook", THEIRS, table)
    assert not may_ever(grants_of("p_1", "teacher"), "sign_guestbook", table)
    assert may(student, "rate_session", MINE, table)
    assert not may_ever(student, "sign_guestbook")


@pytest.mark.parametrize(
    "actions",
    [
        {"rate_session": {"teacher": "self"}},
        {"sign_guestbook": {}},
        {"sign_guestbook": {"guest": "self"}},
        {"sign_guestbook": {"student": "world"}},
    ],
)
def test_a_part_widens_nothing_of_others_and_invents_no_role(
    actions: dict[str, dict[str, str]],
) -> None:
    with pytest.raises(ValueError, match=next(iter(actions))):
        with_actions(TABLE, actions)
