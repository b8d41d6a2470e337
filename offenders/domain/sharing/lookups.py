"""Suspicious look-ups, as an auditor asks for them; found in the audit when they are asked.

Nothing is kept of a match. A reader's own name is compared by keyed digests of its words: the
register of officers holds collar numbers and no names, and the audit holds neither. Where a reader
lives is not held at all: the same address is that of whoever bears the reader's own name here.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson
from sqlalchemy import text

from offenders.db import as_service
from offenders.domain.persons.names import tokens
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

FIGURES: Final = "look-ups"
DIGEST_LENGTH: Final = 32  # hexadecimal digits: enough to tell words apart

_NOTE = text("""
    INSERT INTO readers (force, actor, family, given, lpas, neighbourhoods, recorded_at)
    VALUES (:force, :actor, :family, :given, :lpas, :neighbourhoods, :at)
    ON CONFLICT (force, actor) DO UPDATE
    SET family = excluded.family, given = excluded.given, lpas = excluded.lpas,
        neighbourhoods = excluded.neighbourhoods, recorded_at = excluded.recorded_at
""")
# Words of names that are a reader's, by digest; then who bears them.
_BEARERS: Final = """
    words AS MATERIALIZED (
        SELECT w.word, left(encode(sha256(:secret || convert_to(w.word, 'UTF8')), 'hex'), :length)
               AS digest
        FROM name_words w WHERE w.force = :force),
    bearing AS MATERIALIZED (
        SELECT r.actor, t.person_id, bool_or(t.part = 'family' AND w.digest = ANY (r.family))
               AS family, bool_or(t.part = 'given' AND w.digest = ANY (r.given)) AS given
        FROM readers r
        JOIN words w ON w.digest = ANY (r.family || r.given)
        JOIN person_name_tokens t ON t.force = r.force AND t.token = w.word
        WHERE r.force = :force GROUP BY r.actor, t.person_id),
    own AS MATERIALIZED (SELECT b.actor, b.person_id FROM bearing b WHERE b.family AND b.given)
"""
_AT_HOME: Final = """
    homes AS MATERIALIZED (
        SELECT DISTINCT o.actor, b.person_id
        FROM own o
        JOIN person_addresses a ON a.force = :force AND a.person_id = o.person_id
        JOIN person_addresses b ON b.force = :force AND b.postcode = a.postcode
         AND b.lines = a.lines)
"""
# By pattern: what goes before, and whom of its people an event `e` of a reader `r` is found by.
_FOUND: Final = {
    "own_name": (_BEARERS, "SELECT m.person_id FROM own m WHERE m.actor = e.actor"),
    "same_surname": (
        _BEARERS,
        "SELECT m.person_id FROM bearing m WHERE m.actor = e.actor AND m.family",
    ),
    "same_address": (
        f"{_BEARERS}, {_AT_HOME}",
        "SELECT m.person_id FROM homes m WHERE m.actor = e.actor",
    ),
    "out_of_area": (
        "nothing AS (SELECT 1)",
        """SELECT p.id FROM persons p
           WHERE p.force = :force AND p.id = ANY (e.subject_ids)
             AND cardinality(r.lpas || r.neighbourhoods) > 0 AND p.lpa IS NOT NULL
             AND NOT (p.lpa = ANY (r.lpas)
                      OR coalesce(p.neighbourhood = ANY (r.neighbourhoods), false))""",
    ),
    "outside_hours": (
        "nothing AS (SELECT 1)",
        """SELECT p.id FROM persons p
           WHERE p.force = :force AND p.id = ANY (e.subject_ids)
             AND NOT (extract(hour FROM e.at AT TIME ZONE 'Europe/London') >= :begins
                      AND extract(hour FROM e.at AT TIME ZONE 'Europe/London') < :ends)""",
    ),
}
PATTERNS: Final = (*_FOUND, "volume")
_EVENTS: Final = """
    WITH {before}
    SELECT json_build_object('pattern', CAST(:pattern AS text), 'event_id', e.id, 'at', e.at,
               'actor', e.actor, 'role', e.role, 'action', e.action, 'reason', e.reason,
               'request_id', e.request_id, 'people', f.people)::text, e.at::text, e.id::text
    FROM audit_events e
    JOIN readers r ON r.force = e.force AND r.actor = e.actor
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT s.id ORDER BY s.id) AS people
        FROM ({whom}) AS s (id) WHERE s.id = ANY (e.subject_ids)) f
    WHERE e.force = :force AND e.audit_class IN ('consultation', 'disclosure')
      AND e.at >= :since AND e.at < :until AND f.people IS NOT NULL
      AND (CAST(:after_0 AS timestamptz) IS NULL
           OR (e.at, e.id) < (CAST(:after_0 AS timestamptz), CAST(:after_1 AS uuid)))
    ORDER BY e.at DESC, e.id DESC LIMIT :limit
