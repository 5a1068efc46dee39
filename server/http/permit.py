"""Lets a request in: whether the rule of its row says yes to who asks and what it is about."""

from dataclasses import dataclass

from aiohttp import web

from base.errors import Refusal, forbidden
from base.objects import Object
from base.routes import Asked, Rule
from people.grants import Table, grants_of, may, may_ever
from people.model import Identity
from server.http.binding import Bound


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands before a row's handler."""

    rule: Rule
    of: Bound
    """The rule's loader."""
    table: Table

    def refuse_who_never_may(self, known: Identity) -> None:
        """Refuse with 403 before anything is loaded, so that nobody learns which objects there are."""
        if not may_ever(grants_of(known.person_id, known.role), self.rule.action, self.table):
            raise forbidden()

    async def refuse_unless_reached(self, known: Identity, asked: Asked | web.Request) -> None:
        """Refuse with 403, or with the code that hides what is another's; or do nothing."""
        hidden = Refusal(self.rule.hidden, "there is no such thing")
        try:
            target: Object = await self.of.call(asked)
        except Refusal as refusal:
            # Word for word what hides another's: not even the text tells that it is there.
            raise (hidden if refusal.code == hidden.code else refusal) from None
        grants = grants_of(known.person_id, known.role)
        if not may(grants, self.rule.action, target, self.table):
            raise hidden if self.rule.hidden else forbidden()
