"""Routes by which a hit is acted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import forensics as schemas
from offenders.domain.forensics import service
from offenders.domain.forensics.service import Doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema

    from offenders.api.calls import Answer, Call


@dataclass(frozen=True)
class _Kind:
    rule: str
    verb: str
    body: type[Schema]
    work: Callable[..., Any]
    says: str
    permission: str = "forensics:write"


_KINDS = (
    _Kind(
        "identifications",
        "forensics.identify",
        schemas.IdentificationBody,
        service.identify_person,
        "Say whom an unknown or doubtful hit names; it then opens or joins a want.",
    ),
    _Kind(
        "research",
        "forensics.research",
        schemas.ResearchBody,
        service.research_hit,
        "Record the research of linked offences.",
    ),
    _Kind(
        "allocations",
        "forensics.allocate",
        schemas.AllocationBody,
        service.allocate_hit,
        "Make an officer or team responsible for the arrest; the hit's want goes with it.",
        permission="forensics:allocate",
    ),
    _Kind(
        "outcomes",
        "forensics.outcome",
        schemas.HitOutcomeBody,
        service.record_outcome,
        "Record what became of it; an outcome before allocation is refused.",
    ),
    _Kind(
        "eliminations",
        "forensics.eliminate",
        schemas.EliminationBody,
        service.eliminate_hit,
        "Eliminate a hit; the want behind it closes with its last hit, or must be confirmed.",
    ),
)


def declare(routes: Routes, show: Callable[[Call, str], Answer]) -> None:
    """Declare every kind; `show` gives the hit as it then stands."""
    for kind in _KINDS:
        _declare(routes, kind, show)


def _declare(routes: Routes, kind: _Kind, show: Callable[[Call, str], Answer]) -> None:
    def act(call: Call, hit: str) -> Answer:
        doing = Doing(call.actor.subject, call.scope, hit, call.body, call.if_match, call.now)
        return show(call, str(kind.work(call.session, doing).id))

    act.__name__, act.__doc__ = kind.verb.replace(".", "_"), kind.says
    route(
        routes,
        "POST",
        f"/forensic-hits/<hit>/{kind.rule}",
        Operation(kind.verb, kind.permission, "area", "alteration"),
        body=kind.body,
        answer=schemas.HitAnswer,
        status=201,
        if_match=True,
    )(act)