"""
_VOLUME = text("""
    SELECT r.actor, r.day, count(*) AS people FROM people_read r
    WHERE r.force = :force AND r.day >= CAST(:first AS date) AND r.day <= CAST(:last AS date)
      AND (CAST(:after_0 AS date) IS NULL
           OR (r.day, r.actor) < (CAST(:after_0 AS date), CAST(:after_1 AS text)))
    GROUP BY r.actor, r.day HAVING count(*) >= :least
    ORDER BY r.day DESC, r.actor DESC LIMIT :limit
""")


@dataclass(frozen=True)
class LookUps:
    """Which pattern is asked for, between which moments, with the installation's secret."""

    pattern: str
    since: datetime
    until: datetime
    secret: bytes


def digests_of(name: str, secret: bytes) -> tuple[list[str], list[str]]:
    """Give the digests of a reader's family and given names, from the name in a token."""
    given, _, family = name.strip().rpartition(" ")
    parts: dict[str, set[str]] = {"family": set(), "given": set()}
    for each in tokens(family, given or None):
        digest = sha256(secret + each.text.encode()).hexdigest()[:DIGEST_LENGTH]
        parts[each.part].add(digest)
    return sorted(parts["family"]), sorted(parts["given"])


def note_reader(session: Session, actor: Actor, secret: bytes, at: datetime) -> None:
    """Keep what the token says of its reader: digests of the name, and the areas."""
    family, given = digests_of(actor.name, secret)
    values = {
        "force": session.info["force"],
        "actor": actor.subject,
        "family": family,
        "given": given,
        "lpas": sorted(actor.lpas),
        "neighbourhoods": sorted(actor.neighbourhoods),
        "at": at,
    }
    session.execute(_NOTE, values)


def list_look_ups(
    session: Session, asked: LookUps, *, after: Sequence[Any] | None, limit: int
) -> list[tuple[str, str, str]]:
    """Give look-ups as (json, moment or day, event or actor), the newest first.

    Restricted people are looked among, too; an answer names people by their ids alone.
    """
    force = session.info["force"]
    figures = figures_in_force(session, force, FIGURES, london_day(asked.until))
    values = {
        "force": force,
        "pattern": asked.pattern,
        "since": asked.since,
        "until": asked.until,
        "first": london_day(asked.since),
        "last": london_day(asked.until),
        "secret": asked.secret,
        "length": DIGEST_LENGTH,
        "begins": figures.get("begins", 0),
        "ends": figures.get("ends", 24),
        "least": figures.get("volume", 0),
        "after_0": after[0] if after else None,
        "after_1": after[1] if after else None,
        "limit": limit,
    }
    with as_service(session):
        if asked.pattern == "volume":
            return [_of_day(row) for row in session.execute(_VOLUME, values)]
        before, whom = _FOUND[asked.pattern]
        rows = session.execute(text(_EVENTS.format(before=before, whom=whom)), values)
        return [(row[0], row[1], row[2]) for row in rows]


def _of_day(row: Row[Any]) -> tuple[str, str, str]:
    day = row.day.isoformat()
    asked = urlencode({"actor": row.actor, "from": day, "to": day})
    content = {
        "pattern": "volume",
        "actor": row.actor,
        "day": day,
        "people": row.people,
        "href": f"/v1/audit/events?{asked}",
    }
    return orjson.dumps(content).decode(), day, row.actor
