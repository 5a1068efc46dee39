"""Who may do what to whose: one table of roles, actions and their widest scope. Pure.

    grant  = a person has a role in a scope:   (p_1, teacher, self), (p_7, principal, school sch_3)
    object = what an action is about:          whose it is, and the places it lies in
    TABLE  = role -> action -> widest scope

A grant reaches an object when the object is the person's own, or lies in the grant's scope, and the
table lets the role's action go that far.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from base.objects import HERE, KINDS, Object, ScopeKind
from wire.common import Role

GrantRole = Literal[
    "student",
    "guardian",
    "teacher",
    "class_head",
    "grade_head",
    "principal",
    "researcher",
    "auditor",
    "support",
    "school_admin",
    "district_admin",
    "city_admin",
    "operator",
]
ROLES: Final[tuple[GrantRole, ...]] = get_args(GrantRole)

Action = Literal[
    "read_account",
    "read_vocabulary",
    "read_own_sessions",
    "enter_lobby",
    "rate_session",
    "report_session",
    "send_photo",
    "see_photo",
    "search_recordings",
    "replay_recording",
    "pair_pen",
    "list_pens",
    "remove_pen",
    "read_job",
    "cancel_job",
]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
"""Those of the parts that always stand; another part brings its own (`base.part.Part.actions`)."""

Table = Mapping[GrantRole, Mapping[str, ScopeKind]]


@dataclass(frozen=True, slots=True)
class Grant:
    """A person has a role in a place; for the scope `self` the place is the person."""

    person: str
    role: GrantRole
    scope: ScopeKind = "self"
    place: str = ""


_EVERYBODY: Final[dict[str, ScopeKind]] = {
    "read_account": "self",
    "read_vocabulary": "self",
    "read_own_sessions": "self",
    "read_job": "self",
    "cancel_job": "self",
}


def _auditing(widest: ScopeKind) -> dict[str, ScopeKind]:
    return {
        "see_photo": widest,
        "search_recordings": widest,
        "replay_recording": widest,
        "read_job": widest,
        "cancel_job": widest,
    }


_MEMBER: Final[dict[str, ScopeKind]] = {
    "enter_lobby": "self",
    "send_photo": "self",
    "see_photo": "self",
}
_TEACHING: Final[dict[str, ScopeKind]] = {
    **_MEMBER,
    "report_session": "self",
    "pair_pen": "self",
    "list_pens": "self",
    "remove_pen": "self",
}

TABLE: Final[Table] = {
    "student": {**_EVERYBODY, **_MEMBER, "rate_session": "self"},
    "guardian": _EVERYBODY,
    "teacher": {**_EVERYBODY, **_TEACHING},
    "class_head": _EVERYBODY,
    "grade_head": _EVERYBODY,
    "principal": {**_EVERYBODY, **_auditing("school")},
    "researcher": _EVERYBODY,
    "auditor": {**_EVERYBODY, **_auditing("city")},
    "support": _EVERYBODY,
    "school_admin": {**_EVERYBODY, **_auditing("school")},
    "district_admin": {**_EVERYBODY, **_auditing("district")},
    "city_admin": {**_EVERYBODY, **_auditing("city")},
    "operator": _EVERYBODY,
}

_OF_ROLE: Final[dict[Role, tuple[GrantRole, ScopeKind]]] = {
    "student": ("student", "self"),
    "teacher": ("teacher", "self"),
    "auditor": ("auditor", "city"),
    "administrator": ("city_admin", "city"),
}


def grants_of(person: str, role: Role) -> tuple[Grant, ...]:
    """Return what an account's one role amounts to."""
    granted, scope = _OF_ROLE[role]
    return (Grant(person, granted, scope, person if scope == "self" else HERE[1]),)


def with_actions(table: Table, actions: Mapping[str, Mapping[str, str]]) -> Table:
    """Return the table with a part's own actions in it, each as role -> widest scope.

    ValueError for an action that is there already, a role or a scope that is not, or no role at all.
    """
    rows = {role: dict(table[role]) for role in ROLES}
    known = {action for row in table.values() for action in row}
    for action, scopes in actions.items():
        if action in known:
            raise ValueError(f"the action {action} is there already")
        if not scopes:
            raise ValueError(f"nobody may do {action}")
        for role, scope in scopes.items():
            if role not in ROLES or scope not in KINDS:
                raise ValueError(f"there is no role {role} or no scope {scope} for {action}")
            rows[role][action] = scope
    return rows


def may(grants: tuple[Grant, ...], action: str, target: Object, table: Table = TABLE) -> bool:
    """Tell whether one of the grants lets its holder do `action` to `target`."""
    return any(_reaches(grant, action, target, table) for grant in grants)


def may_ever(grants: tuple[Grant, ...], action: str, table: Table = TABLE) -> bool:
    """Tell whether there can be anything the holder of these may do `action` to."""
    return any(action in table[grant.role] for grant in grants)


def _reaches(grant: Grant, action: str, target: Object, table: Table) -> bool:
    widest = table[grant.role].get(action)
    if widest is None:
        return False
    if grant.person in target.owners:
        return True
    if grant.scope == "self" or KINDS.index(grant.scope) > KINDS.index(widest):
        # A grant that is wider than the table lets this action go counts for one's own only.
        return False
    return (grant.scope, grant.place) in target.places
