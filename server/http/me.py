"""Who am I."""

from aiohttp import web

from server.http import render
from server.http.keys import SERVICES
from server.http.request import identity


async def me(request: web.Request) -> web.Response:
    """GET /api/me."""
    known = identity(request)
    return render.json(await request.app[SERVICES].people.person(known.person_id))
