"""SQL of the wanted register: records, lists and the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.domain.reading import Reading
from offenders.domain.wanted.models import Want, WantAction
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.domain.working_days import london_day
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

RISK_RANK = "array_position(ARRAY['very_high','high','medium','standard'], w.risk)"

AREAS = ("lpa", "neighbourhood")
HIDDEN = "NOT :sees_protected AND w.follows_address AND g.are_addresses_protected"

# What a row shows and what it is read from; `as_at` reads what was known at that moment. Whether
# an address is protected goes by the present: protection begun later covers the past, too.
PERSON = """
    JOIN persons p ON p.force = w.force AND p.id = w.person_id
    CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
"""
_KNOWN_THEN = "w.recorded_from <= :as_at AND (w.recorded_to IS NULL OR w.recorded_to > :as_at)"
_PERSON_THEN = """
    JOIN persons_history p ON p.force = w.force AND p.id = w.person_id
     AND p.recorded_from <= :as_at AND (p.recorded_to IS NULL OR p.recorded_to > :as_at)
    JOIN persons g ON g.force = w.force AND g.id = w.person_id
"""
# Rows are picked and counted without their people: only a few are protected at all.
_PICKED = """
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM persons x WHERE x.force = w.force AND x.id = w.person_id
                       AND x.are_addresses_protected) AS are_addresses_protected) g
"""
# OFFSET 0 keeps these from being planned as a join of whole tables: one look-up for each row.
_ROWS_PERSON = """
    CROSS JOIN LATERAL (SELECT * FROM persons x
                        WHERE x.force = w.force AND x.id = w.person_id OFFSET 0) p
    CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
"""
_ROWS_PERSON_THEN = """
    CROSS JOIN LATERAL (
        SELECT * FROM persons_history x WHERE x.force = w.force AND x.id = w.person_id
         AND x.recorded_from <= :as_at AND (x.recorded_to IS NULL OR x.recorded_to > :as_at)
        OFFSET 0) p
    CROSS JOIN LATERAL (SELECT x.are_addresses_protected FROM persons x
                        WHERE x.force = w.force AND x.id = w.person_id OFFSET 0) g
"""
_MARKERS_PRESENT = "m.removed_at IS NULL"
_MARKERS_AS_AT = "m.recorded_at <= :as_at AND (m.removed_at IS NULL OR m.removed_at > :as_at)"


def area(column: str) -> str:
    """Give the LPA or neighbourhood of a want as the reader may see it.

    A want that follows a protected address would else tell where its person lives.
    """
    return f"CASE WHEN NOT ({HIDDEN}) THEN w.{column} END"


# A duty queue is named after its LPA, so its name would tell the area, too.
TEAM = f"""
    CASE WHEN {HIDDEN} AND w.owner_team = 'DUTY-' || w.lpa
         THEN 'DUTY-' || w.force ELSE w.owner_team END
