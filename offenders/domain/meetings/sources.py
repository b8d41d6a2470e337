"""What a section of a pack is made of: SQL that picks, orders and freezes its rows as at a moment.

Each section is one statement: all its rows are counted, by group too, and the first are kept as
JSON text. All of it is read from the histories at `:as_at`, the cut-off, so that the sections of
a pack agree, and a pack drawn of a past moment says what was known then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.persons.shown import person_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_THEN: Final = "{0}.recorded_from <= :{1} AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :{1})"
IN_WINDOW: Final = "in_window"
RECORDED_LATE: Final = "recorded_late"
OWN_AREA: Final = "(CAST(:lpa AS text) IS NULL OR {0}.lpa = :lpa)"


def then(alias: str, moment: str = "as_at") -> str:
    """Give the condition under which a row of a history was so at a moment."""
    return _THEN.format(alias, moment)


def known(table: str, *, by_area: bool = False) -> str:
    """Select whether the register had anything of a kind; where it had not, 0 would be a lie."""
    area = f" AND {OWN_AREA.format('k')}" if by_area else ""
    return f"SELECT FROM {table} k WHERE k.force = :force AND k.recorded_at <= :as_at{area}"


def new(happened: str, recorded: str) -> str:
    """Give the condition of what is told as new: it happened in the window, or was recorded late.

    What reached the register after the last meeting is in no earlier pack, whenever it happened.
    """
    return f"""
        ({happened} <= :cut_off
         AND ({happened} >= :since
              OR {recorded} > coalesce(CAST(:previous AS timestamptz), 'infinity')))
    """


def lateness(happened: str) -> str:
    """Give the group of such a row."""
    return f"CASE WHEN {happened} >= :since THEN '{IN_WINDOW}' ELSE '{RECORDED_LATE}' END"


def placed(table: str, alias: str, moment: str = "as_at", *, joins: str = "") -> str:
    """Give FROM and WHERE of records that stand where their person lives unless told otherwise.

    `s` has follows, area_lpa and area_neighbourhood; `joins` are more tables.
    """
    follows = f"({alias}.lpa IS NULL AND {alias}.neighbourhood IS NULL)"
    return f"""
        FROM {table}_history {alias}
        JOIN persons_history q ON q.force = {alias}.force AND q.id = {alias}.person_id
         AND {then("q", moment)}
        CROSS JOIN LATERAL (
            SELECT {follows} AS follows,
                   CASE WHEN {follows} THEN q.lpa ELSE {alias}.lpa END AS area_lpa,
                   CASE WHEN {follows} THEN q.neighbourhood ELSE {alias}.neighbourhood END
                       AS area_neighbourhood) s
        {joins}
        WHERE {alias}.force = :force AND {then(alias, moment)}
          AND (CAST(:lpa AS text) IS NULL OR s.area_lpa = :lpa)
    """


AREA: Final = "'lpa', x.area_lpa, 'neighbourhood', x.area_neighbourhood"
OWNER: Final = "'owner_officer', x.owner_officer, 'owner_team', x.owner_team"
OFFENCE: Final = """
    'offence_code', x.offence_code,
    'offence', (SELECT o.title FROM offences o WHERE o.code = x.offence_code)
"""


@dataclass(frozen=True)
class List:
    """A list of the API that returns exactly the rows of a section or group at the cut-off.

    One that `is_of_force` does so for the whole force only.
    """

    path: str
    filters: Mapping[str, Any] = field(default_factory=dict)
    is_of_force: bool = False


@dataclass(frozen=True)
class Source:
    """One section: `rows` gives id, reference, person_id and what the rest reads, as `x`.

    `lists` are by group; under `all` that of the whole section. Values that are names of bound
    moments, such as `:since`, are filled in when the pack is drawn.
    """

    section: str
    subject_type: str
    rows: str
    facts: str
    order: str
    known: str
    group: str = "'all'"
    follows: str = "false"
    needs: str = "CAST(NULL AS text)"
    lists: Mapping[str, List] = field(default_factory=dict)

    @property
    def statement(self) -> str:
        """Give what freezes the section, as SQL of (counted, kept, …, is_known, groups)."""
        return f"""
            WITH picked AS MATERIALIZED ({self.rows}),
            shown AS (
                SELECT x.*, row_number() OVER (ORDER BY {self.order}) AS row_number
                FROM picked x ORDER BY {self.order} LIMIT CAST(:most AS int)),
            kept AS (
                INSERT INTO meeting_items (force, meeting_id, section, place, person_id,
                                           subject_type, subject_id, follows, needs, item)
                SELECT :force, :meeting_id, '{self.section}', x.row_number, x.person_id,
                       {self.subject_type}, x.id, {self.follows}, {self.needs},
                       CAST(json_build_object('type', {self.subject_type}, 'id', x.id,
                            'reference', x.reference,
                            'person', CASE WHEN p.id IS NOT NULL THEN {_PERSON} END,
                            {self.facts}) AS text)
                FROM shown x
                LEFT JOIN LATERAL (
                    SELECT y.* FROM persons_history y
                    WHERE y.force = :force AND y.id = x.person_id AND {then("y")} OFFSET 0) p
                    ON true
                RETURNING 1)
            SELECT (SELECT count(*) FROM picked) AS counted, (SELECT count(*) FROM kept) AS kept,
                   CAST(r.people AS text) AS row_people, CAST(r.groups AS text) AS row_groups,
                   EXISTS ({self.known}) AS is_known,
                   (SELECT coalesce(json_agg(json_build_object('group', g.name, 'count', g.n,
                                                               'needs', g.needs)
                                             ORDER BY g.name), '[]')
                    FROM (SELECT {self.group} AS name, count(*) AS n, max({self.needs}) AS needs
                          FROM picked x GROUP BY 1) g) AS groups
            FROM (SELECT coalesce(array_agg(x.person_id), '{{}}') AS people,
                         coalesce(array_agg(coalesce(CAST({self.group} AS text), '')), '{{}}')
                             AS groups
                  FROM picked x WHERE x.person_id IS NOT NULL) r
        """


_PERSON: Final = person_json(as_at=True)
