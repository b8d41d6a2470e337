"""The offenders of a ward, by risk: who is wanted, managed, registered or under an order there.

Somebody is of a ward where their current address lies in it, or where one of the reasons that the
reader may see has that ward of its own. An address that is protected from the reader places
nobody. Each person is listed once, with all their reasons, wherever these have their area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.briefings.cards import OF_WARDS, card_rows
from offenders.domain.briefings.seeing import OWN_VIEW, TURNED, viewer_values
from offenders.domain.reading import Reading
from offenders.domain.working_days import london_day
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.db import Reader
    from offenders.domain.briefings.seeing import StreetSight

MOST_METRES: Final = 10_000
METRES_A_DEGREE: Final = 111_320.0  # of latitude; of longitude at the equator
_KEYS: Final = "c.danger, c.rank, c.rest, c.id"
_IN_ORDER: Final = "k.danger, k.rank, k.rest, k.id"
_CASTS: Final = ("int", "int", "int", "uuid")
# Flat enough over some kilometres. A protected address is near nothing.
_NEAR: Final = f"""
    EXISTS (
        SELECT FROM person_addresses a
        WHERE a.force = :force AND a.person_id = c.id AND NOT c.hides AND a.type <> 'previous'
          AND coalesce(a.from_on <= CAST(:today AS date), true)
          AND coalesce(a.to_on >= CAST(:today AS date), true)
          AND sqrt(power(a.latitude - CAST(:near_latitude AS float8), 2)
                   + power((a.longitude - CAST(:near_longitude AS float8))
                           * cos(radians(CAST(:near_latitude AS float8))), 2))
              * {METRES_A_DEGREE} <= CAST(:near_metres AS float8))
"""


@dataclass(frozen=True)
class Near:
    """A point and how far from it."""

    latitude: float
    longitude: float
    metres: float


@dataclass(frozen=True)
class WardQuestion:
    """Whose cards are asked for: the ward, one kind of reason, and near which point.

    `view` is the base of that of the devices of `reader`: what they are shown is noted for them.
    """

    seen: StreetSight
    ward: str
    now: datetime
    reason: str | None = None
    near: Near | None = None
    view: UUID | None = None
    reader: Reader | None = None


def present_values(now: datetime) -> dict[str, Any]:
    """Bind the moment for which cards are made."""
    return {"now": now, "today": london_day(now)}


def _conditions(question: WardQuestion) -> tuple[str, dict[str, Any]]:
    parts = ["c.wards && CAST(:wards AS text[])"]
    values: dict[str, Any] = {"wards": [question.ward]}
    if question.reason is not None:
        parts.append("CAST(:f_reason AS text) = ANY (c.kinds)")
        values["f_reason"] = question.reason
    if question.near is not None:
        parts.append(_NEAR)
        values |= {f"near_{name}": value for name, value in vars(question.near).items()}
    return " AND ".join(parts), values


def reading_of_ward(question: WardQuestion, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, who is wanted and dangerous first; its body lacks the end.

    No row where there is no such ward, or none that the reader may reach.
    """
    seen = question.seen
    rows, values = card_rows(seen, OF_WARDS)
    condition, more = _conditions(question)
    if after is not None:
        bound = ", ".join(f"CAST(:after_{at} AS {cast})" for at, cast in enumerate(_CASTS))
        condition += f" AND ({_KEYS}) > ({bound})"
        more |= {f"after_{at}": value for at, value in enumerate(after)}
    first = f"""
        cards AS MATERIALIZED (
            SELECT c.* FROM ({rows}) c WHERE {condition}
            ORDER BY {_KEYS} LIMIT CAST(:limit AS int) + 1)
        {NOTED if question.view is not None else ""}"""
    sql = f"""
        SELECT '{{"items":[' || array_to_string(s.items[1 : s.most], ',') || ']' AS body,
               CAST(NULL AS int) AS version,
               ARRAY(SELECT DISTINCT CAST(unnest(string_to_array(each, ',')) AS uuid)
                     FROM unnest(s.shown[1 : s.most]) each) AS subjects,
               s.ids[1 : s.most] AS people,
               ARRAY(SELECT DISTINCT unnest(string_to_array(each, ','))
                     FROM unnest(s.masked[1 : s.most]) each) AS masked,
               jsonb_build_object('ward', CAST(:ward AS text)) AS details,
               CASE WHEN cardinality(s.ids) > s.most THEN s.keys[s.most] END AS after
        FROM neighbourhoods n
        CROSS JOIN LATERAL (
            SELECT n.force, n.lpa, n.code AS neighbourhood, CAST(NULL AS uuid) AS person_id) t
        CROSS JOIN LATERAL (
            SELECT CAST(:limit AS int) AS most,
                   coalesce(array_agg(CAST(k.item AS text) ORDER BY {_IN_ORDER}), '{{}}') AS items,
                   coalesce(array_agg(k.id ORDER BY {_IN_ORDER}), '{{}}') AS ids,
                   coalesce(array_agg(array_to_string(k.subjects, ',') ORDER BY {_IN_ORDER}),
                            '{{}}') AS shown,
                   coalesce(array_agg(array_to_string(k.masked, ',') ORDER BY {_IN_ORDER}),
                            '{{}}') AS masked,
                   coalesce(array_agg(CAST(json_build_array({_IN_ORDER}) AS text)
                                      ORDER BY {_IN_ORDER}), '{{}}') AS keys
            FROM cards k) s
        WHERE {seen.wards.of_areas.condition("t", "ward_scope")} AND n.code = :ward
    """
    values |= more | present_values(question.now) | seen.wards.values_as("ward_scope")
    values |= {"ward": question.ward, "limit": limit, "view": question.view}
    if question.reader is not None:
        values |= viewer_values(question.reader)
    return Reading(sql, "person", values, first)


def count_ward(session: Session, question: WardQuestion) -> int:
    """Count the people of all pages."""
    rows, values = card_rows(question.seen, OF_WARDS)
    condition, more = _conditions(question)
    statement = Statement(f"SELECT count(*) AS people FROM ({rows}) c WHERE {condition}")
    return int(ask(session, statement, values | more | present_values(question.now)).people)


# What a ward list shows otherwise than a reader's devices were last told is told to them anew; to
# no others, who would learn of somebody hidden from them.
NOTED: Final = f""",
    own AS MATERIALIZED ({OWN_VIEW}),
    turned AS ({TURNED}),
    noted AS (
        INSERT INTO change_entries (force, view_id, subject_id, seq, is_unsettled, changed_at)
        SELECT v.force, v.id, c.id, 0, true, clock_timestamp()
        FROM cards c
        CROSS JOIN own o
        JOIN change_views v ON v.force = :force AND v.id = o.id
        JOIN neighbourhoods a ON a.force = :force AND a.code = CAST(:ward AS text)
                             AND (v.is_whole_force OR a.lpa = ANY (v.lpas)
                                  OR a.code = ANY (v.neighbourhoods))
        LEFT JOIN change_entries e ON e.force = v.force AND e.view_id = v.id
                                  AND e.subject_id = c.id
        WHERE e.subject_id IS NULL
           OR (NOT e.is_unsettled
               AND e.digest IS DISTINCT FROM hashtextextended(CAST(c.item AS text), 0))
        ORDER BY c.id
        ON CONFLICT (force, view_id, subject_id) DO UPDATE SET is_unsettled = true)
"""
