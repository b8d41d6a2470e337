"""Which items a reader is given, and how each is shown, as SQL over items `b`.

An item is current from its beginning to its end, until it is withdrawn, and as long as what it is
about still stands. Whoever only reads is given what is current; whoever writes, all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.access import may, scope, sight
from offenders.domain.briefings.rules import PRIORITIES
from offenders.domain.briefings.subjects import subject_sql
from offenders.domain.persons.shown import person_json
from offenders.domain.working_days import london_day
from offenders.errors import Forbidden

if TYPE_CHECKING:
    from datetime import datetime

    from offenders.domain.actors import Actor

READ, WRITE = "briefings:read", "briefings:write"
STATE: Final = """
    CASE WHEN b.withdrawn_at IS NOT NULL THEN 'withdrawn'
         WHEN b.valid_until <= :now THEN 'expired'
         WHEN b.subject_type IS NOT NULL AND k.stands IS NOT TRUE THEN 'subject_ended'
         WHEN b.valid_from > :now THEN 'scheduled' ELSE 'current' END
"""
IS_FOR_FORCE: Final = "(b.lpas = '{}' AND b.neighbourhoods = '{}' AND b.teams = '{}')"
WEIGHT: Final = f"array_position(ARRAY[{', '.join(repr(each) for each in PRIORITIES)}], b.priority)"
IS_MASKED: Final = "(b.subject_type IS NOT NULL AND NOT k.is_near)"
_FIRST: Final = """
    (SELECT min(x.occurred_at) FROM briefing_receipts x
     WHERE x.force = b.force AND x.briefing_id = b.id AND x.officer = :reader
       AND x.edition = b.edition {kind})
"""
_HELD, _READ = _FIRST.format(kind=""), _FIRST.format(kind="AND x.kind = 'read'")


def is_for_areas(lpas: str, neighbourhoods: str) -> str:
    """Give the condition that an item is for the force, or for one of these areas or within one.

    Whoever has an LPA is told what is for its neighbourhoods and teams; whoever has a
    neighbourhood, what is for its LPA.
    """
    return f"""({IS_FOR_FORCE}
        OR b.lpas && CAST({lpas} AS text[])
        OR b.neighbourhoods && CAST({neighbourhoods} AS text[])
        OR EXISTS (SELECT FROM neighbourhoods n
                   WHERE n.force = b.force
                     AND (n.lpa = ANY ({lpas}) AND n.code = ANY (b.neighbourhoods)
                          OR n.code = ANY ({neighbourhoods}) AND n.lpa = ANY (b.lpas)))
        OR EXISTS (SELECT FROM teams t
                   WHERE t.force = b.force AND t.code = ANY (b.teams) AND t.lpa = ANY ({lpas})))"""


@dataclass(frozen=True)
class Question:
    """Who asks, when, and by which filters."""

    actor: Actor
    force: str
    now: datetime
    filters: dict[str, Any] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Tell whether the reader is given what is not current, too."""
        return may(self.actor, WRITE)

    def source(self) -> tuple[str, dict[str, Any]]:
        """Give FROM and WHERE of items that the reader may know, in whatever state; and values."""
        lateral, values = subject_sql(self.actor, self.force)
        own, seen = scope(self.actor, READ, self.force), sight(self.actor)
        near = "true" if own.is_whole_force else is_for_areas(":own_lpas", ":own_neighbourhoods")
        sql = f"""
            FROM briefings b
            LEFT JOIN persons p ON p.force = b.force AND p.id = b.person_id
            {lateral}
            WHERE b.force = :force AND (b.subject_type IS NULL OR k.reference IS NOT NULL)
              AND (b.author = :reader
                   OR b.handling = ANY (:handlings) AND {near}
                      AND (:writes OR b.roles = '{{}}' OR b.roles && CAST(:roles AS text[])))
        """
        return sql, values | {
            "force": self.force,
            "reader": self.actor.subject,
            "handlings": seen.handlings,
            "roles": sorted(self.actor.roles),
            "writes": self.writes,
            "own_lpas": list(own.lpas),
            "own_neighbourhoods": list(own.neighbourhoods),
            "now": self.now,
            "today": london_day(self.now),
        }

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values; without `state`, what is current."""
        parts, values = [], {}
        state = self.filters.get("state", "current")
        if state != "current" and not self.writes:
            message = f"Looking for what is not current needs the permission {WRITE}."
            raise Forbidden(message)
        if state != "all":
            parts.append(f"{STATE} = :f_state")
            values["f_state"] = state
        for name, sql in _FILTERS.items():
            if self.filters.get(name) is not None:
                parts.append(sql)
                values[f"f_{name}"] = self.filters[name]
        if (unread := self.filters.get("unread")) is not None:
            parts.append(f"{_READ} IS {'' if unread else 'NOT'} NULL")
        return " AND ".join(parts) or "true", values


_FILTERS: Final = {
    "lpa": is_for_areas("ARRAY[CAST(:f_lpa AS text)]", "ARRAY[CAST(NULL AS text)]"),
    "neighbourhood": is_for_areas(
        "ARRAY[CAST(NULL AS text)]", "ARRAY[CAST(:f_neighbourhood AS text)]"
    ),
    "team": f"""({IS_FOR_FORCE} OR :f_team = ANY (b.teams)
        OR EXISTS (SELECT FROM teams t WHERE t.force = b.force AND t.code = :f_team
                   AND (t.lpa = ANY (b.lpas) OR EXISTS (
                       SELECT FROM neighbourhoods n WHERE n.force = b.force AND n.lpa = t.lpa
                       AND n.code = ANY (b.neighbourhoods)))))""",
    "priority": "b.priority = :f_priority",
    "author": "b.author = :f_author",
}

ITEM_JSON: Final = f"""
    json_build_object(
        'id', b.id, 'reference', b.reference, 'force', b.force, 'title', b.title, 'text', b.text,
        'about', CASE WHEN b.subject_type IS NOT NULL AND NOT {IS_MASKED} THEN json_build_object(
            'type', b.subject_type, 'id', coalesce(b.subject_id, b.person_id),
            'reference', k.reference) END,
        'person', CASE WHEN b.person_id IS NOT NULL AND NOT {IS_MASKED} THEN {person_json()} END,
        'audience', json_build_object('force', {IS_FOR_FORCE}, 'lpas', b.lpas,
            'neighbourhoods', b.neighbourhoods, 'teams', b.teams, 'roles', b.roles),
        'valid_from', b.valid_from, 'valid_until', b.valid_until, 'state', {STATE},
        'priority', b.priority, 'marking', b.marking, 'handling', b.handling,
        'handling_conditions', b.handling_conditions, 'grade', b.grade, 'edition', b.edition,
        'author', b.author, 'held_at', {_HELD}, 'read_at', {_READ},
        'withdrawn_at', b.withdrawn_at, 'withdrawn_by', b.withdrawn_by,
        'withdrawn_because', b.withdrawn_because, 'withdrawn_reason', b.withdrawn_reason,
        'masked', to_json(CASE WHEN {IS_MASKED} THEN ARRAY['about', 'person']
                               ELSE CAST('{{}}' AS text[]) END),
        'recorded_at', b.recorded_at, 'updated_at', b.updated_at, 'version', b.version)
"""
SHOWN_PERSON: Final = f"CASE WHEN NOT {IS_MASKED} THEN b.person_id END"
