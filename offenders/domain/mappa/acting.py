"""What every act on a case begins and ends with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.flags.service import clear_for, follow_subject
from offenders.domain.history import begin_history, keep_history
from offenders.domain.mappa.due import days_today, settle_case
from offenders.domain.mappa.levels import level_at
from offenders.domain.mappa.models import MappaCase, MappaEntry
from offenders.domain.mappa.rules import Broken, Facts, Kind, Limits, Stage, broken_rules
from offenders.domain.persons.managing import Managed, end_management, manage
from offenders.domain.placed import area_of, take_placed
from offenders.domain.reference.policies import explained_figures
from offenders.domain.working_days import start_of_london_day
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch

CRITERIA: Final = "mappa-criteria"
NOT_IN_SOURCE: Final = "not-in-source"
POSSIBLE: Final = {
    Stage.REFERRED: ("decision", "amendment"),
    Stage.OPEN: (
        "amendment",
        "level",
        "meeting",
        "minutes",
        "risk_plan",
        "action",
        "local_summary",
        "further_offence",
        "exit",
    ),
    Stage.REFUSED: (),
    Stage.CLOSED: ("minutes", "action_end"),
}
_CATEGORY_FACTS: Final = frozenset({"disposal", "sentence_months", "grounds"})
_HOME = text("SELECT lpa, neighbourhood FROM persons WHERE force = :force AND id = :id")
_WAS_AT_3 = text("""
    SELECT EXISTS (SELECT FROM mappa_levels
                   WHERE force = :force AND case_id = :id AND level = 3)
""")


@dataclass(frozen=True)
class Doing:
    """Who does something to which case, as read at which version, and what."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime


def take(session: Session, doing: Doing, kind: str) -> MappaCase:
    """Give the case, locked; raise where its stage allows no such act."""
    case, _home = take_placed(session, MappaCase, doing.scope, doing.written)
    doing.if_match.check(case.version)
    possible = POSSIBLE[Stage(case.stage)]
    if kind not in possible and not (kind == "action_end" and case.stage == Stage.OPEN):
        message = f"The case is {case.stage}: this can't be done with it."
        raise Conflict(message, state=case.stage, possible=list(possible))
    return case


def occurred_at(session: Session, case: MappaCase, doing: Doing, name: str = "occurred_at") -> Any:
    """Give when it happened: now unless told, not before management began."""
    moment = doing.fields.get(name) or recorded_at(session)
    if case.started_on is not None and moment < start_of_london_day(case.started_on):
        message = "This lies before management began. Send a moment after `started_on`."
        raise Invalid.field(f"/{name}", message)
    return moment


def add_entry(  # noqa: PLR0913 - an entry of the log
    session: Session,
    case: MappaCase,
    kind: str,
    *,
    actor: str,
    at: datetime,
    details: dict[str, Any],
) -> None:
    """Write an entry of the log, with the category and level of when it happened."""
    category, level = level_at(session, case, at)
    session.add(
        MappaEntry(
            force=case.force,
            id=new_id(case.force),
            case_id=case.id,
            kind=kind,
            category=category,
            level=level,
            occurred_at=at,
            recorded_at=recorded_at(session),
            actor=actor,
            details=plain(details),
        )
    )


