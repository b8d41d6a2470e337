"""SQL of registrations: one record for a change, lists and single records as they are shown.

What is due is worked out at the moment asked for, by the figures of that day: a list and its
flags can't differ. Without an area of its own a record stands where its person lives. Who may not
read registrations in full sees that somebody is registered, and the local summary, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.filters import equalities
from offenders.domain.reading import Reading, page_of
from offenders.domain.reference.policies import FIGURES
from offenders.domain.registrations import shown
from offenders.domain.registrations.held import HELD, HELD_AS_AT
from offenders.domain.registrations.shown import HIDDEN, MASKS, TEAM
from offenders.domain.working_days import london_day
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

VISITS, NOTIFICATIONS, ARMS = (
    "registration-visits",
    "registration-notifications",
    "arms-assessments",
)
GROUPS: Final = ("force", "lpa", "neighbourhood", "risk", "state", "management", "owner", "team")
# Who is not yet assessed is visited as often as those of very high risk.
UNASSESSED = "coalesce(r.risk, 'very_high')"
_FOLLOWS = "(r.lpa IS NULL AND r.neighbourhood IS NULL)"
_THEN = "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
_TODAY = "CAST(:today AS date)"
# Under names of their own, beside what else is asked in one statement.
_FIGURES = FIGURES.replace(":rules", ":registration_rules").replace(":on", ":today")
# Without OFFSET 0 the planner would work the state out anew wherever it is named.
_STATED = f"""
    CROSS JOIN LATERAL (
        SELECT r.force, r.recorded_by, r.person_id, {_FOLLOWS} AS follows,
               CASE WHEN {_FOLLOWS} THEN p.lpa ELSE r.lpa END AS lpa,
               CASE WHEN {_FOLLOWS} THEN p.neighbourhood ELSE r.neighbourhood END AS neighbourhood,
               CASE WHEN r.state = 'closed' THEN 'closed'
                    WHEN e.ends_on < {_TODAY} THEN 'expired'
                    WHEN r.review_determination = 'ceases' AND r.is_indefinite
                         AND r.review_determined_on <= {_TODAY}
                         AND (h.is_forever OR h.until >= {_TODAY}) IS NOT TRUE
                         AND NOT jsonb_path_exists(
                             r.disposals, '$[*] ? (@.relevant_date >= $on)',
                             jsonb_build_object('on', r.review_determined_on)) THEN 'expired'
                    WHEN r.absences <> '[]' AND EXISTS (
                        SELECT FROM jsonb_array_elements(r.absences) a
                        WHERE a ->> 'reason' IN ('custody', 'hospital')
                          AND CAST(a ->> 'from' AS date) <= {_TODAY}
                          AND coalesce(CAST(a ->> 'until' AS date) > {_TODAY}, true))
                    THEN 'in_custody' ELSE 'registered' END AS state OFFSET 0) s
"""
_SHOWN = f"""
    {_STATED}
    CROSS JOIN (
        SELECT jsonb_object_agg(applies_to, figure) FILTER (WHERE rule = '{VISITS}') AS visits,
               jsonb_object_agg(applies_to, figure) FILTER (WHERE rule = '{ARMS}') AS arms
        FROM ({_FIGURES}) figures) f
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.state IN ('registered', 'in_custody')
                    THEN r.notification_due_on END AS notification_due_on,
               CASE WHEN s.state = 'registered' AND r.management = 'active'
                    THEN (r.visit_from_on + make_interval(months => coalesce(
                          r.visit_months, CAST(f.visits ->> {UNASSESSED} AS int))))::date
                    END AS visit_due_on,
               CASE WHEN s.state = 'registered'
                    THEN r.arms_from_on + CAST(f.arms ->> r.arms_stage AS int)
                    END AS arms_due_on OFFSET 0) c
    CROSS JOIN LATERAL (
        SELECT c.*, least(c.notification_due_on, c.visit_due_on, c.arms_due_on) AS next_due_on,
               coalesce(c.visit_due_on < {_TODAY}, false) AS visit_overdue,
               coalesce(c.notification_due_on < {_TODAY}, false) AS notification_overdue,
               coalesce(c.arms_due_on < {_TODAY}, false) AS arms_overdue) d
"""


def shown_source(further: str = "") -> str:
    """Give FROM and WHERE of registrations as they are shown now; `further` are more joins."""
    return f"""
        FROM registrations r
        JOIN persons p ON p.force = r.force AND p.id = r.person_id
        CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        {HELD} {_SHOWN} {further}
        WHERE r.force = :force
    """


_PRESENT = shown_source()
# Protection begun later covers the past, too.
_AS_AT = f"""
    FROM registrations_history r
    JOIN persons_history p ON p.force = r.force AND p.id = r.person_id AND {_THEN.format("p")}
    JOIN persons g ON g.force = r.force AND g.id = r.person_id
    {HELD_AS_AT} {_SHOWN}
    WHERE r.force = :force AND {_THEN.format("r")}
