"""Who may do what where: permissions, areas and fields; a decision and an SQL condition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from offenders.db import Reader
from offenders.domain.permissions import PERMISSIONS
from offenders.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offenders.domain.actors import Actor

# Area claims in a token narrow these roles; the others read their whole force.
AREA_ROLES = frozenset({"supervisor", "duty_inspector", "meeting_chair", "partner_agency"})

# What is told of the people of one's own area alone, unless one may read them all in full.
_OF_OWN_AREA = {"registrations:read": "registrations:read-full"}

# Systems that send records see the records that they sent, and no other.
SENDING_ROLES = frozenset({"custody_client", "forensic_client", "acro_client", "court_client"})
# What a unit's own system answers is its own, whoever sent it: by the beginning of a permission.
_ANSWERED_BY = {"acro_client": "acro:"}


def may(actor: Actor, permission: str) -> bool:
    """Decide whether any role of the actor carries the permission."""
    return any(permission in PERMISSIONS[role] for role in actor.roles)


def is_sender(actor: Actor) -> bool:
    """Tell whether the actor is a system that sends records, and nothing else."""
    return actor.roles <= SENDING_ROLES


def reader_of(actor: Actor) -> Reader:
    """Give the actor as a transaction knows who reads in it."""
    is_narrowed = has_narrowed_role(actor) or (_has_areas(actor) and _reads_of_own_area(actor))
    return Reader(actor.subject, tuple(sorted(actor.roles)), is_narrowed)


def has_narrowed_role(actor: Actor) -> bool:
    """Tell whether areas narrow all that the actor may do."""
    return _has_areas(actor) and not actor.roles.isdisjoint(AREA_ROLES)


def _has_areas(actor: Actor) -> bool:
    return bool(actor.lpas or actor.neighbourhoods)


def _reads_of_own_area(actor: Actor) -> bool:
    return any(
        may(actor, each) and not may(actor, in_full) for each, in_full in _OF_OWN_AREA.items()
    )


def widened(actor: Actor, opened: Iterable[str]) -> Actor:
    """Add what emergency access has opened, each as `kind:key`, to the areas of the token."""
    added: dict[str, set[str]] = {"lpa": set(), "neighbourhood": set(), "person": set()}
    for each in opened:
        kind, _, key = each.partition(":")
        added[kind].add(key)
    if not any(added.values()):
        return actor
    return replace(
        actor,
        lpas=actor.lpas | added["lpa"],
        neighbourhoods=actor.neighbourhoods | added["neighbourhood"],
        people=actor.people | {UUID(each) for each in added["person"]},
    )


@dataclass(frozen=True)
class Scope:
    """The part of a force that an actor may reach with one permission."""

    force: str
    lpas: tuple[str, ...] = ()
    neighbourhoods: tuple[str, ...] = ()
    sender: str | None = None  # whose records alone may be reached; by `recorded_by`
    people: tuple[UUID, ...] = ()  # read wherever they are, while emergency access lasts

    @property
    def is_whole_force(self) -> bool:
        """True when no area narrows it."""
        return not self.lpas and not self.neighbourhoods

    @property
    def of_areas(self) -> Scope:
        """Give the same areas for records of no one person."""
        return replace(self, people=())

    def covers(self, lpa: str | None, neighbourhood: str | None) -> bool:
        """Decide for one record by its area."""
        return self.is_whole_force or lpa in self.lpas or neighbourhood in self.neighbourhoods

    def condition(self, alias: str, bound: str = "scope") -> str:
        """Give the same decision as an SQL condition over `alias`, with `values_as(bound)`."""
        if self.sender is not None:
            return f"{alias}.force = :force AND {alias}.recorded_by = :{bound}_sender"
        if self.is_whole_force:
            return f"{alias}.force = :force"
        opened = f" OR {alias}.person_id = ANY (:{bound}_people)" if self.people else ""
        return (
            f"{alias}.force = :force AND ({alias}.lpa = ANY (:{bound}_lpas)"
            f" OR {alias}.neighbourhood = ANY (:{bound}_neighbourhoods){opened})"
        )

    @property
    def values(self) -> dict[str, Any]:
        """Give the bound values of `condition`."""
        return self.values_as("scope")

    def values_as(self, bound: str) -> dict[str, Any]:
        """Give the bound values of `condition(…, bound)`: two scopes may stand in one statement."""
        return {
            "force": self.force,
            f"{bound}_lpas": list(self.lpas),
            f"{bound}_neighbourhoods": list(self.neighbourhoods),
            f"{bound}_sender": self.sender,
            f"{bound}_people": list(self.people),
        }


def scope(actor: Actor, permission: str, force: str) -> Scope:
    """Give the area in which the actor holds the permission."""
    granting = {role for role in actor.roles if permission in PERMISSIONS[role]}
    if not granting:
        message = f"This needs the permission {permission}."
        raise Forbidden(message)
    if granting <= SENDING_ROLES and not _answers(granting, permission):
        return Scope(force, sender=actor.subject)
    if granting - AREA_ROLES and _is_seen_beyond(actor, permission):
        return Scope(force)
    return Scope(
        force,
        tuple(sorted(actor.lpas)),
        tuple(sorted(actor.neighbourhoods)),
        people=tuple(sorted(actor.people)),
    )


def _is_seen_beyond(actor: Actor, permission: str) -> bool:
    """Decide whether what the permission opens is told beyond the areas of the token."""
    in_full = _OF_OWN_AREA.get(permission)
    beyond = actor.roles - AREA_ROLES
    return in_full is None or any(in_full in PERMISSIONS[role] for role in beyond)


def _answers(roles: set[str], permission: str) -> bool:
    return any(
        role in roles and permission.startswith(beginning)
        for role, beginning in _ANSWERED_BY.items()
    )


@dataclass(frozen=True)
class Sight:
    """Which fields an actor may see; what is not seen is masked and the masking audited."""

    protected_addresses: bool
    restricted_notes: bool
    covert_notes: bool
    public_protection_flags: bool
    subject: str
    reviews_access: bool = False
    permissions: frozenset[str] = frozenset()

    @property
    def handlings(self) -> list[str]:
        """Give the handlings of notes that the actor may read; their own are always theirs."""
        return ["normal"] + ["restricted"] * self.restricted_notes + ["covert"] * self.covert_notes


def sight(actor: Actor) -> Sight:
    """Give what the actor may see of a person."""
    return Sight(
        protected_addresses=may(actor, "addresses:read-protected"),
        restricted_notes=may(actor, "notes:read-restricted"),
        covert_notes=may(actor, "notes:read-covert"),
        public_protection_flags=may(actor, "flags:read-public-protection"),
        subject=actor.subject,
        reviews_access=may(actor, "emergency:review"),
        permissions=frozenset().union(*(PERMISSIONS[role] for role in actor.roles)),
    )
