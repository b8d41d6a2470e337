"""The JSON of a breach, without the words that may name a protected person for who may not know."""

from __future__ import annotations

from typing import Final

from offenders.domain.orders.asking import may_name_somebody

PROSE: Final = ("details", "found_how", "action_reason", "learning")
MAY_NAME: Final = may_name_somebody("o.id")


UNTOLD: Final = f"ARRAY[{', '.join(repr(each) for each in PROSE)}]"


def _prose(column: str) -> str:
    return f"'{column}', CASE WHEN NOT {MAY_NAME} THEN b.{column} END"


BREACH_JSON: Final = f"""
    json_build_object(
        'id', b.id, 'order_id', b.order_id, 'occurred_at', b.occurred_at,
        'condition_id', b.condition_id, {", ".join(map(_prose, PROSE))},
        'offence_code', b.offence_code, 'crime_reference', b.crime_reference,
        'investigated_by', b.investigated_by, 'want_id', b.want_id,
        'state', CASE WHEN b.reviewed_at IS NOT NULL THEN 'reviewed'
                      WHEN b.action IS NOT NULL THEN 'actioned' ELSE 'unactioned' END,
        'action', b.action, 'action_at', b.action_at, 'action_by', b.action_by,
        'reviewed_at', b.reviewed_at, 'reviewed_by', b.reviewed_by,
        'masked', CASE WHEN {MAY_NAME} THEN to_jsonb({UNTOLD}) ELSE '[]' END,
        'recorded_by', b.recorded_by,
        'recorded_at', b.recorded_at, 'updated_at', b.updated_at)
"""
