"""Who am I."""

from aiohttp import web

from base.routes import Route, Rule
from people.model import Person
from server.http import permit
from server.http.keys import SERVICES
from server.http.request import identity


async def me(request: web.Request) -> Person:
    """GET /api/me."""
    known = identity(request)
    return await request.app[SERVICES].people.person(known.person_id)


ROUTES = (
    Route(
        "GET",
        "/api/me",
        may=Rule("read_account", of=permit.own),
        do=me,
        summary="The account of the person who asks",
        returns=Person,
        errors=("unknown_person",),
    ),
)