"""


def want_json(*, as_at: bool = False) -> str:
    """Give the JSON of a want over `w` and `p`; `:now` is the moment for what is overdue."""
    markers = _MARKERS_AS_AT if as_at else _MARKERS_PRESENT
    return f"""json_build_object(
        'id', w.id, 'reference', w.reference, 'force', w.force, 'person_id', w.person_id,
        'person', json_build_object(
            'id', p.id, 'reference', p.reference, 'family_name', p.family_name,
            'given_names', p.given_names, 'date_of_birth', p.date_of_birth, 'sex', p.sex,
            'is_child', coalesce(p.date_of_birth > CAST(:today AS date) - interval '18 years',
                                 false),
            'markers', (
                SELECT coalesce(json_agg(json_build_object('code', m.code, 'name', c.name)
                                         ORDER BY m.code), '[]')
                FROM person_markers m
                LEFT JOIN code_entries c ON c.list = 'warning_markers' AND c.code = m.code
                WHERE m.force = w.force AND m.person_id = w.person_id AND {markers})),
        'state', w.state, 'reason', w.reason, 'basis', w.basis,
        'offence_code', w.offence_code, 'offence', (
            SELECT o.title FROM offences o WHERE o.code = w.offence_code),
        'crime_reference', w.crime_reference, 'power', w.power,
        'warrant_number', w.warrant_number, 'court', w.court,
        'warrant_category', w.warrant_category, 'backed_for_bail', w.backed_for_bail,
        'risk', w.risk, 'risk_rationale', w.risk_rationale, 'priority', w.priority,
        'domestic_abuse', w.domestic_abuse, 'priority_crime', w.priority_crime,
        'lpa', {area("lpa")}, 'neighbourhood', {area("neighbourhood")},
        'follows_address', w.follows_address,
        'masked', CASE WHEN {HIDDEN} THEN CAST('["lpa", "neighbourhood"]' AS json)
                       ELSE CAST('[]' AS json) END,
        'owner_officer', w.owner_officer, 'owner_team', {TEAM},
        'circulation', w.circulation, 'circulated_at', w.circulated_at,
        'circulation_cancelled_at', w.circulation_cancelled_at,
        'pnc_reference', w.pnc_reference,
        'entered_at', w.entered_at, 'target_arrest_by', w.target_arrest_by,
        'review_due_at', w.review_due_at, 'validation_due_at', w.validation_due_at,
        'activity_due_at', w.activity_due_at, 'last_activity_at', w.last_activity_at,
        'last_reviewed_at', w.last_reviewed_at, 'last_validated_at', w.last_validated_at,
        'overdue', CASE WHEN w.state = 'outstanding' THEN array_remove(ARRAY[
            CASE WHEN w.target_arrest_by < :now THEN 'arrest' END,
            CASE WHEN w.review_due_at < :now THEN 'review' END,
            CASE WHEN w.validation_due_at < :now THEN 'validation' END,
            CASE WHEN w.activity_due_at < :now THEN 'activity' END], NULL) ELSE '{{}}' END,
        'outcome', CASE WHEN w.state <> 'outstanding' THEN w.state END,
        'outcome_at', w.outcome_at, 'outcome_reason', w.outcome_reason,
        'custody_number', w.custody_number,
        'recorded_at', w.recorded_at, 'updated_at', w.updated_at, 'version', w.version)"""


@dataclass(frozen=True)
class Sort:
    """An order of the list: its SQL key and direction; ties are settled by the id."""

    keys: tuple[str, ...]
    casts: tuple[str, ...]
    descends: bool = False


SORTS = {
    "risk": Sort((RISK_RANK, "w.entered_at"), ("int", "timestamptz")),
    "target": Sort(("w.target_arrest_by",), ("timestamptz",)),
    "entered": Sort(("w.entered_at",), ("timestamptz",), descends=True),
    "activity": Sort(("coalesce(w.last_activity_at, w.entered_at)",), ("timestamptz",)),
}

_OVERDUE = {
    "arrest": "w.target_arrest_by < :now",
    "review": "w.review_due_at < :now",
    "validation": "w.validation_due_at < :now",
    "activity": "w.activity_due_at < :now",
}
# An owner has left once their last day of service is over, as far as was known at the moment.
OWNER_LEFT = """
    EXISTS (SELECT 1 FROM officers_history o
            WHERE o.force = w.force AND o.code = w.owner_officer AND o.left_on < :today
              AND o.recorded_from <= coalesce(CAST(:as_at AS timestamptz), 'infinity')
              AND (o.recorded_to IS NULL OR o.recorded_to > CAST(:as_at AS timestamptz)))
