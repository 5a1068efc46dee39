"""Signing in, renewing and signing out."""

from aiohttp import web
from msgspec import Struct

from base.routes import PUBLIC, Route
from people.model import Person, SignedIn
from people.service import PeopleService
from server.http import render
from server.http.request import address, is_secure

COOKIE = "refresh"


class Credentials(Struct, kw_only=True):
    """The body of a sign-in."""

    login: str
    password: str
    remember: bool = True
    """False on a device that is not the person's own: closing the browser forgets the sign-in."""


class SignInAnswer(Struct, frozen=True, kw_only=True):
    """A short access token (seconds it lives) and whose it is; the refresh token is the cookie."""

    access_token: str
    expires_in: int
    person: Person


async def sign_in(request: web.Request, given: Credentials, people: PeopleService) -> web.Response:
    """POST /api/sign-in."""
    signed_in = await people.sign_in(
        given.login, given.password, address(request), remember=given.remember
    )
    return _answer(request, signed_in)


async def refresh(request: web.Request, people: PeopleService) -> web.Response:
    """POST /api/people/{person}/refresh."""
    token = request.cookies.get(COOKIE, "")
    return _answer(request, await people.refresh(request.match_info["person"], token))


async def sign_out(request: web.Request, people: PeopleService) -> web.Response:
    """POST /api/people/{person}/sign-out."""
    person_id = request.match_info["person"]
    token = request.cookies.get(COOKIE, "")
    await people.sign_out(person_id, token)
    response = render.nothing()
    response.del_cookie(COOKIE, path=_path(person_id))
    return response


def _answer(request: web.Request, signed_in: SignedIn) -> web.Response:
    response = render.json(
        SignInAnswer(
            access_token=signed_in.access_token,
            expires_in=signed_in.expires_in,
            person=signed_in.person,
        )
    )
    # The path holds the person, so that two windows of one browser can be two people.
    response.set_cookie(
        COOKIE,
        signed_in.refresh_token,
        # Without an age the cookie goes with the browser.
        max_age=signed_in.refresh_expires_in if signed_in.remembered else None,
        path=_path(signed_in.person.id),
        httponly=True,
        samesite="Strict",
        secure=is_secure(request),
    )
    return response


def _path(person_id: str) -> str:
    return f"/api/people/{person_id}/"


ROUTES = (
    Route(
        "POST",
        "/api/sign-in",
        may=PUBLIC,
        do=sign_in,
        summary="Sign in; the answer also sets the refresh cookie",
        body=Credentials,
        returns=SignInAnswer,
        secret=True,
        errors=("wrong_password", "too_many_attempts", "busy"),
    ),
    Route(
        "POST",
        "/api/people/{person}/refresh",
        may=PUBLIC,
        do=refresh,
        summary="Renew the access token with the cookie, which is replaced",
        returns=SignInAnswer,
        secret=True,
        cookie=COOKIE,
        errors=("token_invalid", "token_expired", "token_revoked"),
    ),
    Route(
        "POST",
        "/api/people/{person}/sign-out",
        may=PUBLIC,
        do=sign_out,
        summary="End the sign-in of the cookie",
        cookie=COOKIE,
        errors=("token_invalid",),
    ),
)
