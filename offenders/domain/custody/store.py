"""SQL of custody: what must be known of an arrest, and what is written of it, in sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.custody.models import Detention
from offenders.domain.history import keep_history
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

COLUMNS: Final = {
    "force": "text",
    "id": "uuid",
    "reference": "text",
    "person_id": "uuid",
    "custody_number": "text",
    "arrested_at": "timestamptz",
    "arrest_place": "text",
    "station": "text",
    "offences": "text[]",
    "arresting_officer": "text",
    "nationality_stated": "text",
    "nationality_evidenced": "text",
    "countries": "text[]",
    "foreign_national": "boolean",
    "nationality_unknown": "boolean",
    "pnc_checked": "boolean",
    "lpa": "text",
    "released_at": "timestamptz",
    "disposal": "text",
    "recorded_by": "text",
    "version": "int",
    "recorded_at": "timestamptz",
    "updated_at": "timestamptz",
}
_NAMES: Final = ", ".join(COLUMNS)
_ROWS: Final = f"""
    json_to_recordset(CAST(:rows AS json))
        AS d ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})
"""
_ADD: Final = text(f"""
    WITH made AS (
        INSERT INTO detentions ({_NAMES}) SELECT {_NAMES} FROM {_ROWS} RETURNING *)
    INSERT INTO detentions_history ({_NAMES}, recorded_from)
    SELECT {_NAMES}, recorded_at FROM made
""")
_KEPT: Final = frozenset(
    {"force", "id", "reference", "person_id", "custody_number", "recorded_by", "recorded_at"}
)
_CHANGED: Final = [name for name in COLUMNS if name not in _KEPT]
_CHANGE: Final = text(f"""
    UPDATE detentions r SET {", ".join(f"{name} = d.{name}" for name in _CHANGED)}
    FROM {_ROWS}
    WHERE r.force = :force AND r.id = ANY (CAST(:ids AS uuid[])) AND r.id = d.id
""")
# The person is kept from being detained twice at once until this transaction ends; one order, so
# that two transactions never wait for each other in a ring.
_PEOPLE: Final = text("""
    SELECT p.id, p.nationalities, p.merged_into,
           least(p.date_of_birth,
                 (SELECT min(b.date_of_birth) FROM person_dates_of_birth b
                  WHERE b.force = p.force AND b.person_id = p.id)) AS born_on,
           ARRAY(SELECT i.value FROM person_identifiers i
                 WHERE i.force = p.force AND i.person_id = p.id AND i.type = 'pnc_id'
                   AND i.state = 'valid' ORDER BY i.value) AS pnc_ids
    FROM persons p
    WHERE p.force = :force
      AND (p.id = ANY (CAST(:ids AS uuid[])) OR p.reference = ANY (CAST(:references AS text[])))
    ORDER BY p.id FOR NO KEY UPDATE OF p
""")
_STAYS: Final = text("""
    SELECT person_id, id, custody_number, arrested_at, released_at, lpa, recorded_by
    FROM detentions WHERE force = :force AND person_id = ANY (CAST(:people AS uuid[]))
    ORDER BY arrested_at
""")
_STAYS_NEAR: Final = text("""
    SELECT d.person_id, d.custody_number, d.arrested_at, d.released_at
    FROM unnest(CAST(:people AS uuid[]), CAST(:since AS timestamptz[]),
                CAST(:until AS timestamptz[])) w (person_id, since, until)
    JOIN detentions d
      ON d.force = :force AND d.person_id = w.person_id AND d.arrested_at < w.until
    WHERE coalesce(d.released_at, d.arrested_at + make_interval(hours => :hours)) > w.since
    ORDER BY d.arrested_at
""")
_FIRST: Final = ", ".join(f"h.{name} AS first_{name}" for name in COLUMNS)
# Held now: not released, not arrested again since, and not longer than anybody may be.
_HELD: Final = text("""
    SELECT d.* FROM detentions d
    WHERE d.force = :force AND d.person_id = ANY (CAST(:people AS uuid[]))
      AND d.released_at IS NULL
      AND d.arrested_at > CAST(:now AS timestamptz) - make_interval(hours => :hours)
      AND NOT EXISTS (SELECT FROM detentions l
                      WHERE l.force = d.force AND l.person_id = d.person_id
                        AND l.arrested_at > d.arrested_at)
    ORDER BY d.arrested_at, d.id