"""
_BOUNDS = {
    "entered_from": "w.entered_at >=",
    "entered_before": "w.entered_at <",
    "outcome_from": "w.outcome_at >=",
    "outcome_before": "w.outcome_at <",
}
_EQUAL = (
    "state",
    "reason",
    "basis",
    "risk",
    "priority",
    "circulation",
    "domestic_abuse",
    "lpa",
    "neighbourhood",
    "force",
    "person_id",
    "crime_reference",
)


def conditions(filters: dict[str, Any], scope: Scope) -> tuple[str, dict[str, Any]]:
    """Turn filters and scope into SQL over `w`; `none` asks for rows without a value."""
    parts, values = [scope.condition("w")], dict(scope.values)
    for name in _EQUAL:
        value = filters.get(name)
        if value is not None:
            parts.append(_is_equal(name, value))
            values[f"f_{name}"] = value
    for name, column in (("owner", "w.owner_officer"), ("team", TEAM)):
        if filters.get(name) is not None:
            parts.append(f"{column} = :f_{name}")
            values[f"f_{name}"] = filters[name]
    if filters.get("overdue") is not None:
        parts.append(f"w.state = 'outstanding' AND {_OVERDUE[filters['overdue']]}")
    for name, bound in _BOUNDS.items():
        if filters.get(name) is not None:
            parts.append(f"{bound} :f_{name}")
            values[f"f_{name}"] = filters[name]
    if filters.get("owner_left") is not None:
        parts.append(OWNER_LEFT if filters["owner_left"] else f"NOT {OWNER_LEFT}")
    return " AND ".join(parts), values


def _is_equal(name: str, value: Any) -> str:
    """Give one filter as SQL; an area that the reader may not see is as none."""
    if value == "none":
        return f"(w.{name} IS NULL OR {HIDDEN})" if name in AREAS else f"w.{name} IS NULL"
    if (name, value) == ("state", OUTSTANDING):
        # Written out: the indexes of what is outstanding are found by this very word.
        return f"w.state = '{OUTSTANDING}'"
    return f"w.{name} = :f_{name}" + (f" AND NOT ({HIDDEN})" if name in AREAS else "")


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
        """Give FROM and WHERE of wants with their people, without the filters."""
        if self.as_at is None:
            return f"FROM wants w {PERSON} WHERE true"
        return f"FROM wants_history w {_PERSON_THEN} WHERE {_KNOWN_THEN}"

    @property
    def picking(self) -> str:
        """Give FROM and WHERE for keys and counts."""
        if self.as_at is None:
            return f"FROM wants w {_PICKED} WHERE true"
        return f"FROM wants_history w {_PICKED} WHERE {_KNOWN_THEN}"

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values."""
        parts, values = conditions(self.filters, self.scope)
        # What was overdue at a past moment is judged at that moment.
        now = self.as_at or self.now
        return parts, values | {
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_protected": self.sees_protected,
        }


def reading_of_wants(
    question: Question, sort: Sort, after: Sequence[Any] | None, limit: int
) -> Reading:
    """Give the read of one page of wants; its body lacks `next` and the closing brace."""
    condition, values = question.condition()
    is_past = question.as_at is not None
    keys = [*sort.keys, "w.id"]
    direction = "DESC" if sort.descends else "ASC"
    if after is not None:
        bound = ", ".join(
            f"CAST(:after_{number} AS {cast})" for number, cast in enumerate([*sort.casts, "uuid"])
        )
        condition += f" AND ({', '.join(keys)}) {'<' if sort.descends else '>'} ({bound})"
        values |= {f"after_{number}": value for number, value in enumerate(after)}
    order = ", ".join(f"{key} {direction}" for key in keys)
    ordered = ", ".join(f"w.key_{number} {direction}" for number in range(len(keys)))
    picked = ", ".join(f"{key} AS key_{number}" for number, key in enumerate(keys))
    shown = ", ".join(f"CAST(w.key_{number} AS text)" for number in range(len(keys)))
    sql = f"""
        SELECT '{{"items":[' || array_to_string(s.items[1 : s.most], ',') || ']' AS body,
               CAST(NULL AS int) AS version,
               s.ids[1 : s.most] || ARRAY(SELECT DISTINCT unnest(s.people[1 : s.most]))
                   AS subjects,
               s.people[1 : s.most] AS people,
               CASE WHEN true = ANY (s.hidden[1 : s.most]) THEN ARRAY['lpa', 'neighbourhood']
                    ELSE CAST('{{}}' AS text[]) END AS masked,
               CAST('{{}}' AS jsonb) AS details,
               CASE WHEN cardinality(s.ids) > s.most THEN s.keys[s.most] END AS after
        FROM (
            SELECT CAST(:limit AS int) AS most,
                   coalesce(array_agg(CAST({want_json(as_at=is_past)} AS text)
                                      ORDER BY {ordered}), '{{}}') AS items,
                   coalesce(array_agg(w.id ORDER BY {ordered}), '{{}}') AS ids,
                   coalesce(array_agg(w.person_id ORDER BY {ordered}), '{{}}') AS people,
                   coalesce(array_agg({HIDDEN} ORDER BY {ordered}), '{{}}') AS hidden,
                   coalesce(array_agg(CAST(json_build_array({shown}) AS text)
                                      ORDER BY {ordered}), '{{}}') AS keys
            FROM (SELECT w.*, {picked} {question.picking} AND {condition}
                  ORDER BY {order} LIMIT CAST(:limit AS int) + 1) w
            {_ROWS_PERSON_THEN if is_past else _ROWS_PERSON}) s
    """
    return Reading(sql, "want", values | {"limit": limit})


