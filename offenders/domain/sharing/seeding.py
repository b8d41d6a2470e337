"""Agreements and shares for made-up data: the cohort of IOM with the agencies that manage it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders import clock
from offenders.domain.sharing.agreeing import add_agreement
from offenders.domain.sharing.shares import share_person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# What each agency may see, and one in how many members is shared with it; made up.
_AGREED: Final = {
    "probation": (("contact", "description", "iom", "markers", "notes", "orders", "wanted"), 2),
    "housing": (("contact", "iom", "markers", "notes"), 5),
}
_NAME: Final = "IOM"
_PURPOSE: Final = "Managing persistent offenders together."
_FROM: Final = date(2014, 1, 1)
_SHARED_DAYS: Final = 180
_HAS_ANY = text("SELECT 1 FROM agreements WHERE force = :force LIMIT 1")
_MEMBERS = text("""
    SELECT DISTINCT person_id::text AS id FROM iom_members
    WHERE force = :force AND exited_at IS NULL ORDER BY 1
""")


def add_made_up_shares(session: Session, actor: str) -> int:
    """Share a part of the cohort with each agency, once; give how many shares were made."""
    force = {"force": session.info["force"]}
    if session.execute(_HAS_ANY, force).first() is not None:
        return 0
    members = list(session.execute(_MEMBERS, force).scalars())
    until, made = clock.now() + timedelta(days=_SHARED_DAYS), 0
    for agency, (groups, one_in) in _AGREED.items():
        told = {"agency": agency, "name": _NAME, "fields": groups, "purpose": _PURPOSE}
        add_agreement(session, actor=actor, fields=told | {"from_on": _FROM})
        for person in members[::one_in]:
            fields = {"agency": agency, "fields": _NAME, "reason": _PURPOSE, "until": until}
            share_person(session, actor=actor, written=person, fields=fields)
            made += 1
    return made