""")
_BY_NUMBER: Final = text(f"""
    SELECT d.*, {_FIRST} FROM detentions d
    CROSS JOIN LATERAL (
        SELECT * FROM detentions_history x WHERE x.force = d.force AND x.id = d.id
        ORDER BY x.recorded_from LIMIT 1) h
    WHERE d.force = :force AND d.custody_number = ANY (CAST(:numbers AS text[]))
""")
_LOCK: Final = text("""
    SELECT * FROM detentions d WHERE d.force = :force AND d.id = ANY (CAST(:ids AS uuid[]))
    ORDER BY d.id FOR UPDATE
""")
_REGISTER: Final = """
    INSERT INTO {table} (force, code, recorded_at)
    SELECT :force, code, :at FROM unnest(CAST(:codes AS text[])) code ORDER BY code
    ON CONFLICT DO NOTHING
"""
_UNKNOWN_OFFENCES: Final = text("""
    SELECT g.place - 1 FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS g (code, place)
    WHERE NOT EXISTS (SELECT FROM offences o WHERE o.code = g.code)
""")
# A want is put forward if it stood while the person was held; one entered later was no matter of
# that detention.
_PUT_FORWARD: Final = text("""
    INSERT INTO detention_wants (force, detention_id, want_id, put, recorded_at, updated_at)
    SELECT w.force, a.detention_id, w.id, 'put_forward', :at, :at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS uuid[]), CAST(:untils AS timestamptz[]))
         AS a (detention_id, person_id, until)
    JOIN wants w ON w.force = :force AND w.person_id = a.person_id
     AND w.state = 'outstanding' AND w.entered_at <= a.until
    ON CONFLICT DO NOTHING
""")
_NOTE_CLOSED: Final = text("""
    INSERT INTO detention_wants AS r (force, detention_id, want_id, put, recorded_at, updated_at)
    SELECT :force, c.detention_id, c.want_id, 'closed', :at, :at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:wants AS uuid[])) AS c (detention_id, want_id)
    ON CONFLICT (force, detention_id, want_id)
    DO UPDATE SET put = excluded.put, updated_at = excluded.updated_at WHERE r.put <> 'closed'
""")
_WANTS_NAMED: Final = text("""
    SELECT w.id, w.reference, w.person_id, w.state, w.entered_at, w.lpa, w.neighbourhood
    FROM wants w
    WHERE w.force = :force
      AND (w.id = ANY (CAST(:ids AS uuid[])) OR w.reference = ANY (CAST(:references AS text[])))
""")
_CLOSED_BY: Final = text("""
    SELECT want_id FROM detention_wants
    WHERE force = :force AND detention_id = :id AND put = 'closed'
""")
# Whose nationality may matter anew: the last detention, and any that knew of none at all.
_OF_PEOPLE: Final = text("""
    SELECT d.id FROM (
        SELECT d.id, d.nationality_unknown,
               row_number() OVER (PARTITION BY d.person_id ORDER BY d.arrested_at DESC, d.id DESC)
                   AS nth
        FROM detentions d
        WHERE d.force = :force AND d.person_id = ANY (CAST(:people AS uuid[]))) d
    WHERE d.nth = 1 OR d.nationality_unknown
""")


def lock_person(session: Session, written: str) -> Row[Any] | None:
    """Give whom an id or reference names as (id, nationalities, born_on, pnc_ids), locked."""
    person_id = as_uuid(written)
    values = {
        "force": session.info["force"],
        "ids": [] if person_id is None else [person_id.hex],
        "references": [as_reference(written)] if person_id is None else [],
    }
    return session.execute(_PEOPLE, values).one_or_none()


def lock_people(session: Session, ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Give people as (id, nationalities, born_on, pnc_ids), locked until we end."""
    if not ids:
        return {}
    values = {
        "force": session.info["force"],
        "ids": [each.hex for each in ids],
        "references": [],
    }
    return {row.id: row for row in session.execute(_PEOPLE, values).all()}


def list_stays(session: Session, people: Collection[UUID]) -> list[Row[Any]]:
    """Give when these people were held, the first arrest first."""
    values = {"force": session.info["force"], "people": [each.hex for each in people]}
    return list(session.execute(_STAYS, values).all())


