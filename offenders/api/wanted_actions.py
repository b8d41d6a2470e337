"""Routes by which a want is acted on: one for each kind of entry in its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.api.acts import Act, declare_act
from offenders.api.calls import Answer, Call
from offenders.api.schemas import wanted as schemas
from offenders.domain.wanted import service
from offenders.domain.wanted.service import Doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from offenders.api.operations import Routes


# What changes the want needs If-Match and answers with the want; else the entry is shown.
_ACTS = (
    Act(
        "attempts",
        "wanted.attempt",
        "wanted:log",
        schemas.AttemptBody,
        service.record_attempt,
        "Record an arrest attempt; it may be sent late and twice under one client_id. A repeat is"
        " answered 200 with the first record. One of a want closed by then is kept, and says so.",
        if_match=False,
    ),
    Act(
        "enquiries",
        "wanted.enquiry",
        "wanted:log",
        schemas.EnquiryBody,
        lambda session, doing: service.record_tracing(session, doing, "enquiry"),
        "Record an enquiry, research, ANPR hit or briefing.",
        if_match=False,
    ),
    Act(
        "reviews",
        "wanted.review",
        "wanted:review",
        schemas.ReviewBody,
        service.review_want,
        "Record a supervisor's review.",
        if_match=False,
    ),
    Act(
        "notes",
        "wanted.note",
        "wanted:log",
        schemas.NoteBody,
        service.record_note,
        "Record a note with its grade and handling.",
        if_match=False,
    ),
    Act(
        "validations",
        "wanted.validate",
        "wanted:validate",
        schemas.ValidationBody,
        service.validate_want,
        "Confirm that person, offence, power and markers are still right.",
    ),
    Act(
        "handovers",
        "wanted.handover",
        "wanted:handover",
        schemas.HandoverBody,
        service.hand_over_want,
        "Hand the want over to another officer or team, with a reason.",
    ),
    Act(
        "circulations",
        "wanted.circulate",
        "wanted:circulate",
        schemas.CirculationBody,
        service.circulate_want,
        "Record that circulation on PNC was requested or made.",
    ),
    Act(
        "circulation-cancellations",
        "wanted.cancel-circulation",
        "wanted:circulate",
        schemas.CancellationBody,
        service.cancel_circulation,
        "Record that PNC has confirmed the cancellation.",
    ),
    Act(
        "outcomes",
        "wanted.close",
        "wanted:close",
        schemas.OutcomeBody,
        service.close_want,
        "Close the want by a coded outcome that its reason allows.",
    ),
)


def declare(routes: Routes, show: Callable[[Call, str], Answer]) -> None:
    """Declare every kind; `show` gives the want as it stands after a change."""
    for act in _ACTS:
        _declare(routes, act, show)


def _declare(routes: Routes, act: Act, show: Callable[[Call, str], Answer]) -> None:
    def view(call: Call, want: str) -> Answer:
        doing = Doing(call.actor.subject, call.scope, want, call.body, call.if_match, call.now)
        on, action, *repeated = act.work(call.session, doing)
        if act.if_match:
            return show(call, str(on.id))
        return Answer(
            service.show_action(call.session, action).encode(),
            status=200 if any(repeated) else 201,
            location=f"/v1/wanted/{on.id}/history",
            subject_type="want",
            subjects=[on.id],
        )

    answer = schemas.WantAnswer if act.if_match else schemas.ActionAnswer
    declare_act(routes, act, "/wanted/<want>", view, answer)
