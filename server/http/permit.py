"""Lets a request in: who asks, what it is about, and whether the rule of its row says yes."""

from aiohttp import web

from base.errors import Refusal, forbidden
from base.routes import Rule
from people.grants import HERE, WHOLE, Object, grants_of, may, may_ever
from server.http.keys import SERVICES
from server.http.request import given, identity


async def permit(request: web.Request, rule: Rule) -> None:
    """Refuse with 401 or 403, or with the code that hides what is another's; or do nothing.

    Who may never do this hears so before anything is loaded, so that nobody learns from the
    answer which objects there are.
    """
    known = identity(request)
    grants = grants_of(known.person_id, known.role)
    table = request.app[SERVICES].table
    if not may_ever(grants, rule.action, table):
        raise forbidden()
    hidden = Refusal(rule.hidden, "there is no such thing")
    try:
        target = await rule.of(given(request, rule.of), known.person_id)
    except Refusal as refusal:
        # Word for word what hides another's, so that not even the text tells the two apart.
        raise (hidden if refusal.code == rule.hidden else refusal) from None
    if not may(grants, rule.action, target, table):
        raise hidden if rule.hidden else forbidden()


async def own(_request: web.Request, person: str) -> Object:
    """Return what is always the asker's own: their account, their list."""
    return Object(owners=frozenset({person}))


async def whole(_request: web.Request, _person: str) -> Object:
    """Return everything there is."""
    return WHOLE


async def session(request: web.Request, _person: str) -> Object:
    """Return the session of the path, which is its student's and its teacher's."""
    record = await request.app[SERVICES].sessions.get(request.match_info["session"])
    return Object(frozenset({record.student, record.teacher}), frozenset({HERE}))


async def seat(request: web.Request, person: str) -> Object:
    """Return the running room of the path, which is theirs who may send a photo into it now."""
    live = request.app[SERVICES].live
    sits = live.may_upload(request.match_info["session"], person)
    return Object(owners=frozenset({person} if sits else ()))


async def photos(request: web.Request, person: str) -> Object:
    """Return the photos of a session: of those who sit in it now, or are its student and teacher."""
    if request.app[SERVICES].live.is_member(request.match_info["session"], person):
        return Object(owners=frozenset({person}))
    return await session(request, person)
