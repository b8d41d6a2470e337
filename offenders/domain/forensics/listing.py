"""Reading hits: one, a list, and how many; as they stand or as was known at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.filters import named_by
from offenders.domain.forensics.rules import OPEN, Stage
from offenders.domain.persons.shown import person_json
from offenders.domain.reading import Reading
from offenders.domain.working_days import london_day
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

WANT: Final = "LEFT JOIN wants w ON w.force = h.force AND w.id = h.want_id"
_KNOWN_THEN: Final = (
    "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
)
_WANT_THEN: Final = f"""
    LEFT JOIN wants_history w ON w.force = h.force AND w.id = h.want_id
     AND {_KNOWN_THEN.format("w")}
"""
# As rules.state_of gives it: what the want has come to, until the outcome is returned.
STATE: Final = """
    CASE WHEN h.state IN ('outcome_returned', 'eliminated') OR w.state IS NULL
           OR w.state = 'outstanding' THEN h.state ELSE w.state END
"""
_OPEN: Final = ", ".join(f"'{each}'" for each in OPEN)
_IS_OPEN: Final = f"({STATE}) IN ({_OPEN})"
# Research is due before or at the arrest, so an arrest doesn't end its clock (national.md N029).
_TO_RESEARCH: Final = f"""(h.researched_at IS NULL AND ({STATE}) IN
    ('received', 'allocated', 'arrested', 'surrendered', 'interviewed'))"""
IS_OVERDUE: Final = {
    Stage.RESEARCH: f"({_TO_RESEARCH} AND h.research_due_at < :now)",
    Stage.ALLOCATION: f"(h.allocated_at IS NULL AND {_IS_OPEN} AND h.allocation_due_at < :now)",
    Stage.ARREST: f"({_IS_OPEN} AND h.arrest_due_at < :now)",
}
ANY_STAGE: Final = f"({' OR '.join(IS_OVERDUE.values())})"
_EQUAL: Final = (
    "force",
    "lpa",
    "neighbourhood",
    "type",
    "offence_class",
    "person_state",
    "crime_reference",
    "laboratory_reference",
    "owner_officer",
    "owner_team",
    "outcome",
    "elimination",
)
_NAMED: Final = {"person_id": "persons", "want_id": "wants"}  # by id or reference
GROUPS: Final = ("force", "lpa", "neighbourhood", "type", "offence_class")
_HIDDEN: Final = "ARRAY['person', 'candidates', 'want']"
_PERSON: Final = person_json()
_STAGES: Final = ", ".join(
    f"CASE WHEN {condition} THEN '{stage}' END" for stage, condition in IS_OVERDUE.items()
)
JSON: Final = f"""json_build_object(
    'id', h.id, 'reference', h.reference, 'force', h.force, 'type', h.type,
    'laboratory_reference', h.laboratory_reference, 'crime_reference', h.crime_reference,
    'offence_code', h.offence_code,
    'offence', (SELECT o.title FROM offences o WHERE o.code = h.offence_code),
    'offence_class', h.offence_class, 'identified_at', h.identified_at,
    'received_at', h.received_at, 'lpa', h.lpa, 'neighbourhood', h.neighbourhood,
    'owner_officer', h.owner_officer, 'owner_team', h.owner_team, 'state', {STATE},
    'person_state', h.person_state, 'doubt', h.doubt, 'stated', h.stated,
    'person_id', CASE WHEN :sees_register THEN h.person_id END,
    'person', CASE WHEN :sees_register THEN (
        SELECT {_PERSON} FROM persons p WHERE p.force = h.force AND p.id = h.person_id) END,
    'candidates', CASE WHEN :sees_register THEN (
        SELECT coalesce(json_agg({_PERSON} ORDER BY p.id), '[]') FROM persons p
        WHERE p.force = h.force AND p.id = ANY (h.candidates)) END,
    'want_id', CASE WHEN :sees_register THEN h.want_id END,
    'want', CASE WHEN :sees_register AND w.id IS NOT NULL THEN json_build_object(
        'id', w.id, 'reference', w.reference, 'state', w.state, 'basis', w.basis,
        'priority', w.priority, 'outcome_at', w.outcome_at) END,
    'masked', CASE WHEN :sees_register THEN CAST('[]' AS json)
                   ELSE to_json({_HIDDEN}) END,
    'identification', CASE WHEN h.person_decided_at IS NOT NULL THEN json_build_object(
        'decided_at', h.person_decided_at, 'reason', h.person_reason) END,
    'done_by', json_build_object(
        'identification', h.person_decided_by, 'research', h.researched_by,
        'allocation', h.allocated_by, 'outcome', h.outcome_by,
        'elimination', h.eliminated_by),
    'linked_crimes', h.linked_crimes, 'researched_at', h.researched_at,
    'research_notes', h.research_notes,
    'allocated_at', h.allocated_at, 'allocation_reason', h.allocation_reason,
    'outcome', h.outcome, 'outcome_at', h.outcome_at, 'outcome_reason', h.outcome_reason,
    'elimination', h.elimination, 'eliminated_at', h.eliminated_at,
    'elimination_rationale', h.elimination_rationale,
    'research_due_at', h.research_due_at, 'allocation_due_at', h.allocation_due_at,
    'arrest_due_at', h.arrest_due_at,
    'overdue', array_remove(ARRAY[{_STAGES}], NULL),
    'recorded_by', h.recorded_by, 'recorded_at', h.recorded_at, 'updated_at', h.updated_at,
    'version', h.version)"""
_SUBJECTS: Final = "array_remove(ARRAY[h.id, CASE WHEN :sees_register THEN h.person_id END], NULL)"
_PEOPLE: Final = """CASE WHEN :sees_register
    THEN array_remove(array_append(h.candidates, h.person_id), NULL)
    ELSE CAST('{}' AS uuid[]) END"""
_MASKED: Final = f"CASE WHEN :sees_register THEN CAST('{{}}' AS text[]) ELSE {_HIDDEN} END"


@dataclass(frozen=True)
class Question:
    """What is asked: filters and scope, the present and, if any, a past moment.

    A client sees only what it sent, and nothing that the register adds.
    """

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE of hits `h` with their wants `w`."""
        if self.as_at is None:
            return f"FROM forensic_hits h {WANT} WHERE true"
        then = _KNOWN_THEN.format("h")
        return f"FROM forensic_hits_history h {_WANT_THEN} WHERE {then}"

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give scope and filters as SQL with their values; `none` asks for rows without a value."""
        now = self.as_at or self.now
        parts = [self.scope.condition("h")]
        values = dict(self.scope.values) | {
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_register": self.scope.sender is None,
        }
        asked = {name for name in _NAMED if self.filters.get(name)}
        if self.scope.sender is not None and asked:
            parts.append("false")  # to ask by what is hidden would show it
        for name in _EQUAL:
            value = self.filters.get(name)
            if value == "none":
                parts.append(f"h.{name} IS NULL")
            elif value is not None:
                parts.append(f"h.{name} = :f_{name}")
                values[f"f_{name}"] = value
        for name in asked:
            named, found = named_by(
                f"h.{name}", _NAMED[name], self.filters[name], as_at=self.as_at is not None
            )
            parts.append(named)
            values |= found
        if (state := self.filters.get("state")) is not None:
            parts.append(f"({STATE}) = :f_state")
            values["f_state"] = state
        if (overdue := self.filters.get("overdue")) is not None:
            parts.append(_overdue(overdue))
        for name, bound in (("received_from", ">="), ("received_before", "<")):
            if self.filters.get(name) is not None:
                parts.append(f"h.received_at {bound} :f_{name}")
                values[f"f_{name}"] = self.filters[name]
        return " AND ".join(parts), values


def open_hits_of_person(scope: Scope) -> str:
    """Give the SQL of the hits on an outer `p` not dealt with, as a JSON array.

    It takes `:now` and the values of the scope `hit_scope`.
    """
    return f"""(
        SELECT coalesce(json_agg(json_build_object(
                   'id', h.id, 'reference', h.reference, 'type', h.type, 'state', {STATE},
                   'crime_reference', h.crime_reference, 'offence_code', h.offence_code,
                   'received_at', h.received_at, 'want_id', h.want_id,
                   'overdue', array_remove(ARRAY[{_STAGES}], NULL))
               ORDER BY h.received_at, h.id), '[]')
        FROM forensic_hits h {WANT}
        WHERE {scope.condition("h", "hit_scope")} AND h.person_id = p.id AND {_IS_OPEN})"""


def _overdue(asked: str) -> str:
    if asked in {"true", "false"}:
        return ANY_STAGE if asked == "true" else f"NOT {ANY_STAGE}"
    return IS_OVERDUE[Stage(asked)]


def reading_of_hit(question: Question, written: str) -> Reading:
    """Give the read of one hit, by its id or reference."""
    condition, values = question.condition()
    named = "h.id = :id" if as_uuid(written) is not None else "h.reference = :reference"
    sql = f"""
        SELECT CAST({JSON} AS text) AS body, h.version, {_SUBJECTS} AS subjects,
               {_PEOPLE} AS people, {_MASKED} AS masked, CAST('{{}}' AS jsonb) AS details,
               CAST(NULL AS text) AS after
        {question.source} AND {condition} AND {named}
    """
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return Reading(sql, "forensic_hit", values | keys)


def reading_of_hits(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, the newest received first."""
    condition, values = question.condition()
    if after is not None:
        condition += (
            " AND (h.received_at, h.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
        values |= {"after_at": after[0], "after_id": after[1]}
    order = "ORDER BY s.received_at DESC, s.id DESC"
    sql = f"""
        SELECT '{{"items":[' || array_to_string(t.items[1 : t.most], ',') || ']' AS body,
               CAST(NULL AS int) AS version,
               t.ids[1 : t.most] || t.people AS subjects, t.people,
               CASE WHEN :sees_register THEN CAST('{{}}' AS text[]) ELSE {_HIDDEN} END AS masked,
               CAST('{{}}' AS jsonb) AS details,
               CASE WHEN cardinality(t.ids) > t.most THEN t.keys[t.most] END AS after
        FROM (
            SELECT CAST(:limit AS int) AS most,
                   coalesce(array_agg(s.item {order}), '{{}}') AS items,
                   coalesce(array_agg(s.id {order}), '{{}}') AS ids,
                   ARRAY(SELECT DISTINCT unnest(people) FROM page ORDER BY 1
                         ) AS people,
                   coalesce(array_agg(CAST(json_build_array(
                       CAST(s.received_at AS text), CAST(s.id AS text)) AS text) {order}),
                       '{{}}') AS keys
            FROM picked s) t
    """
    first = f"""
        picked AS MATERIALIZED (
            SELECT h.id, h.received_at, CAST({JSON} AS text) AS item, {_PEOPLE} AS people
            {question.source} AND {condition}
            ORDER BY h.received_at DESC, h.id DESC LIMIT CAST(:limit AS int) + 1),
        page AS (SELECT people FROM picked
                 ORDER BY received_at DESC, id DESC LIMIT CAST(:limit AS int))
    """
    return Reading(sql, "forensic_hit", values | {"limit": limit}, first=first)


def count_hits(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source} AND {condition}")
    return int(session.execute(statement, values).scalar_one())
