"""SQL of bail: one record for a change, lists and single records as they are shown.

A record whose period has ended is shown as released without bail also before the job has said
so, and one whose want has ended no longer as a failure to answer: what is shown is worked out at
the moment asked for. Without an area of its own a record stands where its person lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.bail.clocks import reviews_shown
from offenders.domain.filters import named_by
from offenders.domain.persons.shown import person_json
from offenders.domain.reading import Reading, page_of
from offenders.domain.working_days import london_day
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_FOLLOWS = "(b.lpa IS NULL AND b.neighbourhood IS NULL)"
HIDDEN = "(NOT :sees_protected AND s.follows AND g.are_addresses_protected)"
_MASKED = f"""
    CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood'] ELSE CAST('{{}}' AS text[]) END
"""
_THEN = "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
_STATE = """
    CASE WHEN b.state = 'on_bail' AND b.ends_on < CAST(:today AS date)
         THEN 'released_without_bail'
         WHEN b.state = 'failed_to_answer' AND w.state IN ('arrested', 'surrendered')
         THEN 'surrendered'
         WHEN b.state = 'failed_to_answer' AND w.state <> 'outstanding' THEN 'no_longer_wanted'
         ELSE b.state END
"""


def _shown(*, as_at: bool = False) -> str:
    return f"""
    CROSS JOIN LATERAL (
        SELECT b.force, b.recorded_by, b.person_id, {_FOLLOWS} AS follows,
               CASE WHEN {_FOLLOWS} THEN p.lpa ELSE b.lpa END AS lpa,
               CASE WHEN {_FOLLOWS} THEN p.neighbourhood ELSE b.neighbourhood END AS neighbourhood,
               {_STATE} AS state) s
    CROSS JOIN LATERAL (
        SELECT coalesce(b.released_at, CASE WHEN s.state = 'released_without_bail'
               THEN (b.ends_on + 1)::timestamp AT TIME ZONE 'Europe/London' END) AS released_at) e
    {reviews_shown(as_at=as_at)}
    CROSS JOIN LATERAL (
        SELECT e.released_at, r.review_due_at, r.inspector_review_due_at,
               CASE WHEN s.state = 'on_bail' THEN b.return_at
                    WHEN s.state = 'released_without_bail'
                    THEN least(r.review_due_at, r.inspector_review_due_at) END AS due_at,
               CASE s.state
                    WHEN 'on_bail' THEN array_remove(ARRAY[
                        CASE WHEN b.return_at < :now THEN 'return' END], NULL)
                    WHEN 'released_without_bail' THEN array_remove(ARRAY[
                        CASE WHEN r.review_due_at < :now THEN 'review' END,
                        CASE WHEN r.inspector_review_due_at < :now
                             THEN 'inspector_review' END], NULL)
                    ELSE '{{}}' END AS overdue) d
"""


def shown_source(further: str = "") -> str:
    """Give FROM and WHERE of records as they are shown now; `further` are more joins."""
    return f"""
        FROM bail_records b
        JOIN persons p ON p.force = b.force AND p.id = b.person_id
        CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        LEFT JOIN wants w ON w.force = b.force AND w.id = b.want_id {_shown()} {further}
        WHERE true
    """


_PRESENT = shown_source()
# Protection begun later covers the past, too.
_AS_AT = f"""
    FROM bail_records_history b
    JOIN persons_history p ON p.force = b.force AND p.id = b.person_id AND {_THEN.format("p")}
    JOIN persons g ON g.force = b.force AND g.id = b.person_id
    LEFT JOIN wants_history w ON w.force = b.force AND w.id = b.want_id AND {_THEN.format("w")}
    {_shown(as_at=True)}
    WHERE {_THEN.format("b")}
"""
_TEAM = f"""
    CASE WHEN {HIDDEN} AND left(b.owner_team, 5) = 'DUTY-'
         THEN 'DUTY-' || b.force ELSE b.owner_team END
