"""Held against read: how many officers an item is for, how many held it and how many read it.

Whom an item is for goes by the directory: the confirmed officers who served while it stood, in a
team that is named or whose area is. Roles are in tokens only, so they narrow nothing here. Only
receipts of the edition that stands count. Readers whom the directory doesn't know are in no team:
they are counted apart, so that nobody takes the figures for whole where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.briefings.asking import IS_FOR_FORCE, Question
from offenders.domain.working_days import end_of_london_day, start_of_london_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

COUNTED: Final = ("held", "read", "held_not_read", "not_reached")
UNLISTED: Final = "not_in_directory"
_IS = {
    "held": "held_at IS NOT NULL",
    "read": "read_at IS NOT NULL",
    "held_not_read": "held_at IS NOT NULL AND read_at IS NULL",
    "not_reached": "held_at IS NULL",
}
_ONE: Final = "b.id = :briefing"
_PERIOD: Final = """
    b.valid_from < :ends AND least(b.valid_until, coalesce(b.withdrawn_at, b.valid_until)) > :begins
"""
_RECEIPTS: Final = """
    SELECT x.briefing_id, x.officer, x.edition, min(x.occurred_at) AS held_at,
           min(x.occurred_at) FILTER (WHERE x.kind = 'read') AS read_at
    FROM briefing_receipts x WHERE x.force = :force
    GROUP BY x.briefing_id, x.officer, x.edition
"""
# One row for each officer and item that is for them, with when they first held and read it.
_PAIRS: Final = f"""
    SELECT b.id AS briefing_id, b.reference, o.code AS officer, o.team, t.name AS team_name,
           t.lpa, r.held_at, r.read_at
    FROM briefings b
    JOIN officers o ON o.force = b.force AND o.is_confirmed
     AND coalesce(o.from_on <= (b.valid_until AT TIME ZONE 'Europe/London')::date, true)
     AND coalesce(o.left_on >= (b.valid_from AT TIME ZONE 'Europe/London')::date, true)
    LEFT JOIN teams t ON t.force = o.force AND t.code = o.team
    LEFT JOIN ({_RECEIPTS}) r
      ON r.briefing_id = b.id AND r.officer = o.code AND r.edition = b.edition
    WHERE b.force = :force AND <only>
      AND ({IS_FOR_FORCE} OR o.team = ANY (b.teams) OR t.lpa = ANY (b.lpas)
           OR EXISTS (SELECT FROM neighbourhoods n WHERE n.force = b.force AND n.lpa = t.lpa
                      AND n.code = ANY (b.neighbourhoods)))
"""


# One row for each item and each of its readers of whom the directory can't say where they belong.
_UNLISTED: Final = f"""
    SELECT b.id AS briefing_id, b.reference, r.officer, CAST(NULL AS text) AS team,
           CAST(NULL AS text) AS team_name, CAST(NULL AS text) AS lpa, r.held_at, r.read_at
    FROM briefings b
    JOIN ({_RECEIPTS}) r ON r.briefing_id = b.id AND r.edition = b.edition
    WHERE b.force = :force AND <only>
      AND NOT EXISTS (SELECT FROM officers o WHERE o.force = b.force AND o.code = r.officer
                      AND o.is_confirmed)
