"""What each sweep finds due, by rule: the rows of its floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.acro.overdue import due_source as checks_due
from offenders.domain.acro.rules import MISSING, REPLIES
from offenders.domain.bail.due import due_source as bail_due
from offenders.domain.custody.service import unchecked_source
from offenders.domain.forensics.overdue import due_source as hits_due
from offenders.domain.iom.due import due_source as members_due
from offenders.domain.iom.rules import RULES as OF_MEMBERS
from offenders.domain.mappa.caseload import caseload_source
from offenders.domain.mappa.due import due_source as cases_due
from offenders.domain.orders.due import RULES as OF_ORDERS
from offenders.domain.orders.due import due_source as orders_due
from offenders.domain.registrations.due import RULES as OF_REGISTRATIONS
from offenders.domain.registrations.due import due_source as registrations_due

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from offenders.domain.flags.service import DueSource

Sources = dict[str, "DueSource"]  # by rule: what one sweep raises


def _alone(rule: str, find: Callable[[Session], DueSource]) -> Callable[[Session], Sources]:
    return lambda session: {rule: find(session)}


def _of(rule: str, find: Callable[[Session, str], DueSource]) -> Callable[[Session], Sources]:
    return lambda session: {rule: find(session, rule)}


SWEEPS: dict[str, Callable[[Session], Sources]] = {
    "missing-acro-checks": _alone("missing-acro-checks", lambda each: checks_due(each, MISSING)),
    "overdue-acro-replies": _alone("overdue-acro-replies", lambda each: checks_due(each, REPLIES)),
    "missing-pnc-checks": _alone("missing-pnc-checks", unchecked_source),
    "bail-due": _alone("bail-due", bail_due),
    "overdue-forensic-hits": _alone("overdue-forensic-hits", hits_due),
    "iom-reviews": lambda session: {rule: members_due(session, rule) for rule in OF_MEMBERS},
    "mappa-meetings": _alone("mappa-meetings", cases_due),
    "caseload": _alone("caseload", caseload_source),
    **{rule: _of(rule, registrations_due) for rule in OF_REGISTRATIONS},
    **{rule: _of(rule, orders_due) for rule in OF_ORDERS},
}


def rules_of(name: str) -> list[str]:
    """Give the rules of which this sweep raises flags."""
    return list(OF_MEMBERS) if name == "iom-reviews" else [name]