def count_wants(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.picking} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def want_columns(question: Question) -> str:
    """Give the columns of a Reading, and id and person_id, over `w`, `p` and `g`."""
    return f"""
        CAST({want_json(as_at=question.as_at is not None)} AS text) AS body, w.version,
        ARRAY[w.id, w.person_id] AS subjects, ARRAY[w.person_id] AS people,
        CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood']
             ELSE CAST('{{}}' AS text[]) END AS masked,
        CAST('{{}}' AS jsonb) AS details, CAST(NULL AS text) AS after, w.id, w.person_id
    """


def reading_of_want(question: Question, written: str) -> Reading:
    """Give the read of one want, by its id or reference."""
    condition, values = question.condition()
    named = "w.id = :id" if as_uuid(written) is not None else "w.reference = :reference"
    sql = f"SELECT {want_columns(question)} {question.source} AND {condition} AND {named}"
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return Reading(sql, "want", values | keys)


def find_want_id(session: Session, force: str, written: str) -> UUID | None:
    """Read an id or a spoken reference."""
    statement = text("""
        SELECT id FROM wants WHERE force = :force AND (id = :id OR reference = :reference)
    """)
    values = {"force": force, "id": as_uuid(written), "reference": as_reference(written)}
    found: UUID | None = session.execute(statement, values).scalar()
    return found


def get_want(session: Session, scope: Scope, written: str) -> Want:
    """Give the want for a change, locked until the transaction ends."""
    want_id = find_want_id(session, scope.force, written)
    want = session.execute(
        select(Want).where(Want.force == scope.force, Want.id == want_id).with_for_update()
    ).scalar_one_or_none()
    if want is None or not scope.covers(want.lpa, want.neighbourhood):
        raise NotFound
    return want


def find_open_want(session: Session, want: Want) -> Row[Any] | None:
    """Give the open want that `want` would double."""
    statement = text("""
        SELECT id, reference, lpa, neighbourhood FROM wants
        WHERE force = :force AND person_id = :person_id AND reason = :reason
          AND crime_reference IS NOT DISTINCT FROM :crime_reference
          AND warrant_number IS NOT DISTINCT FROM :warrant_number
          AND state = 'outstanding' AND id <> :id
    """)
    values = {
        "force": want.force,
        "id": want.id,
        "person_id": want.person_id,
        "reason": want.reason,
        "crime_reference": want.crime_reference,
        "warrant_number": want.warrant_number,
    }
    return session.execute(statement, values).one_or_none()