"""


def pairs_of(only: str) -> str:
    """Give the SQL of the pairs of officer and item, of items `b` that meet a condition."""
    return _PAIRS.replace("<only>", only)


@dataclass(frozen=True)
class Asked:
    """Of which item or period, by whom, and by which filters (`lpa`, `team`, `state`).

    Of a period, the items that the reader may know.
    """

    scope: Scope
    briefing: UUID | None = None
    first: date | None = None
    last: date | None = None
    filters: dict[str, Any] = field(default_factory=dict)
    known: Question | None = None

    def pairs(self) -> tuple[str, dict[str, Any]]:
        """Give the pairs of officer and item as SQL `a`, with the values."""
        only, values = _ONE, dict[str, Any](briefing=self.briefing)
        if self.first is not None and self.last is not None:
            only = _PERIOD
            values = {
                "begins": start_of_london_day(self.first),
                "ends": end_of_london_day(self.last),
            }
        if self.known is not None:
            source, more = self.known.source()
            only = f"{only} AND b.id IN (SELECT b.id {source})"
            values |= more
        parts = [self.scope.condition("a")]
        for name in ("lpa", "team"):
            if (value := self.filters.get(name)) is not None:
                parts.append(f"a.{name} IS NULL" if value == "none" else f"a.{name} = :f_{name}")
                values[f"f_{name}"] = value
        state = self.filters.get("state")
        if state in _IS:
            parts.append(_IS[state])
        pairs = _UNLISTED.replace("<only>", only) if state == UNLISTED else pairs_of(only)
        placed = (
            "SELECT q.*, CAST(:force AS text) AS force, CAST(NULL AS text) AS neighbourhood,"
            f" CAST(NULL AS uuid) AS person_id FROM ({pairs}) q"
        )
        sql = f"SELECT a.* FROM ({placed}) a WHERE {' AND '.join(parts)}"
        return sql, self.scope.values | values


def count_teams(session: Session, asked: Asked) -> list[dict[str, Any]]:
    """Count by team: the officers or, over a period, officers times items; teams by code."""
    pairs, values = asked.pairs()
    counted = ", ".join(f"count(*) FILTER (WHERE {_IS[name]}) AS {name}" for name in COUNTED)
    statement = text(f"""
        SELECT team, max(team_name) AS name, max(lpa) AS lpa, count(DISTINCT briefing_id) AS items,
               count(DISTINCT officer) AS officers, count(*) AS audience, {counted}
        FROM ({pairs}) a GROUP BY team ORDER BY team NULLS LAST
    """)
    return [dict(row._mapping) for row in session.execute(statement, values)]  # noqa: SLF001 - the public name of it


def count_unlisted(session: Session, asked: Asked) -> int | None:
    """Count the readers, times items, whom the directory doesn't know.

    None where an area or team is asked for: nobody can tell whether they belong there.
    """
    if not asked.scope.is_whole_force or {"lpa", "team"} & asked.filters.keys():
        return None
    return count_pairs(session, replace(asked, filters=asked.filters | {"state": UNLISTED}))


def list_pairs(
    session: Session, asked: Asked, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give the officers behind a count with the item, as (json, officer, briefing_id)."""
    pairs, values = asked.pairs()
    keyset = ""
    if after is not None:
        keyset = "WHERE (a.officer, a.briefing_id) > (:after_0, CAST(:after_1 AS uuid))"
        values |= {"after_0": after[0], "after_1": after[1]}
    statement = text(f"""
        SELECT json_build_object('briefing_id', a.briefing_id, 'reference', a.reference,
                   'officer', a.officer, 'team', a.team, 'lpa', a.lpa, 'held_at', a.held_at,
                   'read_at', a.read_at,
                   'state', CASE WHEN a.read_at IS NOT NULL THEN 'read'
                                 WHEN a.held_at IS NOT NULL THEN 'held_not_read'
                                 ELSE 'not_reached' END)::text,
               a.officer, a.briefing_id
        FROM ({pairs}) a {keyset} ORDER BY a.officer, a.briefing_id LIMIT :limit
    """)
    return list(session.execute(statement, values | {"limit": limit}))


def count_pairs(session: Session, asked: Asked) -> int:
    """Count the rows of all pages."""
    pairs, values = asked.pairs()
    return int(session.execute(text(f"SELECT count(*) FROM ({pairs}) a"), values).scalar_one())


def counts_of(
    teams: Sequence[dict[str, Any]], unlisted: int | None, address: str, **asked: str
) -> dict[str, Any]:
    """Give counts by team and in all, each with the address that gives exactly its rows."""
    whole: dict[str, Any] = {
        name: sum(each[name] for each in teams) for name in ("officers", "audience", *COUNTED)
    }
    return {
        **_shown(whole, address, asked),
        "readers_not_in_directory": {
            "count": unlisted,
            "href": None
            if unlisted is None
            else f"{address}?{urlencode(asked | {'state': UNLISTED})}",
        },
        "teams": [
            {
                "team": each["team"],
                "name": each["name"],
                "lpa": each["lpa"],
                "items": each["items"],
                **_shown(each, address, asked | {"team": each["team"] or "none"}),
            }
            for each in teams
        ],
    }


def _shown(row: dict[str, Any], address: str, asked: dict[str, str]) -> dict[str, Any]:
    def counted(name: str, state: str | None) -> dict[str, Any]:
        query = urlencode(asked | ({"state": state} if state else {}))
        return {"count": row[name], "href": f"{address}?{query}" if query else address}

    return {
        "officers": row["officers"],
        "audience": counted("audience", None),
        **{name: counted(name, name) for name in COUNTED},
        "percent_read": round(100 * row["read"] / row["audience"]) if row["audience"] else None,
    }
