"""What is done about registered people: one act, one route."""

from __future__ import annotations

from typing import Final

from offenders.api.acts import Act
from offenders.api.schemas import registrations as schemas
from offenders.domain.registrations import service

_WRITE = "registrations:write"

ACTS: Final = (
    Act(
        "disposals",
        "registrations.add-disposal",
        _WRITE,
        schemas.DisposalBody,
        service.add_disposal,
        "Add a further disposal: the latest end over all holds.",
    ),
    Act(
        "notifications",
        "registrations.notify",
        _WRITE,
        schemas.NotificationBody,
        service.notify,
        "Record a notification, and whether it came in time.",
    ),
    Act(
        "visits",
        "registrations.visit",
        _WRITE,
        schemas.VisitBody,
        service.visit,
        "Record a home visit made, tried or planned.",
        if_match=False,
    ),
    Act(
        "arms-assessments",
        "registrations.assess",
        _WRITE,
        schemas.ArmsBody,
        service.assess,
        "Record an ARMS assessment.",
    ),
    Act(
        "polygraphs",
        "registrations.examine",
        _WRITE,
        schemas.PolygraphBody,
        service.examine,
        "Record a polygraph examination; few may read it.",
    ),
    Act(
        "risk-levels",
        "registrations.set-risk",
        "registrations:supervise",
        schemas.RiskLevelBody,
        service.set_risk,
        "Change the risk, for a reason.",
    ),
    Act(
        "travel",
        "registrations.give-notice",
        _WRITE,
        schemas.TravelBody,
        service.give_notice,
        "Record notice of travel abroad, and whether it came in time.",
    ),
    Act(
        "absences",
        "registrations.begin-absence",
        _WRITE,
        schemas.AbsenceBody,
        service.begin_absence,
        "Record time in custody, in hospital or abroad, which the law disregards.",
    ),
    Act(
        "managements",
        "registrations.manage",
        "registrations:supervise",
        schemas.ManagementBody,
        service.set_management,
        "Manage without visits from now on, or with.",
    ),
    Act(
        "indefinite-reviews",
        "registrations.review",
        "registrations:supervise",
        schemas.IndefiniteReviewBody,
        service.review_indefinite,
        "Record an application for review of an indefinite period, or what it came to.",
    ),
    Act(
        "handovers",
        "registrations.hand-over",
        "registrations:supervise",
        schemas.RegistrationHandoverBody,
        service.hand_over,
        "Give the person to another offender manager or team, with a reason.",
    ),
    Act(
        "closures",
        "registrations.close",
        _WRITE,
        schemas.RegistrationClosureBody,
        service.close,
        "End the registration by one of the outcomes there are.",
    ),
)
