"""Reading meetings and the family at risk of a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.iom.rules import QUORUM
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_QUORUM: Final = f"ARRAY[{', '.join(repr(each) for each in QUORUM)}]"
_KNOWN: Final = "recorded_at <= coalesce(CAST(:as_at AS timestamptz), 'infinity')"
_MEETING: Final = f"""json_build_object(
    'id', m.id, 'reference', m.reference, 'force', m.force, 'held_at', m.held_at,
    'lpa', m.lpa, 'neighbourhood', m.neighbourhood, 'chair', m.chair,
    'chair_agency', m.chair_agency, 'attendance', m.attendance,
    'attendance_told', (
        SELECT coalesce(json_agg(json_build_object('agency', a.agency, 'name', a.name,
                   'attended', a.attended, 'recorded_by', a.recorded_by,
                   'recorded_at', a.recorded_at) ORDER BY a.recorded_at, a.id), '[]')
        FROM iom_attendances a
        WHERE a.force = m.force AND a.meeting_id = m.id AND a.{_KNOWN}),
    'agencies', m.agencies,
    'decides', m.decides, 'has_quorum', m.agencies @> {_QUORUM},
    'missing', ARRAY(SELECT q FROM unnest({_QUORUM}) q WHERE q <> ALL (m.agencies)),
    'notes', m.notes,
    'actions_carried_over', (
        SELECT coalesce(json_agg(json_build_object(
                   'id', t.source_id, 'member_id', t.subject_id, 'task', t.reference,
                   'due_at', t.due_at) ORDER BY t.due_at, t.id), '[]')
        FROM task_entries e JOIN tasks t ON t.force = e.force AND t.id = e.task_id
        WHERE e.force = m.force AND e.meeting_id = m.id AND e.kind = 'carried'
          AND e.{_KNOWN}),
    'decisions', (SELECT count(*) FROM iom_decisions d
                  WHERE d.force = m.force AND d.meeting_id = m.id AND d.{_KNOWN}),
    'recorded_by', m.recorded_by, 'recorded_at', m.recorded_at, 'version', 1)::text
"""
_RELATIVE: Final = """json_build_object(
    'id', r.id, 'member_id', r.member_id, 'relation', r.relation,
    'family_name', r.family_name, 'given_names', r.given_names,
    'date_of_birth', r.date_of_birth, 'concern', r.concern, 'referred_to', r.referred_to,
    'referred_at', r.referred_at, 'outcome', r.outcome, 'purpose', 'diversion',
    'recorded_by', r.recorded_by, 'recorded_at', r.recorded_at)::text
"""


def _asked(
    scope: Scope, filters: dict[str, Any], as_at: datetime | None
) -> tuple[list[str], dict[str, Any]]:
    parts, values = [scope.of_areas.condition("m"), f"m.{_KNOWN}"], scope.values | {"as_at": as_at}
    for name in ("lpa", "neighbourhood", "decides"):
        if filters.get(name) is not None:
            parts.append(f"m.{name} = :f_{name}")
            values[f"f_{name}"] = filters[name]
    if "attended_by" in filters:
        parts.append("CAST(:f_attended_by AS text) = ANY (m.agencies)")
        values["f_attended_by"] = filters["attended_by"]
    return parts, values


def list_meetings(  # noqa: PLR0913 - the parts of one question
    session: Session,
    scope: Scope,
    filters: dict[str, Any],
    *,
    as_at: datetime | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give meetings as (json, held_at, id), the latest first; as recorded by a moment."""
    parts, values = _asked(scope, filters, as_at)
    if after:
        parts.append("(m.held_at, m.id) < (CAST(:at AS timestamptz), CAST(:after_id AS uuid))")
        values |= {"at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT {_MEETING} AS body, m.held_at::text AS held_at, m.id FROM iom_meetings m
        WHERE {" AND ".join(parts)} ORDER BY m.held_at DESC, m.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def count_meetings(
    session: Session, scope: Scope, filters: dict[str, Any], as_at: datetime | None
) -> int:
    """Count the rows of all pages."""
    parts, values = _asked(scope, filters, as_at)
    statement = f"SELECT count(*) FROM iom_meetings m WHERE {' AND '.join(parts)}"
    return int(session.execute(text(statement), values).scalar_one())


def show_meeting(session: Session, scope: Scope, written: str) -> Row[Any] | None:
    """Give one meeting as (json, id, agencies)."""
    statement = f"""
        SELECT {_MEETING} AS body, m.id, m.agencies FROM iom_meetings m
        WHERE {scope.of_areas.condition("m")} AND (m.id = :id OR m.reference = :reference)
    """
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    values = scope.values | keys | {"as_at": None}
    return session.execute(text(statement), values).one_or_none()


def list_relatives(session: Session, member_id: Any) -> list[Row[Any]]:
    """Give the family at risk of a member as (json, id)."""
    statement = f"""
        SELECT {_RELATIVE} AS body, r.id FROM iom_relatives r
        WHERE r.force = :force AND r.member_id = :member_id ORDER BY r.recorded_at, r.id
    """
    values = {"force": session.info["force"], "member_id": member_id}
    return list(session.execute(text(statement), values))