"""
_EQUAL = {
    "state": "s.state",
    "regime": "b.regime",
    "case_type": "b.case_type",
    "agency": "b.agency",
    "crime_reference": "b.crime_reference",
    "owner": "b.owner_officer",
    "team": _TEAM,
    "force": "b.force",
}
AREAS = ("lpa", "neighbourhood")
# What is kept of a record that is shown so: an index finds it, where what is worked out has none.
_KEPT_AS = {
    "on_bail": ("on_bail",),
    "failed_to_answer": ("failed_to_answer",),
    "surrendered": ("surrendered", "failed_to_answer"),
    "no_longer_wanted": ("failed_to_answer",),
    "released_without_bail": ("released_without_bail", "on_bail"),
    "closed": ("closed",),
}
_WITH_DUE = _KEPT_AS["released_without_bail"]
_DUE = "coalesce(d.due_at, 'infinity')"


def bail_json(*, as_at: bool = False) -> str:
    """Give the JSON of a record over `b`, `p`, `w`, `s` and `d`."""
    return f"""json_build_object(
        'id', b.id, 'reference', b.reference, 'force', b.force, 'person_id', b.person_id,
        'person', {person_json(as_at=as_at)},
        'state', s.state, 'kind', b.kind, 'regime', b.regime, 'case_type', b.case_type,
        'agency', b.agency, 'arrested_at', b.arrested_at, 'bailed_at', b.bailed_at,
        'offence_code', b.offence_code, 'offence', (
            SELECT o.title FROM offences o WHERE o.code = b.offence_code),
        'crime_reference', b.crime_reference,
        'lpa', CASE WHEN NOT {HIDDEN} THEN s.lpa END,
        'neighbourhood', CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END,
        'masked', CASE WHEN {HIDDEN} THEN CAST('["lpa", "neighbourhood"]' AS json)
                       ELSE CAST('[]' AS json) END,
        'owner_officer', b.owner_officer, 'owner_team', {_TEAM},
        'ends_on', b.ends_on, 'return_at', b.return_at, 'because', b.because,
        'suspended_for', b.suspended_for, 'conditions', b.conditions,
        'are_conditions_enforceable', s.state IN ('on_bail', 'failed_to_answer'),
        'extensions', b.extensions, 'suspensions', b.suspensions,
        'want_id', b.want_id, 'failed_at', b.failed_at,
        'answered_at', coalesce(b.answered_at, CASE WHEN s.state = 'surrendered'
                                                    THEN w.outcome_at END),
        'released_at', d.released_at,
        'has_lapsed', b.has_lapsed OR (s.state = 'released_without_bail'
                                       AND b.state = 'on_bail'),
        'last_reviewed_at', b.last_reviewed_at,
        'last_inspector_review_at', b.last_inspector_review_at,
        'review_due_at', d.review_due_at,
        'inspector_review_due_at', d.inspector_review_due_at,
        'due_at', d.due_at, 'overdue', d.overdue,
        'outcome', b.outcome, 'outcome_at', b.outcome_at, 'outcome_reason', b.outcome_reason,
        'recorded_at', b.recorded_at, 'updated_at', b.updated_at, 'version', b.version)"""


@dataclass(frozen=True)
class Question:
    """What a list or count is asked: filters and scope, the present and, if any, a past moment."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE without the filters."""
        return _PRESENT if self.as_at is None else _AS_AT

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values; `none` asks for rows without an area."""
        now = self.as_at or self.now
        parts = [self.scope.condition("s")]
        values = self.scope.values | {
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_protected": self.sees_protected,
        }
        for name, column in _EQUAL.items():
            if self.filters.get(name) is not None:
                parts.append(f"{column} = :f_{name}")
                values[f"f_{name}"] = self.filters[name]
        if self.filters.get("person_id") is not None:
            named, found = named_by(
                "b.person_id", "persons", self.filters["person_id"], as_at=self.as_at is not None
            )
            parts.append(named)
            values |= found
        if self.filters.get("state") is not None:
            parts.append(_kept_in(_KEPT_AS[self.filters["state"]]))
        _narrow_to_areas(self.filters, parts, values)
        for name, bound in (("due_from", "d.due_at >="), ("due_before", "d.due_at <")):
            if self.filters.get(name) is not None:
                parts.append(f"{bound} :f_{name} AND {_kept_in(_WITH_DUE)}")
                values[f"f_{name}"] = self.filters[name]
        if self.filters.get("overdue"):
            parts.append(f"cardinality(d.overdue) > 0 AND {_kept_in(_WITH_DUE)}")
        elif self.filters.get("overdue") is not None:
            parts.append("cardinality(d.overdue) = 0")
        return " AND ".join(parts), values


def _narrow_to_areas(filters: dict[str, Any], parts: list[str], values: dict[str, Any]) -> None:
    for name in AREAS:
        if (value := filters.get(name)) is not None:
            is_none = f"(s.{name} IS NULL OR {HIDDEN})"
            own = f"(s.{name} = :f_{name} AND NOT {HIDDEN})"
            parts.append(is_none if value == "none" else own)
            values |= {} if value == "none" else {f"f_{name}": value}


def live_bail_of_person(question: Question) -> tuple[str, dict[str, Any]]:
    """Give the SQL of an outer `p`'s bail not ended or awaiting review, and its values."""
    sql = f"""(SELECT found.bail FROM (SELECT p.id) outside CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object(
                   'id', b.id, 'reference', b.reference, 'state', s.state, 'regime', b.regime,
                   'crime_reference', b.crime_reference, 'offence_code', b.offence_code,
                   'return_at', b.return_at, 'ends_on', b.ends_on, 'conditions', b.conditions,
                   'are_conditions_enforceable', s.state IN ('on_bail', 'failed_to_answer'),
                   'due_at', d.due_at, 'overdue', d.overdue)
               ORDER BY b.bailed_at, b.id), '[]') AS bail
        {_PRESENT} AND {question.scope.condition("s", "bail_scope")}
          AND b.person_id = outside.id AND b.outcome IS DISTINCT FROM 'entered_in_error'
          AND s.state IN ('on_bail', 'failed_to_answer', 'released_without_bail')) found)"""
    return sql, question.condition()[1] | question.scope.values_as("bail_scope")


