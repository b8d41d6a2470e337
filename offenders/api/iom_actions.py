"""Routes by which a membership is acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.api import partners
from offenders.api.acts import Act, declare_act
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import iom as schemas
from offenders.api.schemas import iom_answers as answers
from offenders.domain.iom import service

if TYPE_CHECKING:
    from collections.abc import Callable

    from offenders.api.calls import Answer, Call
    from offenders.domain.iom.service import Doing

_WRITE, _LOG, _DECIDE = "iom:write", "iom:log", "iom:decide"
_CREATED = 201


_ACTS = (
    Act(
        "ratings",
        "iom.rate",
        _WRITE,
        schemas.IomRatingBody,
        service.rate,
        "Give another BRAG rating; the next review falls due by it.",
    ),
    Act(
        "reviews",
        "iom.review",
        _WRITE,
        schemas.IomReviewBody,
        service.review,
        "Record a review with what each agency brought.",
        if_match=False,
    ),
    Act(
        "actions",
        "iom.add-action",
        _LOG,
        schemas.IomPlanActionBody,
        service.add_action,
        "Add an action to the plan.",
        if_match=False,
        shared=partners.SHARED_WORK,
        partner=partners.add_action,
    ),
    Act(
        "interventions",
        "iom.intervene",
        _LOG,
        schemas.IomInterventionBody,
        service.intervene,
        "Record an intervention or referral.",
        if_match=False,
    ),
    Act(
        "drug-tests",
        "iom.test-drugs",
        _WRITE,
        schemas.IomDrugTestBody,
        service.record_drug_test,
        "Record a drug test.",
        if_match=False,
    ),
    Act(
        "tags",
        "iom.tag",
        _WRITE,
        schemas.IomTagBody,
        service.tag,
        "Record what happened with a tag.",
        if_match=False,
    ),
    Act(
        "catch-and-convict",
        "iom.convict",
        _DECIDE,
        schemas.IomConvictBody,
        service.convict,
        "Put a member to catch and convict, by whom and until when; or end it.",
    ),
    Act(
        "stages",
        "iom.move-stage",
        _WRITE,
        schemas.IomStageBody,
        service.move_stage,
        "Move a member of a scheme with stages to the next.",
    ),
    Act(
        "relatives",
        "iom.add-relative",
        "iom:read-family",
        schemas.IomRelativeBody,
        service.add_relative,
        "Hold somebody of the family at risk of being drawn in, for diversion alone.",
        if_match=False,
    ),
    Act(
        "exits",
        "iom.exit",
        _DECIDE,
        schemas.IomExitBody,
        service.exit_member,
        "End the membership for a coded reason.",
    ),
)


def declare(
    routes: Routes, doing: Callable[[Call, str], Doing], show: Callable[[Call, str, int], Answer]
) -> None:
    """Declare every kind of act; `show` gives the membership as it then stands."""

    def amend_member(call: Call, member: str) -> Answer:
        """Change what a membership says; another lead needs the reason of the hand-over."""
        done = service.amend_member(call.session, doing(call, member))
        return show(call, str(done.id), 200)

    route(
        routes,
        "PATCH",
        "/iom/members/<member>",
        Operation("iom.amend-member", _WRITE, "area", "alteration"),
        body=schemas.IomMemberPatch,
        answer=answers.IomMemberAnswer,
        if_match=True,
    )(amend_member)

    def end_action(call: Call, member: str, action: str) -> Answer:
        """End an action of the plan, as done or cancelled."""
        done = service.end_action(call.session, doing(call, member), action)
        return show(call, str(done.id), _CREATED)

    route(
        routes,
        "POST",
        "/iom/members/<member>/actions/<action>/ends",
        partners.shared(
            Operation("iom.end-action", _LOG, "area", "alteration"), partners.SHARED_WORK
        ),
        body=schemas.IomPlanActionEndBody,
        answer=answers.IomMemberAnswer,
        status=_CREATED,
        partner=partners.end_action,
    )(end_action)
    for act in _ACTS:
        _declare(routes, act, doing, show)


def _declare(
    routes: Routes,
    act: Act,
    doing: Callable[[Call, str], Doing],
    show: Callable[[Call, str, int], Answer],
) -> None:
    def view(call: Call, member: str) -> Answer:
        done = act.work(call.session, doing(call, member))
        return show(call, str(done.id), _CREATED)

    declare_act(routes, act, "/iom/members/<member>", view, answers.IomMemberAnswer)
