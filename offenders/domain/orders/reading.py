"""Orders and breaches as they are shown, in lists and one by one, each with what a reader may see.

Whoever polices the street sees the orders that bind and what may be enforced of them; whoever
manages them sees the whole. Whom an order protects is named only to those who may know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.orders.asking import (
    HIDDEN,
    LIVE,
    OF_PERSON,
    TEAM,
    breach_bounds,
)
from offenders.domain.orders.breach_shown import BREACH_JSON, MAY_NAME, PROSE, UNTOLD
from offenders.domain.orders.cases import ANY_OFFENCE, POWERS
from offenders.domain.persons.shown import person_json
from offenders.domain.reading import Reading, page_of
from offenders.domain.working_days import london_day
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.orders.asking import Question

_NAME = "coalesce(c.v ->> 'person', v.given_names || ' ' || v.family_name)"
PROTECTS = "(c.v ->> 'person' IS NOT NULL OR c.v ->> 'person_id' IS NOT NULL)"
SHOWN_NAME = f"""
    CASE WHEN NOT {PROTECTS} THEN '' WHEN :sees_people THEN coalesce({_NAME}, '')
         ELSE 'a protected person' END
"""
HOLDS = """
    (c.v ->> 'from')::date <= CAST(:today AS date)
    AND coalesce((c.v ->> 'until')::date >= CAST(:today AS date), true)
"""
_CONDITION = f"""
    jsonb_build_object(
        'id', c.v ->> 'id', 'kind', c.v ->> 'kind', 'category', c.v ->> 'category',
        'text', replace(c.v ->> 'text', '{{person}}', {SHOWN_NAME}),
        'place', CASE WHEN :sees_people OR NOT {PROTECTS}
                      THEN replace(c.v ->> 'place', '{{person}}', {SHOWN_NAME}) END,
        'person', CASE WHEN :sees_people THEN {_NAME} END,
        'person_id', CASE WHEN :sees_people THEN c.v ->> 'person_id' END,
        'protects_somebody', {PROTECTS}, 'time', c.v ->> 'time',
        'clause_id', c.v ->> 'clause_id', 'enforceable', (c.v ->> 'enforceable')::boolean,
        'from', c.v ->> 'from', 'until', c.v ->> 'until', 'holds', {HOLDS})
"""
STREET_ONLY = f"AND (c.v ->> 'enforceable')::boolean AND {HOLDS}"
BREACH_CODE = """(
    SELECT t.breach_offence_code FROM order_types t WHERE t.code = o.type
    ORDER BY t.from_on DESC, t.variant LIMIT 1)
"""
_OF_TYPE = " ".join(f"WHEN '{kind}' THEN '{power}'" for kind, power in POWERS.items())
POWER = f"CASE o.type {_OF_TYPE} ELSE '{ANY_OFFENCE}' END"
# What the street doesn't see; `masked` names it.
_WHOLE_ONLY: Final = (
    "applied_on",
    "decided_on",
    "ended_on",
    "ending",
    "end_reason",
    "with_custody",
    "court",
    "court_reference",
    "authorised_rank",
    "served_at",
    "hearing_due_at",
    "notice_id",
    "monitored_by",
    "monitoring",
    "accepted_by",
    "accepted_on",
    "owner_officer",
    "because",
    "varied_on",
    "last_reviewed_on",
    "last_checked_on",
    "statutory_review_on",
    "review_due_on",
    "check_due_on",
)
_COMPUTED: Final = ("owner_team", "overdue", "breaches")
_UNSEEN: Final = "CAST('{" + ",".join((*_WHOLE_ONLY, *_COMPUTED)) + "}' AS text[])"
PROTECTED: Final = """
    (NOT :sees_people AND jsonb_path_exists(
        o.conditions, '$[*] ? (@.person != null || @.person_id != null)'))
