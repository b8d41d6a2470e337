"""The daily local briefing of a ward: whom officers there should know today, and what they're told.

Nothing of it is stored: it is put together when it is read, as the reader may see it, from the
cards of the ward and the items for it. So whoever has been arrested, an order that has ended and
an item that has expired are not in the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.access import may, scope
from offenders.domain.briefings import store
from offenders.domain.briefings.asking import Question
from offenders.domain.briefings.cards import OF_WARDS, card_rows
from offenders.domain.briefings.seeing import street_sight
from offenders.domain.persons.shown import person_json
from offenders.domain.reference.policies import figure_sql
from offenders.domain.working_days import london_day
from offenders.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

MOST_PEOPLE: Final = 200
MOST_ITEMS: Final = 50
MOST_RELEASES: Final = 50
CHECK: Final = "Check at the next opportunity that it is kept, and record the check."
_IN_ORDER: Final = "c.danger, c.rank, c.rest, c.id"
# When somebody last came to notice: an arrest, a want, a hit, or that they were seen.
_LAST_ACTIVE: Final = """(
    SELECT max(a.at) FROM (
        SELECT max(d.arrested_at) AS at FROM detentions d
        WHERE d.force = :force AND d.person_id = c.id
        UNION ALL SELECT max(w.entered_at) FROM wants w
        WHERE w.force = :force AND w.person_id = c.id AND w.state <> 'entered_in_error'
        UNION ALL SELECT max(h.received_at) FROM forensic_hits h
        WHERE h.force = :force AND h.person_id = c.id
        UNION ALL SELECT max(x.occurred_at) FROM sightings x
        WHERE x.force = :force AND x.person_id = c.id) a
    WHERE a.at <= :now)"""


def _of_kind(kind: str) -> str:
    return f"""(
        SELECT coalesce(json_agg(c.id ORDER BY {_IN_ORDER}), '[]')
        FROM shown c WHERE '{kind}' = ANY (c.kinds))"""


_ACTIVE_DAYS: Final = figure_sql("briefing-activity", "all")
_DOMESTIC: Final = f"""(
    SELECT coalesce(json_agg(c.id ORDER BY {_IN_ORDER}), '[]') FROM shown c
    WHERE jsonb_path_exists(CAST(c.item AS jsonb), '$.reasons[*] ? (@.domestic_abuse == true)'))"""
_ACTIVE: Final = f"""(
    SELECT coalesce(json_agg(json_build_object('person_id', a.id, 'last_active_at', a.at)
                             ORDER BY a.at DESC, a.id), '[]')
    FROM (SELECT c.id, {_LAST_ACTIVE} AS at FROM shown c WHERE 'iom' = ANY (c.kinds)) a
    WHERE a.at >= :now - make_interval(days => CAST({_ACTIVE_DAYS} AS int)))
