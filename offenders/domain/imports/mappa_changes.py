"""Changing MAPPA cases as their source now says they are: in sets, with levels, log and history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.flags.service import follow_subject
from offenders.domain.history import keep_history
from offenders.domain.imports import store, want_store
from offenders.domain.imports.mappa_plan import lock_cases
from offenders.domain.imports.staging import copy_into
from offenders.domain.mappa.acting import managed, plain
from offenders.domain.mappa.due import days_today, settle_cases
from offenders.domain.mappa.entering import end_case
from offenders.domain.mappa.models import MappaCase, MappaEntry, MappaLevel
from offenders.domain.persons.managing import manage
from offenders.domain.working_days import start_of_london_day
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, timedelta

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.mappa_plan import Amendment

IN_SOURCE: Final = "As recorded by the source system."
_LEVELLED: Final = frozenset({"category", "level"})
_MOVED: Final = frozenset({"owner_officer", "lpa", "neighbourhood"})
_ENDS: Final = ("exit_reason", "ended_at")
_LEVELS: Final = tuple(column.name for column in MappaLevel.__table__.columns)
_ENTRIES: Final = tuple(column.name for column in MappaEntry.__table__.columns)
_ARRAY: Final = "ARRAY(SELECT jsonb_array_elements_text({j}))"
_MOMENT: Final = "CAST({t} AS timestamptz)"
_CASTS: Final = {
    **dict.fromkeys(("state", "lead_agency", "owner_officer", "owner_team", "attendee"), "{t}"),
    **dict.fromkeys(("risk", "disposal", "grounds", "authorised_by"), "{t}"),
    **dict.fromkeys(("lpa", "neighbourhood"), "{t}"),
    **dict.fromkeys(("category", "level", "sentence_months"), "CAST({t} AS int)"),
    **dict.fromkeys(("level_since", "state_since", "last_meeting_at", "meeting_due_at"), _MOMENT),
    **dict.fromkeys(("criteria", "agencies", "unconfirmed"), _ARRAY),
    "started_on": "CAST({t} AS date)",
}
_MOVE_START = text("""
    UPDATE mappa_levels SET from_at = :new
    WHERE force = :force AND case_id = :id AND from_at = :old
      AND (until_at IS NULL OR until_at >= :new)
""")
_END_LEVELS = text("""
    UPDATE mappa_levels SET until_at = :at
    WHERE force = :force AND case_id = ANY (:ids) AND until_at IS NULL
""")


class _Home(NamedTuple):
    lpa: str | None
    neighbourhood: str | None


def change_cases(session: Session, batch: Batch, amendments: Sequence[Amendment]) -> None:
    """Change open cases; a level or category begins now, and what ended at the source ends."""
    if not amendments:
        return
    at, days = recorded_at(session), days_today(session)
    changes = [(each.case.id, _columns(each, at, days)) for each in amendments]
    named = [columns.get("owner_officer") for _, columns in changes]
    officers = {each for each in named if each is not None}
    want_store.register_owners(session, batch.force, officers, set())
    _log(session, batch, amendments, at)
    store.change_records(session, "mappa_cases", _CASTS, changes)
    _move_starts(session, batch, amendments)
    _begin_levels(session, batch, amendments, at)
    ids = [each.case.id for each in amendments]
    keep_history(session, MappaCase.__table__, batch.force, ids)
    _follow(session, amendments)
    settle_cases(session)
    for each in amendments:
        if each.columns.get("exit_reason"):
            _end(session, batch, each, at)


def _columns(amendment: Amendment, at: datetime, days: Mapping[int, timedelta]) -> dict[str, Any]:
    """Give what the case's row is to hold where it differs."""
    said = {name: value for name, value in amendment.columns.items() if name not in _ENDS}
    case = amendment.case
    found: dict[str, Any] = {**said, "unconfirmed": sorted({e.field for e in amendment.missing})}
    if _LEVELLED & said.keys():
        found["level_since"] = at
    elif "started_on" in said and case.level_since == _start(case.started_on):
        found["level_since"] = _start(said["started_on"])
    if "state" in said:
        found["state_since"] = at
    if said.get("owner_officer"):
        found["owner_team"] = None
    since = (found.get("level_since", case.level_since), found.get("last_meeting_at"))
    latest = max(filter(None, (*since, case.last_meeting_at)))
    found["meeting_due_at"] = latest + days[found.get("level", case.level) or 1]
    return found


