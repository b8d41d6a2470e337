"""SQL of reading detentions: one, and lists, now or as they were known at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.domain.acro.store import SHORT as CHECK
from offenders.domain.custody.checking import longest_hours
from offenders.domain.custody.rules import STATELESS, UNITED_KINGDOM
from offenders.domain.filters import named_by
from offenders.domain.persons.shown import person_json
from offenders.domain.reference.policies import EVERYTHING, figure_sql
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.domain.wanted.service import LIMIT
from offenders.domain.working_days import end_of_london_day, london_day, start_of_london_day
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_KNOWN_THEN: Final = """
    d.recorded_from <= :as_at AND (d.recorded_to IS NULL OR d.recorded_to > :as_at)
"""
# A detention has no neighbourhood, by which a scope may also be narrowed.
_NOW: Final = "(SELECT d.*, CAST(NULL AS text) AS neighbourhood FROM detentions d) d"
_THEN: Final = f"""(
    SELECT d.*, CAST(NULL AS text) AS neighbourhood FROM detentions_history d
    WHERE {_KNOWN_THEN}) d
"""
# What other tables said of a detention, now or at the moment asked for.
_WANTS_NOW: Final = """
    FROM detention_wants x JOIN wants w ON w.force = x.force AND w.id = x.want_id
    WHERE x.force = d.force AND x.detention_id = d.id AND x.put = '{put}' AND {standing}
"""
_WANTS_THEN: Final = """
    FROM detention_wants x
    JOIN wants_history w ON w.force = x.force AND w.id = x.want_id
     AND w.recorded_from <= :as_at AND (w.recorded_to IS NULL OR w.recorded_to > :as_at)
    WHERE x.force = d.force AND x.detention_id = d.id AND x.recorded_at <= :as_at
      AND '{put}' = CASE WHEN x.updated_at <= :as_at THEN x.put ELSE 'put_forward' END
      AND {standing}
"""
# The custody officer is put no want that has ended since, by whatever it ended, nor one that went
# back to somebody else when a merge was reversed.
_STANDING: Final = {
    "closed": "true",
    "put_forward": f"w.state = '{OUTSTANDING}' AND w.person_id = d.person_id",
}
_FLAGS_NOW: Final = "flags f WHERE true"
_FLAGS_THEN: Final = """
    flags_history f
    WHERE f.recorded_from <= :as_at AND (f.recorded_to IS NULL OR f.recorded_to > :as_at)
"""
_CHECKS_NOW: Final = "acro_checks c WHERE true"
_CHECKS_THEN: Final = """
    acro_checks_history c
    WHERE c.recorded_from <= :as_at AND (c.recorded_to IS NULL OR c.recorded_to > :as_at)
"""
# As known now or then: neither released nor arrested again since, nor past what the law allows.
_HELD: Final = """
    (d.released_at IS NULL AND d.arrested_at > {since}
     AND NOT EXISTS (SELECT {later} AND l.arrested_at > d.arrested_at))
"""
_LATER_NOW: Final = "FROM detentions l WHERE l.force = d.force AND l.person_id = d.person_id"
_LATER_THEN: Final = """
    FROM detentions k JOIN detentions_history l ON l.force = k.force AND l.id = k.id
     AND l.recorded_from <= :as_at AND (l.recorded_to IS NULL OR l.recorded_to > :as_at)
    WHERE k.force = d.force AND k.person_id = d.person_id
"""
# Of no country that could be asked, and known not to be.
_STATELESS: Final = f"""
    (d.countries = '{{}}'
     AND '{STATELESS}' = ANY (p.nationalities || d.nationality_stated || d.nationality_evidenced)
     AND NOT p.nationalities || d.nationality_stated || d.nationality_evidenced
             && CAST(ARRAY['{"', '".join(UNITED_KINGDOM)}'] AS text[]))
"""
_PERSON_NOW: Final = "JOIN persons p ON p.force = d.force AND p.id = d.person_id"
_PERSON_THEN: Final = """
    JOIN persons_history p ON p.force = d.force AND p.id = d.person_id
     AND p.recorded_from <= :as_at AND (p.recorded_to IS NULL OR p.recorded_to > :as_at)
