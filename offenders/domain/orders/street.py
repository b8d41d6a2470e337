"""An order in the few words that are needed where its subject is met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.orders.asking import HIDDEN, LIVE, OF_PERSON, TEAM
from offenders.domain.orders.reading import (
    BREACH_CODE,
    POWER,
    PROTECTED,
    PROTECTS,
    SHOWN_NAME,
    STREET_ONLY,
)

if TYPE_CHECKING:
    from offenders.domain.access import Scope
    from offenders.domain.orders.asking import OrderSight

_NAME = """coalesce((SELECT e.name FROM code_entries e
                     WHERE e.list = 'order_types' AND e.code = o.type), o.type)"""
_CONDITIONS = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'kind', c.v ->> 'kind', 'text', replace(c.v ->> 'text', '{{person}}', {SHOWN_NAME}),
        'place', CASE WHEN :sees_people OR NOT {PROTECTS}
                      THEN replace(c.v ->> 'place', '{{person}}', {SHOWN_NAME}) END,
        'time', c.v ->> 'time') ORDER BY c.place), '[]')
    FROM jsonb_array_elements(o.conditions) WITH ORDINALITY c (v, place)
    LEFT JOIN LATERAL (
        SELECT x.* FROM persons x
        WHERE x.force = o.force AND x.id = CAST(c.v ->> 'person_id' AS uuid) OFFSET 0) v ON true
    WHERE true {STREET_ONLY})"""


def enforceable_of_person(scope: Scope, sight: OrderSight) -> tuple[str, dict[str, Any]]:
    """Give the SQL of the orders that bind an outer `p`, one row, and its values.

    Columns: items (JSON objects, joined by commas), and the arrays ids, areas, says (what a breach
    means) and masked. It takes `:sees_protected` and `:today`, too.
    """
    owner = f", 'owner_officer', o.owner_officer, 'owner_team', {TEAM}" if sight.whole else ""
    sql = f"""
        SELECT string_agg(CAST(json_build_object(
                   'type', 'order', 'id', o.id, 'reference', o.reference,
                   'order_type', o.type, 'name', {_NAME}, 'interim', o.interim,
                   'expires_on', o.expires_on, 'conditions', {_CONDITIONS},
                   'power_of_arrest', {POWER}, 'breach_offence_code', {BREACH_CODE}{owner})
                   AS text), ',' ORDER BY o.expires_on, o.id) AS items,
               array_agg(o.id) AS ids,
               array_agg(s.neighbourhood) FILTER (WHERE NOT {HIDDEN}) AS areas,
               array_agg(coalesce(o.instruction, {_NAME} || ' ' || o.reference
                         || ': a breach may be acted on at once (' || {POWER} || ').')
                         ORDER BY o.expires_on, o.id) AS says,
               CASE WHEN bool_or({PROTECTED}) THEN ARRAY['reasons.conditions.place']
                    ELSE CAST('{{}}' AS text[]) END AS masked
        {OF_PERSON} AND {scope.condition("s", "order_scope")} AND {LIVE}
    """
    return sql, {"sees_people": sight.protected_people} | scope.values_as("order_scope")
