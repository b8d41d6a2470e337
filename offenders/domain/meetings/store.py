"""SQL of meetings: one, a list, their packs as they were drawn, and their minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.filters import equalities
from offenders.domain.meetings import rules
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.meetings.models import Meeting

# A meeting has no neighbourhood, by which a scope may also be narrowed.
_MEETINGS: Final = """
    (SELECT k.*, CAST(NULL AS text) AS neighbourhood FROM meetings k) m
    LEFT JOIN meetings b ON b.force = m.force AND b.id = m.previous_id
"""
_HEAD: Final = """
    'id', m.id, 'reference', m.reference, 'force', m.force, 'tier', m.tier, 'kind', m.kind,
    'lpa', m.lpa, 'held_at', m.held_at, 'cut_off', m.cut_off, 'since', m.since,
    'until', m.until, 'previous', CASE WHEN b.id IS NOT NULL THEN json_build_object(
        'id', b.id, 'reference', b.reference, 'cut_off', b.cut_off) END,
    'drawn_at', m.recorded_at
"""
_JSON: Final = f"""
    json_build_object({_HEAD}, 'chair', m.chair, 'attendance', m.attendance,
        'decisions_href', '/v1/tasks?meeting=' || m.id || '&state=all',
        'pack', '/v1/meetings/' || m.id || '/pack', 'pack_dropped_at', m.pack_dropped_at,
        'pack_hold', m.pack_hold, 'recorded_by', m.recorded_by,
        'recorded_at', m.recorded_at, 'updated_at', m.updated_at, 'version', m.version)
"""
_EQUAL: Final = {"tier": "m.tier", "kind": "m.kind", "lpa": "m.lpa", "force": "m.force"}
_BOUNDS: Final = {"held_from": ">=", "held_before": "<"}
# Something was recorded of it beside the pack: who was there, a note, a decision.
_IS_HELD: Final = """
    (m.version > 1 OR m.attendance <> '[]'
     OR EXISTS (SELECT FROM meeting_minutes n WHERE n.force = m.force AND n.meeting_id = m.id)
     OR EXISTS (SELECT FROM tasks t WHERE t.force = m.force AND t.meeting_id = m.id))
"""
_PREVIOUS: Final = text(f"""
    SELECT m.id, m.cut_off FROM meetings m
    WHERE m.force = :force AND m.tier = :tier AND m.kind = :kind
      AND m.lpa IS NOT DISTINCT FROM CAST(:lpa AS text)
      AND m.cut_off < :cut_off AND (m.cut_off <= :apart OR {_IS_HELD})
    ORDER BY m.cut_off DESC LIMIT 1
""")
_SAME: Final = text("""
    SELECT id FROM meetings
    WHERE force = :force AND tier = :tier AND lpa IS NOT DISTINCT FROM CAST(:lpa AS text)
      AND kind = :kind AND cut_off = :cut_off
""")
_SECTIONS: Final = text("""
    SELECT s.section, s.counted, s.href, s.groups,
           CASE WHEN CAST(:section AS text) IS NULL THEN s.shown ELSE s.kept END AS shown,
           CASE WHEN s.row_people IS NOT NULL THEN (
               SELECT coalesce(json_object_agg(g.name, g.n), '{}')
               FROM (SELECT r.name, count(*) AS n
                     FROM unnest(s.row_people, s.row_groups) r (person_id, name)
                     WHERE r.person_id = ANY (h.people) GROUP BY r.name) g
               WHERE cardinality(h.people) > 0) END AS hidden,
           CASE WHEN s.row_people IS NULL THEN s.kept - (
               SELECT count(*) FROM meeting_items i
               WHERE i.force = s.force AND i.meeting_id = s.meeting_id
                 AND i.section = s.section) END AS absent
    FROM meeting_sections s
    CROSS JOIN (SELECT CAST(current_setting('app.hidden') AS uuid[]) AS people) h
    WHERE s.force = :force AND s.meeting_id = :id
      AND (CAST(:section AS text) IS NULL OR s.section = :section)
