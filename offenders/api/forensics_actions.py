"""Routes by which a hit is acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.api.acts import Act, declare_act
from offenders.api.schemas import forensics as schemas
from offenders.domain.forensics import service
from offenders.domain.forensics.service import Doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from offenders.api.calls import Answer, Call
    from offenders.api.operations import Routes


_WRITE = "forensics:write"

_ACTS = (
    Act(
        "identifications",
        "forensics.identify",
        _WRITE,
        schemas.IdentificationBody,
        service.identify_person,
        "Say whom an unknown or doubtful hit names; it then opens or joins a want.",
    ),
    Act(
        "research",
        "forensics.research",
        _WRITE,
        schemas.ResearchBody,
        service.research_hit,
        "Record the research of linked offences.",
    ),
    Act(
        "allocations",
        "forensics.allocate",
        "forensics:allocate",
        schemas.AllocationBody,
        service.allocate_hit,
        "Make an officer or team responsible for the arrest; the hit's want goes with it.",
    ),
    Act(
        "outcomes",
        "forensics.outcome",
        _WRITE,
        schemas.HitOutcomeBody,
        service.record_outcome,
        "Record what became of it; an outcome before allocation is refused.",
    ),
    Act(
        "eliminations",
        "forensics.eliminate",
        _WRITE,
        schemas.EliminationBody,
        service.eliminate_hit,
        "Eliminate a hit; the want behind it closes with its last hit, or must be confirmed.",
    ),
)


def declare(routes: Routes, show: Callable[[Call, str], Answer]) -> None:
    """Declare every kind; `show` gives the hit as it then stands."""
    for act in _ACTS:
        _declare(routes, act, show)


def _declare(routes: Routes, act: Act, show: Callable[[Call, str], Answer]) -> None:
    def view(call: Call, hit: str) -> Answer:
        doing = Doing(call.actor.subject, call.scope, hit, call.body, call.if_match, call.now)
        return show(call, str(act.work(call.session, doing).id))

    declare_act(routes, act, "/forensic-hits/<hit>", view, schemas.HitAnswer)
