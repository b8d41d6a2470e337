"""Who may do what: roles, permissions and areas as data; a decision and an SQL condition.

The table is that of the domain's "Who may do what". docs/access.md is made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.errors import Forbidden

if TYPE_CHECKING:
    from offenders.domain.actors import Actor

_READ = {
    "reference:read",
    "persons:read",
    "wanted:read",
    "wanted:counts",
    "pnc:read",
    "flags:read",
    "bail:read",
    "orders:read",
}
_ORDERS = {
    "orders:read-whole",
    "orders:read-protected",
    "orders:write",
    "orders:monitor",
    "orders:review",
    "orders:report",
}
_PATROL = _READ | {"wanted:log", "notes:write", "orders:check"}
_OFFENDER_MANAGEMENT = (_PATROL | _ORDERS) | {"notes:read-restricted", "custody:read", "acro:read"}
_INVESTIGATION = (_PATROL | _ORDERS) | {
    "persons:write",
    "addresses:read-protected",
    "notes:read-restricted",
    "wanted:write",
    "wanted:validate",
    "wanted:circulate",
    "wanted:close",
    "bail:write",
    "custody:read",
    "custody:write",
    "quality:counts",
    "quality:read",
    "quality:decide",
    "acro:read",
    "acro:request",
    "acro:respond",
    "acro:assess",
    "acro:coverage",
    "forensics:read",
    "forensics:enter",
    "forensics:write",
    "forensics:allocate",
}
_SUPERVISION = _INVESTIGATION | {
    "wanted:review",
    "wanted:handover",
    "bail:review",
    "bail:handover",
    "orders:review-breach",
    "flags:manage",
    "notes:read-covert",
    "directory:read",
    "reports:read",
}
_COMMAND = _READ | {
    "orders:read-whole",
    "orders:report",
    "custody:read",
    "policies:write",
    "jobs:read",
    "directory:read",
    "reports:read",
    "quality:counts",
    "quality:read",
    "acro:read",
    "acro:coverage",
    "forensics:read",
}
_CLIENT = {"reference:read"}

PERMISSIONS: dict[str, frozenset[str]] = {
    role: frozenset(permissions)
    for role, permissions in {
        "response_officer": _PATROL,
        "neighbourhood_officer": _PATROL,
        "investigator": _INVESTIGATION,
        "supervisor": _SUPERVISION,
        "duty_inspector": _SUPERVISION,
        "meeting_chair": _READ
        | {"directory:read", "reports:read", "forensics:read", "forensics:allocate"}
        | {"orders:read-whole", "orders:report"},
        "iom_officer": _OFFENDER_MANAGEMENT,
        "iom_manager": _OFFENDER_MANAGEMENT,
        "offender_manager": _OFFENDER_MANAGEMENT,
        "mappa_coordinator": _OFFENDER_MANAGEMENT,
        "custody_client": _CLIENT | {"custody:read", "custody:write", "acro:read", "acro:request"},
        "forensic_client": _CLIENT | {"forensics:read", "forensics:enter"},
        "acro_client": _CLIENT | {"acro:read", "acro:request", "acro:respond"},
        "court_client": _CLIENT
        | {"orders:read", "orders:read-whole", "orders:read-protected", "orders:write"},
        "partner_agency": _CLIENT,
        "force_manager": _COMMAND,
        "chief_officer": _COMMAND,
        "force_admin": {
            "reference:read",
            "wanted:counts",
            "flags:read",
            "policies:write",
            "reference:write",
            "imports:write",
            "jobs:read",
            "jobs:run",
            "directory:read",
            "tokens:revoke",
            "tokens:read-revocations",
            "quality:counts",
            "outbox:read",
            "outbox:resend",
        },
        "national_analyst": {"reference:read", "wanted:counts"},
        "auditor": {"reference:read", "audit:read", "tokens:read-revocations"},
    }.items()
}

# Area claims in a token narrow these roles; the others read their whole force.
AREA_ROLES = frozenset({"supervisor", "duty_inspector", "meeting_chair", "partner_agency"})

# Systems that send records see the records that they sent, and no other.
SENDING_ROLES = frozenset({"custody_client", "forensic_client", "acro_client", "court_client"})
# What a unit's own system answers is its own, whoever sent it: by the beginning of a permission.
_ANSWERED_BY = {"acro_client": "acro:"}


def may(actor: Actor, permission: str) -> bool:
    """Decide whether any role of the actor carries the permission."""
    return any(permission in PERMISSIONS[role] for role in actor.roles)


@dataclass(frozen=True)
class Scope:
    """The part of a force that an actor may reach with one permission."""

    force: str
    lpas: tuple[str, ...] = ()
    neighbourhoods: tuple[str, ...] = ()
    sender: str | None = None  # whose records alone may be reached; by `recorded_by`

    @property
    def is_whole_force(self) -> bool:
        """True when no area narrows it."""
        return not self.lpas and not self.neighbourhoods

    def covers(self, lpa: str | None, neighbourhood: str | None) -> bool:
        """Decide for one record by its area."""
        return self.is_whole_force or lpa in self.lpas or neighbourhood in self.neighbourhoods

    def condition(self, alias: str, bound: str = "scope") -> str:
        """Give the same decision as an SQL condition over `alias`, with `values_as(bound)`."""
        if self.sender is not None:
            return f"{alias}.force = :force AND {alias}.recorded_by = :{bound}_sender"
        if self.is_whole_force:
            return f"{alias}.force = :force"
        return (
            f"{alias}.force = :force AND ({alias}.lpa = ANY (:{bound}_lpas)"
            f" OR {alias}.neighbourhood = ANY (:{bound}_neighbourhoods))"
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
        }


def scope(actor: Actor, permission: str, force: str) -> Scope:
    """Give the area in which the actor holds the permission."""
    granting = {role for role in actor.roles if permission in PERMISSIONS[role]}
    if not granting:
        message = f"This needs the permission {permission}."
        raise Forbidden(message)
    if granting <= SENDING_ROLES and not _answers(granting, permission):
        return Scope(force, sender=actor.subject)
    if granting - AREA_ROLES:
        return Scope(force)
    return Scope(force, tuple(sorted(actor.lpas)), tuple(sorted(actor.neighbourhoods)))


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
    subject: str

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
        subject=actor.subject,
    )
