"""SQL of the orders that keep up notification, beside a registration `r`, now and at a moment.

Joins `h`, what holds a person; `k`, whether it outlasts their own period; `e`, when all ends. An
order keeps up what would end before it; an indefinite period needs none.
"""

from __future__ import annotations

from typing import Final

from offenders.domain.registrations.records import HOLDS, HOLDS_UNTIL

_LAST = """
    bool_or(o.ends_on IS NULL) AS is_forever, max(o.ends_on) AS until,
    (array_agg(o.reference ORDER BY o.ends_on DESC NULLS FIRST, o.id))[1] AS by,
    (array_agg(o.type ORDER BY o.ends_on DESC NULLS FIRST, o.id))[1] AS type
"""
_HOLDING = f"""
    SELECT h.id, h.person_id, h.reference, h.type, {HOLDS_UNTIL} AS ends_on
    FROM {{orders}} h WHERE {{whose}} AND {HOLDS}
"""
_OF_PERSON = _HOLDING.format(
    orders="orders", whose="h.force = r.force AND h.person_id = r.person_id"
)
# History has no index by person: the orders of the force are read once, not once for each.
_OF_FORCE_THEN = _HOLDING.format(
    orders="orders_history",
    whose="h.force = :force AND h.recorded_from <= :as_at"
    " AND (h.recorded_to IS NULL OR h.recorded_to > :as_at)",
)
_ENDS = """
    CROSS JOIN LATERAL (
        SELECT NOT r.is_indefinite AND (h.is_forever IS TRUE OR h.until > r.ends_on) IS TRUE
               AS is_held) k
    CROSS JOIN LATERAL (
        SELECT CASE WHEN NOT k.is_held THEN r.ends_on
                    WHEN NOT h.is_forever THEN h.until END AS ends_on) e
"""
HELD: Final = f"CROSS JOIN LATERAL (SELECT {_LAST} FROM ({_OF_PERSON}) o) h {_ENDS}"
HELD_AS_AT: Final = f"""
    LEFT JOIN (SELECT o.person_id, {_LAST} FROM ({_OF_FORCE_THEN}) o GROUP BY o.person_id) h
           ON h.person_id = r.person_id
    {_ENDS}
"""