def plain(details: dict[str, Any]) -> dict[str, Any]:
    """Give details as JSON keeps them."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(details, default=str))
    return found


def finish(  # noqa: PLR0913 - the case, who did what to it, when, and what follows
    session: Session,
    case: MappaCase,
    actor: str,
    kind: str,
    *,
    details: dict[str, Any],
    at: datetime,
    looked_at: str | None = None,
    is_new: bool = False,
) -> MappaCase:
    """Write log, row, history, management and flags; `looked_at` ends the flag of an arrest."""
    set_meeting_due(session, case)
    if not is_new:
        case.version += 1
        case.updated_at = recorded_at(session)
    add_entry(session, case, kind, actor=actor, at=at, details=details)
    session.flush()
    keep = begin_history if is_new else keep_history
    keep(session, MappaCase.__table__, case.force, [case.id])
    home = home_of(session, case)
    if case.stage == Stage.OPEN:
        manage(session, [managed(case, home)])
    elif not is_new:
        end_management(session, [case.id])
    if not is_new:
        _move_flags(session, case, home)
    settle_case(session, case.id)
    if case.stage == Stage.CLOSED:
        clear_for(session, subject_id=case.id, rules=[NOT_IN_SOURCE], because="Closed here.")
        looked_at = "The management has ended."
    if looked_at is not None:
        act_on_arrest(session, [case.id], looked_at)
    return case


def set_meeting_due(session: Session, case: MappaCase) -> None:
    """Set when the case must next be met about or reviewed, by the figures in force."""
    if case.stage != Stage.OPEN or case.level is None or case.level_since is None:
        case.meeting_due_at = None
        return
    since = max(filter(None, (case.level_since, case.last_meeting_at)))
    case.meeting_due_at = since + days_today(session)[case.level]


def home_of(session: Session, case: MappaCase) -> Row[Any]:
    """Give the LPA and neighbourhood in which the person lives."""
    return session.execute(_HOME, {"force": case.force, "id": case.person_id}).one()


def managed(case: MappaCase, home: Any) -> Managed:
    """Give the management that an open case is."""
    lpa, neighbourhood = area_of(case, home)
    return Managed(
        id=case.id,
        kind="mappa_case",
        reference=case.reference,
        person_id=case.person_id,
        owner_officer=case.owner_officer,
        owner_team=case.owner_team,
        lpa=lpa,
        neighbourhood=neighbourhood,
        risk=case.risk,
    )


def _move_flags(session: Session, case: MappaCase, home: Any) -> None:
    lpa, neighbourhood = area_of(case, home)
    follow_subject(
        session,
        subject_id=case.id,
        lpa=lpa,
        neighbourhood=neighbourhood,
        owner_officer=case.owner_officer,
        owner_team=case.owner_team,
    )


def limits_today(session: Session) -> Limits:
    """Give the figures by which categories are told."""
    figures = explained_figures(session, session.info["force"], CRITERIA, clock.today())
    months = figures["category_2_months"]["figure"]
    return Limits(months, figures["category_4"]["figure_from"])


def facts_of(session: Session, case: MappaCase, *, is_child: bool, is_new: bool = False) -> Facts:
    """Give what the rules ask of a case."""
    values = {"force": case.force, "id": case.id}
    was_at_3 = not is_new and bool(session.execute(_WAS_AT_3, values).scalar_one())
    began_on = case.started_on or clock.today()
    return Facts(
        kind=case.kind,
        category=case.category,
        level=case.level or 1,
        began_on=began_on,
        risk=case.risk,
        criteria=case.criteria,
        was_at_level_3=was_at_3,
        disposal=case.disposal,
        sentence_months=case.sentence_months,
        grounds=case.grounds,
        authorised_by=case.authorised_by,
        agencies=case.agencies,
        is_child=is_child,
    )


def judge(facts: Facts, limits: Limits) -> list[str]:
    """Give the facts of the category that are not stated; raise Invalid for any other rule."""
    broken = list(broken_rules(facts, limits))
    missing = [each for each in broken if is_only_missing(facts, each)]
    refuse(each for each in broken if each not in missing)
    return sorted({each.field for each in missing})


def is_only_missing(facts: Facts, broken: Broken) -> bool:
    """Say whether a case may stand while this fact of its category is not stated."""
    return broken.is_missing and broken.field in _CATEGORY_FACTS and facts.kind == Kind.MAPPA


def refuse(broken: Iterable[Broken]) -> None:
    """Raise Invalid where a rule is broken, with each rule cited."""
    errors = [
        {"pointer": f"/{each.field}", "detail": f"{each.problem} {each.action} Rule: {each.rule}."}
        for each in broken
    ]
    if errors:
        message = "Correct the fields named in errors."
        raise Invalid(message, errors)


def require_agencies(session: Session, codes: Collection[str], pointer: str) -> None:
    """Raise Invalid for an agency that is not in the list."""
    known = session.execute(_AGENCIES, {"codes": sorted(codes)}).scalar_one()
    unknown = sorted(set(codes) - set(known))
    if unknown:
        listed = session.execute(_ALL_AGENCIES).scalar_one()
        raise Invalid.field(pointer, f"Send agencies out of {listed}.")


_AGENCIES = text("""
    SELECT coalesce(array_agg(code), '{}') FROM code_entries
    WHERE list = 'agencies' AND code = ANY (:codes)
""")
_ALL_AGENCIES = text("""
    SELECT string_agg(code, ', ' ORDER BY code) FROM code_entries WHERE list = 'agencies'
""")