"""


def _masked_breaches(*, whole: bool) -> str:
    names = ", ".join(f"'breaches.{each}'" for each in PROSE)
    seen = f"CASE WHEN {MAY_NAME} THEN ARRAY[{names}] ELSE '{{}}' END"
    return seen if whole else "CAST('{}' AS text[])"


def _masked(*, whole: bool) -> str:
    unseen = "CAST('{}' AS text[])" if whole else _UNSEEN
    return f"""(
        CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood'] ELSE '{{}}' END
        || CASE WHEN {PROTECTED}
                THEN ARRAY['conditions.person', 'conditions.place'] ELSE '{{}}' END
        || {_masked_breaches(whole=whole)}
        || {unseen})"""


def _conditions(*, whole: bool) -> str:
    # OFFSET keeps each person a look-up by key: a join would read every person of the force.
    return f"""(
        SELECT coalesce(jsonb_agg({_CONDITION} ORDER BY c.place), '[]')
        FROM jsonb_array_elements(o.conditions) WITH ORDINALITY c (v, place)
        LEFT JOIN LATERAL (
            SELECT x.* FROM persons x
            WHERE x.force = o.force AND x.id = CAST(c.v ->> 'person_id' AS uuid) OFFSET 0) v ON true
        WHERE true {"" if whole else STREET_ONLY})"""


def _order_json(question: Question) -> str:
    """Give the JSON of an order over `o`, `p`, `s` and `g`, as this reader may see it."""
    whole = question.sight.whole
    return f"""(jsonb_build_object(
        'id', o.id, 'reference', o.reference, 'force', o.force, 'person_id', o.person_id,
        'person', {person_json(as_at=question.as_at is not None)},
        'type', o.type, 'type_name', (SELECT e.name FROM code_entries e
                                      WHERE e.list = 'order_types' AND e.code = o.type),
        'state', s.state, 'interim', o.interim, 'enforceable', {LIVE},
        'made_on', o.made_on, 'in_force_on', o.in_force_on, 'expires_on', o.expires_on,
        'conditions', {_conditions(whole=whole)}, 'instruction', o.instruction,
        'breach_offence_code', {BREACH_CODE}, 'power_of_arrest', {POWER},
        'lpa', CASE WHEN NOT {HIDDEN} THEN s.lpa END,
        'neighbourhood', CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END,
        'masked', {_masked(whole=whole)},
        'recorded_at', o.recorded_at, 'updated_at', o.updated_at, 'version', o.version)
        || {_whole_json(question) if whole else "'{}'"})"""


def _whole_json(question: Question) -> str:
    plain = ", ".join(f"'{name}', o.{name}" for name in _WHOLE_ONLY)
    return f"""jsonb_build_object({plain}, 'owner_team', {TEAM},
        'overdue', to_jsonb(array_remove(ARRAY[
            CASE WHEN {LIVE} AND o.review_due_on < CAST(:today AS date) THEN 'review' END,
            CASE WHEN {LIVE} AND o.check_due_on < CAST(:today AS date) THEN 'check' END], NULL)),
        'breaches', (SELECT coalesce(json_agg({BREACH_JSON} ORDER BY b.occurred_at, b.id), '[]')
                     FROM {question.breaches}
                     WHERE {question.breach_then}
                       AND b.force = o.force AND b.order_id = o.id))"""


_KEY = "coalesce(o.expires_on, CAST('infinity' AS date))"


def reading_of_orders(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, what expires first first; its body lacks the end."""
    condition, values = question.condition()
    if after is not None:
        condition += f" AND ({_KEY}, o.id) > (CAST(:after_0 AS date), CAST(:after_1 AS uuid))"
        values |= {"after_0": after[0], "after_1": after[1]}
    masked = _masked(whole=question.sight.whole)
    rows = f"""
        SELECT k.id, k.key AS key, i.item, i.person_id, i.masked
        FROM (SELECT o.id, {_KEY} AS key {question.source()} AND {condition}
              ORDER BY {_KEY}, o.id LIMIT CAST(:limit AS int) + 1) k
        CROSS JOIN LATERAL (
            SELECT CAST({_order_json(question)} AS text) AS item, o.person_id, {masked} AS masked
            {question.source()} AND o.force = :force AND o.id = k.id) i"""
    return Reading(page_of(rows), "order", values | {"limit": limit})