""")
# OFFSET 0: each person is one look-up by key, and those that the reader may not see are none.
_ITEMS: Final = text("""
    SELECT i.section, i.place, i.person_id, p.id IS NOT NULL AS is_seen, i.subject_id, i.needs,
           i.follows, coalesce(p.are_addresses_protected, false) AS is_protected, i.item
    FROM meeting_items i
    JOIN meeting_sections s
        ON s.force = i.force AND s.meeting_id = i.meeting_id AND s.section = i.section
    LEFT JOIN LATERAL (
        SELECT x.id, x.are_addresses_protected FROM persons x
        WHERE x.force = i.force AND x.id = i.person_id OFFSET 0) p ON true
    WHERE i.force = :force AND i.meeting_id = :id
      AND (CAST(:section AS text) IS NULL AND i.place <= s.shown OR i.section = :section)
    ORDER BY i.section, i.place
""")
_MINUTES: Final = text("""
    SELECT coalesce(json_agg(json_build_object('id', n.id, 'section', n.section, 'note', n.note,
        'recorded_by', n.recorded_by, 'recorded_at', n.recorded_at)
        ORDER BY n.recorded_at, n.id), '[]')
    FROM meeting_minutes n WHERE n.force = :force AND n.meeting_id = :id
""")


def find_previous(session: Session, meeting: Meeting) -> Row[Any] | None:
    """Give (id, cut_off) of the last meeting before of the same tier, area and kind.

    A pack drawn shortly before, of which nothing was recorded, was drawn for the same meeting.
    """
    apart = meeting.cut_off - rules.APART[rules.Kind(meeting.kind)]
    return session.execute(_PREVIOUS, _same_row(meeting) | {"apart": apart}).one_or_none()


def find_same(session: Session, meeting: Meeting) -> UUID | None:
    """Give the meeting of this tier, area, kind and cut-off, if there is one."""
    return session.execute(_SAME, _same_row(meeting)).scalar()


def _same_row(meeting: Meeting) -> dict[str, Any]:
    names = ("force", "tier", "lpa", "kind", "cut_off")
    return {name: getattr(meeting, name) for name in names}


def find_meeting(session: Session, scope: Scope, written: str) -> Row[Any] | None:
    """Give (json, head, id, tier, lpa, version, pack_dropped_at) of a meeting in scope."""
    named = "m.id = :id" if as_uuid(written) is not None else "m.reference = :reference"
    statement = f"""
        SELECT CAST({_JSON} AS text) AS body, CAST(json_build_object({_HEAD}) AS text) AS head,
               m.id, m.tier, m.lpa, m.version, m.pack_dropped_at
        FROM {_MEETINGS} WHERE {scope.of_areas.condition("m")} AND {named}
    """
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return session.execute(text(statement), scope.values | keys).one_or_none()


def list_meetings(
    session: Session,
    scope: Scope,
    filters: Mapping[str, Any],
    *,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give meetings as (json, held_at, id), the latest first."""
    condition, values = _condition(scope, filters)
    if after is not None:
        condition += (
            " AND (m.held_at, m.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT CAST({_JSON} AS text), m.held_at, m.id FROM {_MEETINGS} WHERE {condition}
        ORDER BY m.held_at DESC, m.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def count_meetings(session: Session, scope: Scope, filters: Mapping[str, Any]) -> int:
    """Count the rows of all pages."""
    condition, values = _condition(scope, filters)
    statement = text(f"SELECT count(*) FROM {_MEETINGS} WHERE {condition}")
    return int(session.execute(statement, values).scalar_one())


def _condition(scope: Scope, filters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    parts, values = equalities(dict(filters), _EQUAL)
    parts.append(scope.of_areas.condition("m"))
    for name, compared in _BOUNDS.items():
        if filters.get(name) is not None:
            parts.append(f"m.held_at {compared} :f_{name}")
            values[f"f_{name}"] = filters[name]
    return " AND ".join(parts), values | scope.values


def read_sections(
    session: Session, force: str, meeting: UUID, section: str | None
) -> list[Row[Any]]:
    """Give the sections of a pack as (section, counted, shown, href, groups, hidden, absent).

    `hidden` is how many rows of each group are about people hidden from the reader; null for packs
    from before that was kept, of which `absent` says how many of the rows kept are.
    """
    values = {"force": force, "id": meeting, "section": section}
    return list(session.execute(_SECTIONS, values))


def read_items(session: Session, force: str, meeting: UUID, section: str | None) -> list[Row[Any]]:
    """Give the rows of a pack that the reader may see, and whom each is about."""
    values = {"force": force, "id": meeting, "section": section}
    return list(session.execute(_ITEMS, values))


def read_minutes(session: Session, force: str, meeting: UUID) -> Any:
    """Give the minutes of a meeting, the first first."""
    return session.execute(_MINUTES, {"force": force, "id": meeting}).scalar_one()