"""


def _wants(put: str, source: str) -> str:
    return f"""(
        SELECT coalesce(json_agg(json_build_object(
                   'id', w.id, 'reference', w.reference, 'state', w.state, 'reason', w.reason,
                   'offence_code', w.offence_code, 'crime_reference', w.crime_reference,
                   'risk', w.risk) ORDER BY w.entered_at, w.id), '[]')
        {source.format(put=put, standing=_STANDING[put])})
    """


def _wants_shown(*, then: bool) -> str:
    """Give the ids of the wants in the JSON, over `d`."""
    source = _WANTS_THEN if then else _WANTS_NOW
    shown = (f"SELECT w.id {source.format(put=put, standing=_STANDING[put])}" for put in _STANDING)
    return f"ARRAY({' UNION ALL '.join(shown)}) AS wants"


def _held(*, then: bool, since: str = "CAST(:held_since AS timestamptz)") -> str:
    return _HELD.format(later=_LATER_THEN if then else _LATER_NOW, since=since)


def _json(*, then: bool) -> str:
    """Give the JSON of a detention over `d` and `p`."""
    wants = _WANTS_THEN if then else _WANTS_NOW
    return f"""json_build_object(
        'id', d.id, 'reference', d.reference, 'force', d.force, 'person_id', d.person_id,
        'person', {person_json(as_at=then)},
        'custody_number', d.custody_number, 'arrested_at', d.arrested_at,
        'arrest_place', d.arrest_place, 'station', d.station, 'offences', d.offences,
        'arresting_officer', d.arresting_officer, 'nationality_stated', d.nationality_stated,
        'nationality_evidenced', d.nationality_evidenced, 'countries', d.countries,
        'foreign_national', d.foreign_national, 'nationality_unknown', d.nationality_unknown,
        'stateless', {_STATELESS},
        'pnc_checked', d.pnc_checked, 'lpa', d.lpa, 'released_at', d.released_at,
        'disposal', d.disposal, 'held', {_held(then=then)},
        'wants_closed', {_wants("closed", wants)},
        'wants_put_forward', {_wants("put_forward", wants)},
        'wanted_elsewhere', coalesce((
            SELECT f.because -> 'wants' FROM {_FLAGS_THEN if then else _FLAGS_NOW}
              AND f.force = d.force AND f.subject_id = d.id AND f.rule = 'wanted-elsewhere'
              AND f.state <> 'cleared'), '[]'),
        'acro_checks', (
            SELECT coalesce(json_agg({CHECK} ORDER BY c.country), '[]')
            FROM {_CHECKS_THEN if then else _CHECKS_NOW}
              AND c.force = d.force AND c.detention_id = d.id),
        'recorded_at', d.recorded_at, 'updated_at', d.updated_at, 'version', d.version)
    """


def held_of_person(scope: Scope) -> str:
    """Give the SQL of the detention in which an outer `p` is held now, as a JSON array.

    It takes `:now`, `:today` and the values of the scope `custody_scope`.
    """
    longest = figure_sql(LIMIT, EVERYTHING)
    held = _held(then=False, since=f":now - make_interval(hours => CAST({longest} AS int))")
    return f"""(
        SELECT coalesce(json_agg(json_build_object(
                   'id', d.id, 'reference', d.reference, 'custody_number', d.custody_number,
                   'arrested_at', d.arrested_at, 'station', d.station, 'lpa', d.lpa)), '[]')
        FROM {_NOW}
        WHERE {scope.condition("d", "custody_scope")} AND d.person_id = p.id AND {held})"""


_PLAIN: Final = ("foreign_national", "pnc_checked", "nationality_unknown")


@dataclass(frozen=True)
class Question:
    """What a list or read is asked: filters and scope, and a past moment, if any."""

    filters: dict[str, Any]
    scope: Scope
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give what is read, as `d`."""
        return _NOW if self.as_at is None else _THEN

    @property
    def person(self) -> str:
        """Give the join of the person, as `p`."""
        return _PERSON_NOW if self.as_at is None else _PERSON_THEN

    @property
    def json(self) -> str:
        """Give the JSON of a row."""
        return _json(then=self.as_at is not None)

    @property
    def wants(self) -> str:
        """Give the ids of the wants that the JSON of a row shows."""
        return _wants_shown(then=self.as_at is not None)

    def condition(self, session: Session) -> tuple[str, dict[str, Any]]:
        """Give scope and filters as SQL with their values."""
        parts = [self.scope.condition("d")]
        moment = self.as_at or clock.now()
        values = self.scope.values | {
            "as_at": self.as_at,
            "today": london_day(moment),
            "held_since": moment - timedelta(hours=longest_hours(session, london_day(moment))),
        }
        parts += [
            f"d.{name}" if self.filters[name] else f"NOT d.{name}"
            for name in _PLAIN
            if self.filters.get(name) is not None
        ]
        if (held := self.filters.get("held")) is not None:
            parts.append(f"{'' if held else 'NOT '}{_held(then=self.as_at is not None)}")
        if self.filters.get("force") not in {None, self.scope.force}:
            parts.append("false")
        if (lpa := self.filters.get("lpa")) is not None:
            parts.append("d.lpa IS NULL" if lpa == "none" else "d.lpa = :lpa")
            values["lpa"] = lpa
        if (country := self.filters.get("country")) is not None:
            parts.append(":country = ANY (d.countries)")
            values["country"] = country
        if (written := self.filters.get("person_id")) is not None:
            named, found = named_by("d.person_id", "persons", written, as_at=self.as_at is not None)
            parts.append(named)
            values |= found
        if (first := self.filters.get("from")) is not None:
            parts.append("d.arrested_at >= :arrested_from")
            values["arrested_from"] = start_of_london_day(first)
        if (last := self.filters.get("to")) is not None:
            parts.append("d.arrested_at < :arrested_before")
            values["arrested_before"] = end_of_london_day(last)
        return " AND ".join(parts), values


def list_detentions(
    session: Session, question: Question, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give detentions, the last arrest first, as (json, arrested_at, id, person_id, wants)."""
    condition, values = question.condition(session)
    if after is not None:
        condition += (
            " AND (d.arrested_at, d.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT CAST({question.json} AS text), CAST(d.arrested_at AS text), d.id, d.person_id,
               {question.wants}
        FROM (SELECT d.* FROM {question.source} WHERE {condition}
              ORDER BY d.arrested_at DESC, d.id DESC LIMIT :limit) d {question.person}
        ORDER BY d.arrested_at DESC, d.id DESC
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def count_detentions(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition(session)
    statement = text(f"SELECT count(*) FROM {question.source} WHERE {condition}")
    return int(session.execute(statement, values).scalar_one())


def show_detention(session: Session, question: Question, written: str) -> Row[Any]:
    """Give one as (json, id, person_id, version, wants); raise NotFound out of scope."""
    condition, values = question.condition(session)
    values |= {"id": as_uuid(written), "reference": as_reference(written)}
    statement = f"""
        SELECT CAST({question.json} AS text), d.id, d.person_id, d.version, {question.wants}
        FROM {question.source} {question.person}
        WHERE {condition} AND (d.id = :id OR d.reference = :reference)
    """
    row = session.execute(text(statement), values).one_or_none()
    if row is None:
        raise NotFound
    return row