def find_person(
    session: Session, force: str, written: str, *, keep: bool = False
) -> Row[Any] | None:
    """Give id, neighbourhood and LPA of the person that an id or reference names.

    With `keep` the person stays as read until the transaction ends, so that a want that
    follows the address can't miss a move.
    """
    statement = text(f"""
        SELECT id, neighbourhood, lpa FROM persons
        WHERE force = :force AND (id = :id OR reference = :reference)
        {"FOR SHARE" if keep else ""}
    """)
    values = {"force": force, "id": as_uuid(written), "reference": as_reference(written)}
    return session.execute(statement, values).one_or_none()


def list_facts_to_act(session: Session, scope: Scope, want_id: UUID) -> Row[Any] | None:
    """Give what `rules.safe_to_act` needs to know, and the person's id."""
    statement = f"""
        SELECT w.id, w.person_id, w.reference, w.state, w.reason, w.power, w.warrant_number,
               w.validation_due_at, w.last_validated_at, w.doubted_at, w.circulation, w.version,
               p.date_of_birth IS NOT NULL AND p.date_of_birth_precision = 'exact'
                   AS has_date_of_birth,
               EXISTS (SELECT 1 FROM person_identifiers i
                       WHERE i.force = w.force AND i.person_id = w.person_id
                         AND i.state = 'valid') AS has_valid_identifier,
               ARRAY(SELECT coalesce(c.name, m.code) FROM person_markers m
                     LEFT JOIN code_entries c ON c.list = 'warning_markers' AND c.code = m.code
                     WHERE m.force = w.force AND m.person_id = w.person_id
                       AND m.removed_at IS NULL ORDER BY m.code) AS markers
        FROM wants w {PERSON} WHERE {scope.condition("w")} AND w.id = :id
    """
    return session.execute(text(statement), scope.values | {"id": want_id}).one_or_none()


_ACTION_JSON = """
    json_build_object('id', a.id, 'want_id', a.want_id, 'kind', a.kind,
        'occurred_at', a.occurred_at, 'recorded_at', a.recorded_at, 'actor', a.actor,
        'handling', a.handling, 'details', a.details)
"""


def show_action(session: Session, action: WantAction) -> str:
    """Give one entry of the log as JSON."""
    statement = text(
        f"SELECT {_ACTION_JSON}::text FROM want_actions a WHERE a.force = :force AND a.id = :id"
    )
    found: str = session.execute(statement, {"force": action.force, "id": action.id}).scalar_one()
    return found


def list_actions(  # noqa: PLR0913 - the filters of the log
    session: Session,
    force: str,
    want_id: UUID,
    *,
    handlings: list[str],
    reader: str,
    as_at: datetime | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give the log in the order in which things happened, as (json, occurred_at, id)."""
    keyset = (
        "AND (a.occurred_at, a.id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        if after
        else ""
    )
    statement = f"""
        SELECT {_ACTION_JSON}::text, a.occurred_at::text, a.id FROM want_actions a
        WHERE a.force = :force AND a.want_id = :want_id
          AND (a.handling = ANY (:handlings) OR a.actor = :reader)
          AND (CAST(:as_at AS timestamptz) IS NULL OR a.recorded_at <= :as_at) {keyset}
        ORDER BY a.occurred_at, a.id LIMIT :limit
    """
    values = {
        "force": force,
        "want_id": want_id,
        "handlings": handlings,
        "reader": reader,
        "as_at": as_at,
        "limit": limit,
    }
    if after:
        values |= {"after_at": after[0], "after_id": after[1]}
    return list(session.execute(text(statement), values))


def open_wants_of_person(question: Question) -> tuple[str, dict[str, Any]]:
    """Give the SQL of (wants, want_ids) of an outer `p` that the reader may see, and its values."""
    condition = question.scope.condition("w", "want_scope")
    sql = f"""
        SELECT coalesce(json_agg({want_json()} ORDER BY w.entered_at, w.id), '[]') AS wants,
               coalesce(array_agg(w.id ORDER BY w.entered_at, w.id), '{{}}') AS want_ids
        FROM wants w CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        WHERE {condition} AND w.person_id = p.id AND w.state = '{OUTSTANDING}'
    """
    return sql, question.condition()[1] | question.scope.values_as("want_scope")
