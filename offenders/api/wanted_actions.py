"""Routes by which a want is acted on: one for each kind of entry in its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import wanted as schemas
from offenders.domain.wanted import service
from offenders.domain.wanted.service import Doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema


@dataclass(frozen=True)
class _Kind:
    """One kind of entry. What `changes` the want needs If-Match and answers with the want."""

    rule: str
    verb: str
    permission: str
    body: type[Schema]
    work: Callable[..., Any]
    says: str
    changes: bool = False


_KINDS = (
    _Kind(
        "attempts",
        "wanted.attempt",
        "wanted:log",
        schemas.AttemptBody,
        service.record_attempt,
        "Record an arrest attempt; it may be sent late and twice under one client_id. A repeat is"
        " answered 200 with the first record. One of a want closed by then is kept, and says so.",
    ),
    _Kind(
        "enquiries",
        "wanted.enquiry",
        "wanted:log",
        schemas.EnquiryBody,
        lambda session, doing: service.record_tracing(session, doing, "enquiry"),
        "Record an enquiry, research, ANPR hit or briefing.",
    ),
    _Kind(
        "reviews",
        "wanted.review",
        "wanted:review",
        schemas.ReviewBody,
        service.review_want,
        "Record a supervisor's review.",
    ),
    _Kind(
        "notes",
        "wanted.note",
        "wanted:log",
        schemas.NoteBody,
        service.record_note,
        "Record a note with its grade and handling.",
    ),
    _Kind(
        "validations",
        "wanted.validate",
        "wanted:validate",
        schemas.ValidationBody,
        service.validate_want,
        "Confirm that person, offence, power and markers are still right.",
        changes=True,
    ),
    _Kind(
        "handovers",
        "wanted.handover",
        "wanted:handover",
        schemas.HandoverBody,
        service.hand_over_want,
        "Hand the want over to another officer or team, with a reason.",
        changes=True,
    ),
    _Kind(
        "circulations",
        "wanted.circulate",
        "wanted:circulate",
        schemas.CirculationBody,
        service.circulate_want,
        "Record that circulation on PNC was requested or made.",
        changes=True,
    ),
    _Kind(
        "circulation-cancellations",
        "wanted.cancel-circulation",
        "wanted:circulate",
        schemas.CancellationBody,
        service.cancel_circulation,
        "Record that PNC has confirmed the cancellation.",
        changes=True,
    ),
    _Kind(
        "outcomes",
        "wanted.close",
        "wanted:close",
        schemas.OutcomeBody,
        service.close_want,
        "Close the want by a coded outcome that its reason allows.",
        changes=True,
    ),
)


def declare(routes: Routes, show: Callable[[Call, str], Answer]) -> None:
    """Declare every kind; `show` gives the want as it stands after a change."""
    for kind in _KINDS:
        _declare(routes, kind, show)


def _declare(routes: Routes, kind: _Kind, show: Callable[[Call, str], Answer]) -> None:
    def act(call: Call, want: str) -> Answer:
        doing = Doing(call.actor.subject, call.scope, want, call.body, call.if_match, call.now)
        on, action, *repeated = kind.work(call.session, doing)
        if kind.changes:
            return show(call, str(on.id))
        return Answer(
            service.show_action(call.session, action).encode(),
            status=200 if any(repeated) else 201,
            location=f"/v1/wanted/{on.id}/history",
            subject_type="want",
            subjects=[on.id],
        )

    act.__name__, act.__doc__ = kind.verb.replace(".", "_").replace("-", "_"), kind.says
    route(
        routes,
        "POST",
        f"/wanted/<want>/{kind.rule}",
        Operation(kind.verb, kind.permission, "area", "alteration"),
        body=kind.body,
        answer=schemas.WantAnswer if kind.changes else schemas.ActionAnswer,
        status=201,
        if_match=kind.changes,
    )(act)
