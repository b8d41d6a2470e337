"""SQL of lists and single checks, now or as they were known at a past moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders.domain.acro.clocks import figures
from offenders.domain.acro.store import DUE, SHORT
from offenders.domain.filters import named_by
from offenders.domain.persons.shown import person_json
from offenders.domain.working_days import london_day
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_PRESENT = "SELECT k.*, NULL::text AS neighbourhood FROM acro_checks k"
_THEN = """
    SELECT k.*, NULL::text AS neighbourhood FROM acro_checks_history k
    WHERE k.recorded_from <= :as_at AND (k.recorded_to IS NULL OR k.recorded_to > :as_at)
"""
_OVERDUE = """
    ((c.state = 'required' AND c.request_due_at < :now)
     OR (c.state = 'requested' AND c.reply_due_at < :now))
"""
_KEY = "CASE c.state WHEN 'required' THEN 'request' WHEN 'requested' THEN c.channel END"
_JSON = f"""
    json_build_object(
        'id', c.id, 'reference', c.reference, 'force', c.force, 'detention_id', c.detention_id,
        'person', {person_json()},
        'person_id', c.person_id, 'lpa', c.lpa, 'country', c.country, 'channel', c.channel,
        'state', c.state, 'due_at', {DUE}, 'overdue', {_OVERDUE},
        'because', CASE WHEN {DUE} IS NOT NULL THEN
            (CAST(:figures AS jsonb) -> ({_KEY})) - 'severity' END,
        'detained_at', c.detained_at, 'request_due_at', c.request_due_at,
        'requested_at', c.requested_at, 'requested_by', c.requested_by,
        'reply_due_at', c.reply_due_at, 'chased_at', c.chased_at, 'chases', c.chases,
        'response', c.response, 'responded_at', c.responded_at, 'summary', c.response_summary,
        'convictions', (
            SELECT coalesce(json_agg(json_build_object('offence', v.offence,
                'offence_code', v.offence_code, 'convicted_on', v.convicted_on, 'court', v.court,
                'sentence', v.sentence) ORDER BY v.convicted_on, v.id), '[]')
            FROM acro_convictions v
            WHERE v.force = c.force AND v.check_id = c.id
              AND v.recorded_at <= coalesce(CAST(:as_at AS timestamptz), 'infinity')),
        'assessed_at', c.assessed_at, 'assessed_by', c.assessed_by,
        'assessment', CASE WHEN c.assessed_at IS NOT NULL THEN c.assessment END,
        'not_possible_because', c.not_possible_because,
        'message', (
            SELECT json_build_object('id', m.id, 'state', m.state, 'tries', m.tries,
                'delivered_at', m.delivered_at, 'duplicates', m.duplicates, 'fault', m.fault)
            FROM outbox_messages m WHERE m.force = c.force AND m.id = c.message_id),
        'recorded_by', c.recorded_by, 'recorded_at', c.recorded_at, 'updated_at', c.updated_at,
        'version', c.version)
"""
_PERSON = "JOIN persons p ON p.force = c.force AND p.id = c.person_id"
_EQUAL = ("state", "country", "channel", "response", "lpa")
_BOUNDS = {"arrested_from": "c.detained_at >=", "arrested_before": "c.detained_at <"}


@dataclass(frozen=True)
class Question:
    """What a list or count is asked: filters and scope, the present and, if any, a past moment."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give what is read."""
        return f"({_PRESENT if self.as_at is None else _THEN}) c"

    def condition(self, session: Session) -> tuple[str, dict[str, Any]]:
        """Give scope and filters as SQL with their values; `none` asks for rows without an LPA."""
        now = self.as_at or self.now
        parts = [self.scope.condition("c")]
        values = {
            **self.scope.values,
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "figures": orjson.dumps(figures(session)).decode(),
        }
        for name in _EQUAL:
            value = self.filters.get(name)
            if (name, value) == ("lpa", "none"):
                parts.append("c.lpa IS NULL")
            elif value is not None:
                parts.append(f"c.{name} = :f_{name}")
                values[f"f_{name}"] = value
        for name, table in (("person_id", "persons"), ("detention_id", "detentions")):
            if (written := self.filters.get(name)) is not None:
                named, found = named_by(f"c.{name}", table, written, as_at=self.as_at is not None)
                parts.append(named)
                values |= found
        for name, bound in _BOUNDS.items():
            if self.filters.get(name) is not None:
                parts.append(f"{bound} :f_{name}")
                values[f"f_{name}"] = self.filters[name]
        if self.filters.get("overdue") is not None:
            parts.append(_OVERDUE if self.filters["overdue"] else f"NOT {_OVERDUE}")
        return " AND ".join(parts), values


def open_checks_of_person(scope: Scope) -> str:
    """Give the SQL of the checks of an outer `p` to be made or assessed, as a JSON array.

    Its values are those of the scope `acro_scope`.
    """
    return f"""(
        SELECT coalesce(json_agg({SHORT} ORDER BY c.detained_at, c.country), '[]')
        FROM ({_PRESENT}) c
        WHERE {scope.condition("c", "acro_scope")} AND c.person_id = p.id
          AND (c.state IN ('required', 'requested')
               OR (c.state = 'responded' AND c.response IN ('trace', 'partial'))))"""


def list_checks(
    session: Session, question: Question, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give checks, the newest arrest first, as (json, detained_at, id, person_id)."""
    condition, values = question.condition(session)
    if after is not None:
        condition += (
            " AND (c.detained_at, c.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT {_JSON}::text, c.detained_at::text, c.id, c.person_id
        FROM (SELECT * FROM {question.source} WHERE {condition}
              ORDER BY c.detained_at DESC, c.id DESC LIMIT :limit) c {_PERSON}
        ORDER BY c.detained_at DESC, c.id DESC
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def count_checks(session: Session, question: Question) -> int:
    """Count the rows that list_checks would give."""
    condition, values = question.condition(session)
    statement = text(f"SELECT count(*) FROM {question.source} WHERE {condition}")
    return int(session.execute(statement, values).scalar_one())


def get_check(session: Session, question: Question, written: str) -> Row[Any]:
    """Give one check as (json, id, person_id, version); raise NotFound out of scope."""
    condition, values = question.condition(session)
    check_id = as_uuid(written)
    named = "c.reference = :reference" if check_id is None else "c.id = :id"
    values |= {"id": check_id, "reference": as_reference(written)}
    statement = text(f"""
        SELECT {_JSON}::text, c.id, c.person_id, c.version
        FROM {question.source} {_PERSON} WHERE {condition} AND {named}
    """)
    row = session.execute(statement, values).one_or_none()
    if row is None:
        raise NotFound
    return row
