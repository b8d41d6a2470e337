"""Routes of what is done with a MAPPA case: decisions, levels, meetings, plans, summaries, exit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.api.acts import Act, declare_act
from offenders.api.schemas import mappa as schemas
from offenders.api.schemas import mappa_answers as answers
from offenders.domain.mappa import service
from offenders.domain.mappa.service import Doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from offenders.api.calls import Answer, Call
    from offenders.api.operations import Routes

_WRITE, _DECIDE, _SIGN_OFF = "mappa:write", "mappa:decide", "mappa:sign-off"


_ACTS = (
    Act(
        "decisions",
        "mappa.decide",
        _DECIDE,
        schemas.MappaDecisionBody,
        service.decide_referral,
        "Accept a referral, which opens the case, or refuse it; with a reason.",
    ),
    Act(
        "levels",
        "mappa.change-level",
        _WRITE,
        schemas.MappaLevelBody,
        service.change_level,
        "Put the case at another level or in another category; without criteria it is refused.",
    ),
    Act(
        "meetings",
        "mappa.meet",
        _WRITE,
        schemas.MappaMeetingBody,
        service.hold_meeting,
        "Record a meeting of level 2 or 3, or a review at level 1, with attendance by agency.",
    ),
    Act(
        "meetings/<part>/minutes",
        "mappa.minute",
        _WRITE,
        schemas.MappaMinutesBody,
        service.record_minutes,
        "Put the full minutes of a meeting, which few may read.",
    ),
    Act(
        "risk-plans",
        "mappa.plan",
        _WRITE,
        schemas.MappaPlanBody,
        service.make_plan,
        "Put a new risk management plan in place of the last.",
    ),
    Act(
        "risk-plans/<part>/sign-offs",
        "mappa.sign-off",
        _SIGN_OFF,
        schemas.MappaSignOffBody,
        service.sign_off_plan,
        "Sign a plan off as supervisor; never one's own.",
    ),
    Act(
        "actions",
        "mappa.set-action",
        _WRITE,
        schemas.MappaActionBody,
        service.set_action,
        "Set an action with one owner and a due time.",
    ),
    Act(
        "actions/<part>/completions",
        "mappa.end-action",
        _WRITE,
        schemas.MappaActionEndBody,
        service.end_action,
        "Say that an action is done, or not to be done, with its result.",
    ),
    Act(
        "local-summaries",
        "mappa.publish",
        _WRITE,
        schemas.MappaLocalSummaryBody,
        service.publish_summary,
        "Publish what neighbourhood officers may know; one that names a victim is refused.",
    ),
    Act(
        "local-summaries/withdrawals",
        "mappa.withdraw",
        _WRITE,
        schemas.MappaWithdrawalBody,
        service.withdraw_summary,
        "Withdraw the local summary, with a reason.",
    ),
    Act(
        "further-offences",
        "mappa.further-offence",
        _WRITE,
        schemas.MappaFurtherOffenceBody,
        service.record_further_offence,
        "Record a serious further offence, and whether a serious case review is called for.",
    ),
    Act(
        "exits",
        "mappa.exit",
        _WRITE,
        schemas.MappaExitBody,
        service.leave,
        "End management by a reason that the category allows.",
    ),
)


def doing(call: Call, case: str) -> Doing:
    """Say who does what to which case."""
    return Doing(call.actor.subject, call.scope, case, call.body, call.if_match, call.now)


def declare(routes: Routes, shown: Callable[[Call, str], Answer]) -> None:
    """Declare a route for each act; `shown` answers with the case."""
    for act in _ACTS:
        _declare(routes, act, shown)


def _declare(routes: Routes, act: Act, shown: Callable[[Call, str], Answer]) -> None:
    def view(call: Call, case: str, **part: str) -> Answer:
        done = act.work(call.session, doing(call, case), *part.values())
        return shown(call, str(done.id))

    declare_act(routes, act, "/mappa/cases/<case>", view, answers.MappaCaseAnswer)
