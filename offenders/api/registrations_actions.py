"""What is done about registered people: one act, one route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.api.schemas import registrations as schemas
from offenders.domain.registrations import service

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema
    from sqlalchemy.orm import Session

    from offenders.domain.registrations.service import Doing


@dataclass(frozen=True)
class Act:
    """One kind of act on a registration. What is only added needs no If-Match."""

    rule: str
    verb: str
    body: type[Schema]
    work: Callable[[Session, Doing], Any]
    says: str
    permission: str = "registrations:write"
    if_match: bool = True


ACTS: Final = (
    Act(
        "disposals",
        "registrations.add-disposal",
        schemas.DisposalBody,
        service.add_disposal,
        "Add a further disposal: the latest end over all holds.",
    ),
    Act(
        "notifications",
        "registrations.notify",
        schemas.NotificationBody,
        service.notify,
        "Record a notification, and whether it came in time.",
    ),
    Act(
        "visits",
        "registrations.visit",
        schemas.VisitBody,
        service.visit,
        "Record a home visit made, tried or planned.",
        if_match=False,
    ),
    Act(
        "arms-assessments",
        "registrations.assess",
        schemas.ArmsBody,
        service.assess,
        "Record an ARMS assessment.",
    ),
    Act(
        "polygraphs",
        "registrations.examine",
        schemas.PolygraphBody,
        service.examine,
        "Record a polygraph examination; few may read it.",
    ),
    Act(
        "risk-levels",
        "registrations.set-risk",
        schemas.RiskLevelBody,
        service.set_risk,
        "Change the risk, for a reason.",
        permission="registrations:supervise",
    ),
    Act(
        "travel",
        "registrations.give-notice",
        schemas.TravelBody,
        service.give_notice,
        "Record notice of travel abroad, and whether it came in time.",
    ),
    Act(
        "absences",
        "registrations.begin-absence",
        schemas.AbsenceBody,
        service.begin_absence,
        "Record time in custody, in hospital or abroad, which the law disregards.",
    ),
    Act(
        "managements",
        "registrations.manage",
        schemas.ManagementBody,
        service.set_management,
        "Manage without visits from now on, or with.",
        permission="registrations:supervise",
    ),
    Act(
        "indefinite-reviews",
        "registrations.review",
        schemas.IndefiniteReviewBody,
        service.review_indefinite,
        "Record an application for review of an indefinite period, or what it came to.",
        permission="registrations:supervise",
    ),
    Act(
        "handovers",
        "registrations.hand-over",
        schemas.RegistrationHandoverBody,
        service.hand_over,
        "Give the person to another offender manager or team, with a reason.",
        permission="registrations:supervise",
    ),
    Act(
        "closures",
        "registrations.close",
        schemas.RegistrationClosureBody,
        service.close,
        "End the registration by one of the outcomes there are.",
    ),
)