"""
_EQUAL = {
    "state": "s.state",
    "risk": "r.risk",
    "management": "r.management",
    "disposal": "r.disposal",
    "person_id": "r.person_id",
    "owner": "r.owner_officer",
    "team": TEAM,
    "force": "r.force",
}
_TRUTHS = ("visit_overdue", "notification_overdue", "arms_overdue")
AREAS = ("lpa", "neighbourhood")
_LOCAL = "NOT r.is_withheld_locally AND s.state IN ('registered', 'in_custody')"
_DUE = "CASE WHEN :sees_registrations THEN coalesce(d.next_due_on, 'infinity') ELSE 'infinity' END"


@dataclass(frozen=True)
class Question:
    """What a list or count is asked: filters and scope, the present and, if any, a past moment."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool
    sees_all: bool
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE without the filters."""
        return _PRESENT if self.as_at is None else _AS_AT

    @property
    def values(self) -> dict[str, Any]:
        """Give the values that every read of registrations takes."""
        today = london_day(self.as_at or self.now)
        return figure_values(self.scope.force, today) | {
            **self.scope.values,
            "as_at": self.as_at,
            "sees_protected": self.sees_protected,
            "sees_registrations": self.sees_all,
        }

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values; `none` asks for rows without an area."""
        filters = dict(self.filters)
        state = filters.pop("state", None)
        parts, values = equalities(filters, {k: v for k, v in _EQUAL.items() if k != "state"})
        parts.append(self.scope.condition("s"))
        values |= self.values
        if state == "open":
            parts.append("r.state <> 'closed'")
        elif state is not None:
            kept = "closed" if state == "closed" else "registered"
            parts.append(f"s.state = :f_state AND r.state = '{kept}'")
            values["f_state"] = state
        if not self.sees_all:
            parts.append(_LOCAL)
        for name in AREAS:
            if (value := filters.get(name)) is not None:
                is_none = f"(s.{name} IS NULL OR {HIDDEN})"
                own = f"(s.{name} = :f_{name} AND NOT {HIDDEN})"
                parts.append(is_none if value == "none" else own)
                values |= {} if value == "none" else {f"f_{name}": value}
        for name in _TRUTHS:
            if filters.get(name) is not None:
                parts.append(f"d.{name}" if filters[name] else f"NOT d.{name}")
        return " AND ".join(parts), values


def figure_values(force: str, today: date) -> dict[str, Any]:
    """Give the day, and whose figures of which rules."""
    return {"force": force, "today": today, "registration_rules": [VISITS, ARMS]}


def reading_of_registrations(
    question: Question, after: Sequence[Any] | None, limit: int
) -> Reading:
    """Give the read of one page, what is due first first; its body lacks the end."""
    condition, values = question.condition()
    if after is not None:
        condition += f" AND ({_DUE}, r.id) > (CAST(:after_0 AS date), CAST(:after_1 AS uuid))"
        values |= {"after_0": after[0], "after_1": after[1]}
    rows = f"""
        SELECT r.id, {_DUE} AS key, r.person_id, {MASKS} AS masked,
               CAST({shown.registration_json(as_at=question.as_at is not None)} AS text) AS item
        {question.source} AND {condition}
        ORDER BY {_DUE}, r.id LIMIT CAST(:limit AS int) + 1
    """
    return Reading(page_of(rows), "registration", values | {"limit": limit})


def count_registrations(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def reading_of_registration(question: Question, written: str) -> Reading:
    """Give the read of one registration, by its id or reference."""
    condition, values = question.condition()
    named = "r.id = :id" if as_uuid(written) is not None else "r.reference = :reference"
    sql = f"""
        SELECT CAST({shown.registration_json(as_at=question.as_at is not None)} AS text) AS body,
               r.version, ARRAY[r.id, r.person_id] AS subjects, ARRAY[r.person_id] AS people,
               {MASKS} AS masked, CAST('{{}}' AS jsonb) AS details, CAST(NULL AS text) AS after,
               r.id, r.person_id
        {question.source} AND {condition} AND {named}
    """
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return Reading(sql, "registration", values | keys)


def registrations_of_person(question: Question) -> tuple[str, dict[str, Any]]:
    """Give the SQL of an outer `p`'s registrations not closed, and its values."""
    local = "" if question.sees_all else f"AND {_LOCAL}"
    sql = f"""(SELECT found.items FROM (SELECT p.id) outside CROSS JOIN LATERAL (
        SELECT coalesce(json_agg({shown.summary_json()} ORDER BY r.recorded_at, r.id), '[]')
               AS items
        {_PRESENT} AND {question.scope.condition("s", "registration_scope")} {local}
          AND r.state <> 'closed' AND r.person_id = outside.id) found)"""
    return sql, question.values | question.scope.values_as("registration_scope")


def registered_of_person(scope: Scope, *, sees_all: bool) -> tuple[str, dict[str, Any]]:
    """Give FROM and WHERE of an outer `p`'s registrations in their time, and the values."""
    local = "" if sees_all else "AND NOT r.is_withheld_locally"
    sql = f"""
        FROM registrations r CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        {HELD} {_STATED}
        WHERE {scope.condition("s", "registration_scope")} AND r.force = :force
          AND r.person_id = p.id AND r.state <> 'closed' {local}
          AND s.state IN ('registered', 'in_custody')
    """
    return sql, scope.values_as("registration_scope")