def list_stays_near(
    session: Session, spans: Mapping[UUID, tuple[datetime, datetime]], hours: int
) -> list[Row[Any]]:
    """Give when each of these people was held within a span, the first arrest first."""
    values = {
        "force": session.info["force"],
        "people": [each.hex for each in spans],
        "since": [since.isoformat() for since, _ in spans.values()],
        "until": [until.isoformat() for _, until in spans.values()],
        "hours": hours,
    }
    return list(session.execute(_STAYS_NEAR, values).all())


def list_held(session: Session, people: Collection[UUID], hours: int) -> list[Row[Any]]:
    """Give the detentions of those of these people who are held now; nobody is past `hours`."""
    values = {"people": [each.hex for each in people], "now": clock.now(), "hours": hours}
    return list(session.execute(_HELD, values | {"force": session.info["force"]}))


def find_by_numbers(session: Session, numbers: Collection[str]) -> dict[str, Row[Any]]:
    """Give the detentions of these custody numbers, each with how it was first recorded."""
    values = {"force": session.info["force"], "numbers": list(numbers)}
    return {row.custody_number: row for row in session.execute(_BY_NUMBER, values).all()}


def lock_detentions(session: Session, ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Give detentions as they stand, locked until we end."""
    values = {"force": session.info["force"], "ids": [each.hex for each in ids]}
    return {row.id: row for row in session.execute(_LOCK, values).all()} if ids else {}


def add_detentions(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write detentions, each with all its columns, and their first history."""
    session.flush()
    session.execute(_ADD, {"rows": as_json(rows)})


def change_detentions(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write detentions as these rows have them, and their history."""
    force = session.info["force"]
    ids = [row["id"] for row in rows]
    values = {"force": force, "ids": [each.hex for each in ids], "rows": as_json(rows)}
    session.flush()
    session.execute(_CHANGE, values)
    keep_history(session, Detention.__table__, force, ids)


def register(session: Session, table: str, codes: Collection[str]) -> None:
    """Register officers or teams at first use."""
    values = {"force": session.info["force"], "at": recorded_at(session), "codes": list(codes)}
    session.execute(text(_REGISTER.format(table=table)), values)


def unknown_offences(session: Session, codes: Sequence[str]) -> list[int]:
    """Give the places, from 0, of codes that are no CJS offence."""
    return list(session.execute(_UNKNOWN_OFFENCES, {"codes": list(codes)}).scalars())


def put_forward(session: Session, held: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """Put open wants to the custody officer; each is a detention, its person, and its end."""
    ids, people, untils = zip(*held, strict=True)
    values = {
        "force": session.info["force"],
        "at": recorded_at(session),
        "ids": [each.hex for each in ids],
        "people": [each.hex for each in people],
        "untils": list(untils),
    }
    session.execute(_PUT_FORWARD, values)


def note_closed(session: Session, closed: Sequence[tuple[UUID, UUID]]) -> None:
    """Note wants, each after its detention, as closed by it."""
    ids, wants = zip(*closed, strict=True)
    values = {
        "force": session.info["force"],
        "at": recorded_at(session),
        "ids": [each.hex for each in ids],
        "wants": [each.hex for each in wants],
    }
    session.execute(_NOTE_CLOSED, values)


def find_wants(session: Session, written: Sequence[str]) -> list[Row[Any]]:
    """Give the wants that ids or references name."""
    values = {
        "force": session.info["force"],
        "ids": [found.hex for each in written if (found := as_uuid(each)) is not None],
        "references": [as_reference(each) for each in written if as_uuid(each) is None],
    }
    return list(session.execute(_WANTS_NAMED, values).all())


def closed_by(session: Session, detention: UUID) -> set[UUID]:
    """Give the wants that a detention closed."""
    values = {"force": session.info["force"], "id": detention}
    return set(session.execute(_CLOSED_BY, values).scalars())


def list_of_people(session: Session, people: Collection[UUID]) -> list[UUID]:
    """Give the detentions on which what is recorded of these people's nationality bears."""
    values = {"force": session.info["force"], "people": [each.hex for each in people]}
    return list(session.execute(_OF_PEOPLE, values).scalars())


def as_json(value: Any) -> str:
    """Give a value as the text of a jsonb parameter."""
    return orjson.dumps(value).decode()