def _kept_in(states: Sequence[str]) -> str:
    return f"b.state IN ({', '.join(repr(each) for each in states)})"


def reading_of_records(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, what is due first first; its body lacks the end."""
    condition, values = question.condition()
    if after is not None:
        condition += (
            f" AND ({_DUE}, b.id) > (CAST(:after_0 AS timestamptz), CAST(:after_1 AS uuid))"
        )
        values |= {"after_0": after[0], "after_1": after[1]}
    rows = f"""
        SELECT k.id, k.key, i.item, i.person_id, i.masked
        FROM (SELECT b.id, {_DUE} AS key {question.source} AND {condition}
              ORDER BY {_DUE}, b.id LIMIT CAST(:limit AS int) + 1) k
        CROSS JOIN LATERAL (
            SELECT CAST({bail_json(as_at=question.as_at is not None)} AS text) AS item,
                   b.person_id, {_MASKED} AS masked
            {question.source} AND b.force = :force AND b.id = k.id) i
    """
    return Reading(page_of(rows), "bail_record", values | {"limit": limit})


def count_records(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def reading_of_record(question: Question, written: str) -> Reading:
    """Give the read of one record, by its id or reference."""
    condition, values = question.condition()
    named = "b.id = :id" if as_uuid(written) is not None else "b.reference = :reference"
    sql = f"""
        SELECT CAST({bail_json(as_at=question.as_at is not None)} AS text) AS body, b.version,
               array_remove(ARRAY[b.id, b.person_id, b.want_id], NULL) AS subjects,
               ARRAY[b.person_id] AS people,
               {_MASKED} AS masked,
               CAST('{{}}' AS jsonb) AS details, CAST(NULL AS text) AS after, b.id, b.person_id
        {question.source} AND {condition} AND {named}
    """
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return Reading(sql, "bail_record", values | keys)