def count_orders(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source()} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def reading_of_order(question: Question, written: str) -> Reading:
    """Give the read of one order, by its id or reference."""
    condition, values = question.condition()
    named = "o.id = :id" if as_uuid(written) is not None else "o.reference = :reference"
    sql = f"""
        SELECT CAST({_order_json(question)} AS text) AS body, o.version,
               ARRAY[o.id, o.person_id] AS subjects, ARRAY[o.person_id] AS people,
               {_masked(whole=question.sight.whole)} AS masked,
               CAST('{{}}' AS jsonb) AS details, CAST(NULL AS text) AS after, o.id, o.person_id
        {question.source()} AND {condition} AND {named}
    """
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return Reading(sql, "order", values | keys)


def orders_of_person(question: Question) -> tuple[str, dict[str, Any]]:
    """Give the SQL of the orders that bind an outer `p`, a JSON array, and its values."""
    scope = question.scope.condition("s", "order_scope")
    sql = f"""(
        SELECT coalesce(json_agg({_order_json(question)} ORDER BY {_KEY}, o.id), '[]')
        {OF_PERSON} AND {scope} AND {LIVE})"""
    values = {
        "force": question.scope.force,
        "now": question.now,
        "today": london_day(question.now),
        "sees_protected": question.sight.protected_addresses,
        "sees_people": question.sight.protected_people,
    }
    return sql, values | question.scope.values_as("order_scope")


_BREACH_EQUAL = {"type": "o.type", "person_id": "o.person_id", "action": "b.action"}
_BREACH_STATES = {
    "unactioned": "b.action IS NULL",
    "actioned": "b.action IS NOT NULL AND b.reviewed_at IS NULL",
    "reviewed": "b.reviewed_at IS NOT NULL",
}


def _breach_source(question: Question) -> tuple[str, dict[str, Any]]:
    filters = question.filters
    bounds, values = breach_bounds(filters.get("from"), filters.get("to"))
    for name, column in _BREACH_EQUAL.items():
        if filters.get(name) is not None:
            bounds += f" AND {column} = :b_{name}"
            values[f"b_{name}"] = filters[name]
    if (state := filters.get("state")) is not None:
        bounds += f" AND {_BREACH_STATES[state]}"
    if (order := filters.get("order")) is not None:
        bounds += " AND (o.id = :b_order OR o.reference = :b_reference)"
        values |= {"b_order": as_uuid(order), "b_reference": as_reference(order)}
    areas: dict[str, Any] = {
        name: filters[name] for name in ("lpa", "neighbourhood") if name in filters
    }
    condition, more = type(question)(
        areas, question.scope, question.now, question.sight, question.as_at
    ).condition()
    joined = f"JOIN {question.breaches} ON b.force = o.force AND b.order_id = o.id"
    source = f"{question.source(joined)} AND {question.breach_then}"
    return f"{source} AND o.state <> 'entered_in_error' AND {condition}{bounds}", values | more


def reading_of_breaches(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page of breaches, the first first; its body lacks the end."""
    source, values = _breach_source(question)
    keyset = ""
    if after is not None:
        keyset = (
            " AND (b.occurred_at, b.id) > (CAST(:after_0 AS timestamptz), CAST(:after_1 AS uuid))"
        )
        values |= {"after_0": after[0], "after_1": after[1]}
    rows = f"""
        SELECT b.id, b.occurred_at AS key, o.person_id,
               CASE WHEN {MAY_NAME} THEN {UNTOLD} ELSE CAST('{{}}' AS text[]) END AS masked,
               CAST(CAST({BREACH_JSON} AS jsonb) || jsonb_build_object(
                   'order_reference', o.reference, 'type', o.type, 'person_id', o.person_id)
                   AS text) AS item
        {source}{keyset} ORDER BY b.occurred_at, b.id LIMIT CAST(:limit AS int) + 1"""
    return Reading(page_of(rows), "order_breach", values | {"limit": limit})


def count_breaches(session: Session, question: Question) -> int:
    """Count the breaches of all pages."""
    source, values = _breach_source(question)
    return int(session.execute(text(f"SELECT count(*) {source}"), values).scalar_one())
