"""Routes by which a membership is acted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.api import partners
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import iom as schemas
from offenders.api.schemas import iom_answers as answers
from offenders.domain.iom import service

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema
    from sqlalchemy.orm import Session

    from offenders.api.calls import Answer, Call
    from offenders.domain.iom.service import Doing

_WRITE, _LOG, _DECIDE = "iom:write", "iom:log", "iom:decide"
_CREATED = 201


@dataclass(frozen=True)
class _Act:
    """One kind of act. What is only added needs no If-Match."""

    rule: str
    verb: str
    body: type[Schema]
    work: Callable[[Session, Doing], Any]
    says: str
    permission: str = _LOG
    if_match: bool = False
    partner: Callable[..., Answer] | None = None


_ACTS = (
    _Act(
        "ratings",
        "iom.rate",
        schemas.IomRatingBody,
        service.rate,
        "Give another BRAG rating; the next review falls due by it.",
        permission=_WRITE,
        if_match=True,
    ),
    _Act(
        "reviews",
        "iom.review",
        schemas.IomReviewBody,
        service.review,
        "Record a review with what each agency brought.",
        permission=_WRITE,
    ),
    _Act(
        "actions",
        "iom.add-action",
        schemas.IomPlanActionBody,
        service.add_action,
        "Add an action to the plan.",
        partner=partners.add_action,
    ),
    _Act(
        "interventions",
        "iom.intervene",
        schemas.IomInterventionBody,
        service.intervene,
        "Record an intervention or referral.",
    ),
    _Act(
        "drug-tests",
        "iom.test-drugs",
        schemas.IomDrugTestBody,
        service.record_drug_test,
        "Record a drug test.",
        permission=_WRITE,
    ),
    _Act(
        "tags",
        "iom.tag",
        schemas.IomTagBody,
        service.tag,
        "Record what happened with a tag.",
        permission=_WRITE,
    ),
    _Act(
        "catch-and-convict",
        "iom.convict",
        schemas.IomConvictBody,
        service.convict,
        "Put a member to catch and convict, by whom and until when; or end it.",
        permission=_DECIDE,
        if_match=True,
    ),
    _Act(
        "stages",
        "iom.move-stage",
        schemas.IomStageBody,
        service.move_stage,
        "Move a member of a scheme with stages to the next.",
        permission=_WRITE,
        if_match=True,
    ),
    _Act(
        "relatives",
        "iom.add-relative",
        schemas.IomRelativeBody,
        service.add_relative,
        "Hold somebody of the family at risk of being drawn in, for diversion alone.",
        permission="iom:read-family",
    ),
    _Act(
        "exits",
        "iom.exit",
        schemas.IomExitBody,
        service.exit_member,
        "End the membership for a coded reason.",
        permission=_DECIDE,
        if_match=True,
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
    act: _Act,
    doing: Callable[[Call, str], Doing],
    show: Callable[[Call, str, int], Answer],
) -> None:
    def view(call: Call, member: str) -> Answer:
        done = act.work(call.session, doing(call, member))
        return show(call, str(done.id), _CREATED)

    view.__name__, view.__doc__ = act.verb.replace(".", "_").replace("-", "_"), act.says
    operation = Operation(act.verb, act.permission, "area", "alteration")
    route(
        routes,
        "POST",
        f"/iom/members/<member>/{act.rule}",
        partners.shared(operation, partners.SHARED_WORK) if act.partner else operation,
        body=act.body,
        answer=answers.IomMemberAnswer,
        status=_CREATED,
        if_match=act.if_match,
        partner=act.partner,
    )(view)
