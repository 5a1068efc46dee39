"""Who am I."""

from base.routes import Asked, Route, Rule, own
from people.model import Person
from people.service import PeopleService


async def me(asked: Asked, people: PeopleService) -> Person:
    """GET /api/me."""
    return await people.person(asked.person)


ROUTES = (
    Route(
        "GET",
        "/api/me",
        may=Rule("read_account", of=own),
        do=me,
        summary="The account of the person who asks",
        returns=Person,
        errors=("unknown_person",),
    ),
)
