"""Members of a room and what each role may do there."""

from dataclasses import dataclass, field

from wire import room as wire
from wire.common import Role

PERMISSIONS: dict[Role, tuple[wire.Permission, ...]] = {
    "teacher": ("draw", "clear", "upload", "end", "manage"),
    "student": ("draw", "upload", "end"),
    "auditor": (),
    "administrator": (),
}
"""What a member may do when the room opens; a member with `manage` may change it for others."""


@dataclass(slots=True)
class Seat:
    """One member's place, kept from the first join to the end whatever its sockets do."""

    member: str
    name: str
    role: Role
    permissions: set[wire.Permission] = field(default_factory=set)
    link: wire.Link = "absent"
    muted: bool = False
    tab: str | None = None
    """The connection of their tab, when one is open."""
    pens: set[str] = field(default_factory=set)
    lost_at: float | None = 0.0
    """When their tab was last lost (or the room opened), None while one is open."""

    def public(self) -> wire.Member:
        """Return the member as the others see them."""
        return wire.Member(
            member=self.member,
            name=self.name,
            role=self.role,
            link=self.link,
            muted=self.muted,
            pen=bool(self.pens),
            permissions=sorted(self.permissions),
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """A socket in the room: a tab or a pen, speaking for a member under a source."""

    connection: str
    member: str
    source: str
    pen: bool = False