def _log(session: Session, batch: Batch, amendments: Sequence[Amendment], at: datetime) -> None:
    entries = []
    for each in amendments:
        case, columns = each.case, each.columns
        common = {
            "force": batch.force,
            "case_id": case.id,
            "category": columns.get("category", case.category),
            "level": columns.get("level", case.level),
            "occurred_at": at,
            "recorded_at": at,
            "actor": batch.actor,
        }
        changes = {name: {"from": getattr(case, name), "to": to} for name, to in columns.items()}
        told: dict[str, dict[str, Any]] = {"amendment": {"changes": changes}}
        if "state" in columns:
            told["state"] = {"from": case.state, "to": columns["state"]}
        for kind, details in told.items():
            kept = plain({**details, "import_id": batch.import_id})
            entry = {**common, "id": new_id(batch.force), "kind": kind, "details": kept}
            entries.append(tuple(entry[column] for column in _ENTRIES))
    copy_into(session, "mappa_entries", _ENTRIES, entries)


def _start(day: date | None) -> datetime | None:
    return start_of_london_day(day) if day is not None else None


def _move_starts(session: Session, batch: Batch, amendments: Sequence[Amendment]) -> None:
    """Let the first level begin with the case where the source corrects when that was."""
    starts = [
        {
            "force": batch.force,
            "id": each.case.id,
            "old": _start(each.case.started_on),
            "new": _start(each.columns["started_on"]),
        }
        for each in amendments
        if "started_on" in each.columns
    ]
    if starts:
        session.execute(_MOVE_START, starts)


def _begin_levels(
    session: Session, batch: Batch, amendments: Sequence[Amendment], at: datetime
) -> None:
    moved = [each for each in amendments if _LEVELLED & each.columns.keys()]
    values = {"force": batch.force, "at": at, "ids": [each.case.id for each in moved]}
    session.execute(_END_LEVELS, values)
    levels = []
    for each in moved:
        after = {name: each.columns.get(name, getattr(each.case, name)) for name in _JUDGED}
        level = {
            **after,
            "force": batch.force,
            "id": new_id(batch.force),
            "case_id": each.case.id,
            "from_at": at,
            "reason": IN_SOURCE,
            "actor": batch.actor,
            "recorded_at": at,
        }
        levels.append(tuple(level.get(column) for column in _LEVELS))
    copy_into(session, "mappa_levels", _LEVELS, levels)


_JUDGED: Final = ("category", "level", "risk", "criteria")


def _follow(session: Session, amendments: Sequence[Amendment]) -> None:
    """Let managements and flags follow the cases, which are read as they now stand."""
    force = session.info["force"]
    lock_cases(session, force, [each.case.id for each in amendments])
    homes = store.areas_of(session, force, {each.case.person_id for each in amendments})
    rows = [managed(each.case, _Home(*homes[each.case.person_id])) for each in amendments]
    manage(session, rows)
    for each, row in zip(amendments, rows, strict=True):
        if _MOVED & each.columns.keys():
            follow_subject(
                session,
                subject_id=row.id,
                lpa=row.lpa,
                neighbourhood=row.neighbourhood,
                owner_officer=row.owner_officer,
                owner_team=row.owner_team,
            )


def _end(session: Session, batch: Batch, amendment: Amendment, at: datetime) -> None:
    case, ended_at = amendment.case, amendment.columns["ended_at"] or at
    since = case.level_since or at
    reason = amendment.columns["exit_reason"]
    end_case(
        session, case, actor=batch.actor, at=max(ended_at, since), reason=reason, note=IN_SOURCE
    )