"""
_ORDERS: Final = f"""(
    SELECT coalesce(json_agg(json_build_object(
               'person_id', c.id, 'id', r ->> 'id', 'reference', r ->> 'reference',
               'name', r ->> 'name', 'expires_on', r ->> 'expires_on',
               'conditions', r -> 'conditions', 'instruction', '{CHECK}')
               ORDER BY {_IN_ORDER}, r ->> 'id'), '[]')
    FROM shown c CROSS JOIN LATERAL json_array_elements(c.item -> 'reasons') r
    WHERE r ->> 'type' = 'order')"""


@dataclass(frozen=True)
class Daily:
    """A briefing as JSON text without its closing brace, whom and what it shows, and masks."""

    body: str
    people: list[UUID]
    subjects: list[UUID]
    masked: list[str]


def daily_briefing(session: Session, actor: Actor, ward: str, now: datetime) -> Daily:
    """Give the briefing of a ward now; raise NotFound where the reader may reach none such."""
    force = session.info["force"]
    seen = street_sight(actor, force)
    rows, values = card_rows(seen, OF_WARDS)
    values |= seen.wards.values_as("ward_scope") | {
        "force": force,
        "ward": ward,
        "wards": [ward],
        "now": now,
        "today": london_day(now),
        "most": MOST_PEOPLE,
    }
    found = session.execute(text(_cards_sql(rows, seen.wards.condition("t", "ward_scope"))), values)
    row = found.one_or_none()
    if row is None:
        raise NotFound
    question = Question(actor, force, now, {"neighbourhood": ward})
    items = store.list_items(session, question, None, MOST_ITEMS)
    releases = _list_releases(session, actor, ward, values)
    body = (
        f'{row.body[:-1]},"items":[{",".join(each[0] for each in items)}]'
        f',"releases":[{",".join(each[0] for each in releases)}]'
    )
    told = [each.person_id for each in items if each.person_id]
    freed = [each.person_id for each in releases]
    masked = {*row.masked, *(["about", "person"] if any(i.is_masked for i in items) else [])}
    return Daily(
        body,
        list(dict.fromkeys([*row.people, *told, *freed])),
        list(dict.fromkeys([*row.subjects, *(i.id for i in items), *(r.id for r in releases)])),
        sorted(masked),
    )


def _cards_sql(rows: str, reach: str) -> str:
    return f"""
        WITH cards AS MATERIALIZED (
            SELECT c.* FROM ({rows}) c WHERE c.wards && CAST(:wards AS text[])
            ORDER BY {_IN_ORDER} LIMIT :most + 1),
        shown AS (SELECT c.* FROM cards c ORDER BY {_IN_ORDER} LIMIT :most)
        SELECT CAST(json_build_object(
                   'neighbourhood', n.code, 'name', n.name,
                   'people', (SELECT coalesce(json_agg(c.item ORDER BY {_IN_ORDER}), '[]')
                              FROM shown c),
                   'more', (SELECT count(*) > :most FROM cards),
                   'wanted', {_of_kind("wanted")}, 'domestic_abuse', {_DOMESTIC},
                   'iom_active', {_ACTIVE}, 'orders', {_ORDERS},
                   'registered', {_of_kind("registered")}, 'mappa', {_of_kind("mappa")}) AS text)
                   AS body,
               ARRAY(SELECT c.id FROM shown c) AS people,
               ARRAY(SELECT DISTINCT s FROM shown c CROSS JOIN LATERAL unnest(c.subjects) s
                     WHERE s IS NOT NULL) AS subjects,
               ARRAY(SELECT DISTINCT m FROM shown c CROSS JOIN LATERAL unnest(c.masked) m) AS masked
        FROM neighbourhoods n
        CROSS JOIN LATERAL (
            SELECT n.force, n.lpa, n.code AS neighbourhood, CAST(NULL AS uuid) AS person_id) t
        WHERE {reach} AND n.code = :ward
    """


def _list_releases(
    session: Session, actor: Actor, ward: str, values: dict[str, Any]
) -> list[Row[Any]]:
    """Give who was lately released on bail or under investigation and lives in the ward."""
    if not may(actor, "bail:read"):
        return []
    own = scope(actor, "bail:read", values["force"])
    days = figure_sql("briefing-releases", "all")
    statement = text(f"""
        SELECT CAST(json_build_object('id', x.id, 'reference', x.reference, 'state', x.state,
                   'released_at', x.bailed_at, 'return_at', x.return_at,
                   'person', x.person) AS text), x.id, x.person_id
        FROM (SELECT b.force, b.id, b.reference, b.state, b.bailed_at, b.return_at, b.person_id,
                     b.recorded_by, {person_json()} AS person,
                     CASE WHEN b.lpa IS NULL AND b.neighbourhood IS NULL
                          THEN p.lpa ELSE b.lpa END AS lpa,
                     p.neighbourhood
              FROM bail_records b JOIN persons p ON p.force = b.force AND p.id = b.person_id
              WHERE b.force = :force AND b.outcome IS NULL AND p.neighbourhood = :ward
                AND (:sees_protected OR NOT p.are_addresses_protected)
                AND b.bailed_at <= :now
                AND b.bailed_at >= :now - make_interval(days => CAST({days} AS int))) x
        WHERE {own.condition("x", "bail_scope")}
        ORDER BY x.bailed_at DESC, x.id LIMIT {MOST_RELEASES}
    """)
    bound = own.values_as("bail_scope") | {
        name: values[name] for name in ("now", "today", "sees_protected")
    }
    return list(session.execute(statement, bound | {"ward": ward}))
