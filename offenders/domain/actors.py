"""Who is asking: the person or system behind a request, as their token describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

ROLES = frozenset(
    {
        "response_officer",
        "neighbourhood_officer",
        "investigator",
        "supervisor",
        "duty_inspector",
        "meeting_chair",
        "iom_officer",
        "iom_manager",
        "offender_manager",
        "mappa_coordinator",
        "custody_client",
        "forensic_client",
        "acro_client",
        "court_client",
        "partner_agency",
        "force_manager",
        "chief_officer",
        "force_admin",
        "national_analyst",
        "auditor",
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """One authenticated caller; `lpas` and `neighbourhoods` are empty for a whole force."""

    subject: str
    # Left out of repr, so that a logged actor never shows the name.
    name: str = field(repr=False)
    roles: frozenset[str]
    force: str | None
    lpas: frozenset[str]
    neighbourhoods: frozenset[str]
    agency: str | None
    token_id: str | None
    issued_at: datetime | None
    people: frozenset[UUID] = frozenset()  # opened for a time, beside the areas

    @property
    def role_text(self) -> str:
        """Give the roles as the audit writes them."""
        return ",".join(sorted(self.roles))
