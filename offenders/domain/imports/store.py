"""SQL of imports over what they share: sources, codes, people and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.imports.checks import Facts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_CODE_LISTS = ("ethnicity_self_defined", "ethnicity_observed", "warning_markers", "agencies")

# Two batches of one force run one after the other, so that each sees the people of the other;
# a batch waits for another, and for an officer's entry, longer than a request would.
_WAIT_LONGER = text("SELECT set_config('lock_timeout', '60s', true)")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('imports'), hashtext(:force))")
# Whoever waits for lanes does nothing meanwhile, and isn't to be ended for it.
_WAIT_IDLY = text("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
_SOURCES = text("""
    SELECT source_ref, subject_id, row FROM import_sources
    WHERE force = :force AND kind = :kind AND source_ref = ANY (:refs)
""")
_HAS_SOURCES = text("""
    SELECT EXISTS (SELECT FROM import_sources WHERE force = :force AND kind = :kind)
""")
_SUBJECTS = text("""
    SELECT source_ref, subject_id FROM import_sources
    WHERE force = :force AND kind = :kind AND source_ref = ANY (:refs)
""")
_KEEP_SOURCES = text("""
    INSERT INTO import_sources
        (force, kind, source_ref, subject_id, row, received_at, import_id, digest)
    SELECT :force, :kind, s.source_ref, s.subject_id, s.row, :at, :import_id, s.digest
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS s (source_ref text, subject_id uuid, row jsonb, digest bytea)
    ON CONFLICT (force, kind, source_ref) DO UPDATE SET
        subject_id = excluded.subject_id, row = excluded.row, digest = excluded.digest,
        received_at = excluded.received_at, import_id = excluded.import_id
""")
_KEEP_DIGESTS = text("""
    UPDATE import_sources s SET digest = d.digest
    FROM unnest(CAST(:refs AS text[]), CAST(:digests AS bytea[])) AS d (source_ref, digest)
    WHERE s.force = :force AND s.kind = :kind AND s.source_ref = d.source_ref
""")
# The keys stand in the statement: a planner that does not yet know the force then goes through it
# once for a batch, where a join would go through it once for each row.
_DIGESTS = text("""
    SELECT source_ref, digest FROM import_sources
    WHERE force = :force AND kind = :kind AND source_ref = ANY (:refs) AND digest IS NOT NULL
""")
_EXPECTED = text("""
    EXPLAIN (FORMAT JSON) SELECT FROM import_sources WHERE force = :force AND kind = :kind
""")
_THERE = text("SELECT count(*) FROM import_sources WHERE force = :force AND kind = :kind")
_IDENTIFIED = text("""
    SELECT type, value, person_id FROM person_identifiers
    WHERE force = :force AND state = 'valid'
      AND ((type = 'pnc_id' AND value = ANY (:pnc_ids))
           OR (type = 'cro_number' AND value = ANY (:cro_numbers)))
""")
_BY_ID = text("""
    SELECT id::text AS written, coalesce(merged_into, id) AS id FROM persons
    WHERE force = :force AND id = ANY (CAST(:ids AS uuid[]))
    UNION ALL
    SELECT reference, coalesce(merged_into, id) FROM persons
    WHERE force = :force AND reference = ANY (:references)
""")
_LOCKED_PEOPLE = text("""
    SELECT p.id, p.family_name, p.given_names, p.date_of_birth, p.sex, p.nationalities,
           p.ethnicity_self_defined, p.ethnicity_observed,
           ARRAY(SELECT i.type || ' ' || i.value FROM person_identifiers i
                 WHERE i.force = p.force AND i.person_id = p.id AND i.state = 'valid')
           AS identifiers,
           EXISTS (SELECT 1 FROM person_names n
                   WHERE n.force = p.force AND n.person_id = p.id) AS aliases,
           EXISTS (SELECT 1 FROM person_addresses a
                   WHERE a.force = p.force AND a.person_id = p.id) AS addresses,
           EXISTS (SELECT 1 FROM person_vehicles v
                   WHERE v.force = p.force AND v.person_id = p.id) AS vehicles,
           EXISTS (SELECT 1 FROM person_markers m
                   WHERE m.force = p.force AND m.person_id = p.id) AS markers
    FROM persons p WHERE p.force = :force AND p.id = ANY (:ids) ORDER BY p.id FOR UPDATE OF p
""")
# The bounding box is made once for each ring: most points lie outside most of them.
_LOCATE = text("""
    WITH rings AS MATERIALIZED (
        SELECT neighbourhood, is_hole, ring, box(ring) AS bounds
        FROM neighbourhood_rings WHERE force = :force)
    SELECT p.place, min(r.neighbourhood) AS neighbourhood
    FROM unnest(CAST(:longitudes AS float8[]), CAST(:latitudes AS float8[])) WITH ORDINALITY
         AS p (longitude, latitude, place)
    CROSS JOIN LATERAL (
        SELECT neighbourhood FROM rings
        WHERE bounds @> point(p.longitude, p.latitude)
          AND ring @> point(p.longitude, p.latitude)
        GROUP BY neighbourhood HAVING NOT bool_or(is_hole)) r
    GROUP BY p.place
""")
# Those whom rows of people, or of wants that describe their person, name more than once.
_SHARED = text("""
    SELECT subject_id FROM import_sources
    WHERE force = :force AND kind IN ('people', 'wanted-person') AND subject_id = ANY (:ids)
    GROUP BY subject_id HAVING count(*) > 1
""")
_AREAS = text("""
    SELECT id, lpa, neighbourhood FROM persons WHERE force = :force AND id = ANY (:ids)
""")


class Kept(NamedTuple):
    """A row to keep as the last received: its key, the record, all that was said, its digest."""

    source_ref: str
    subject_id: UUID
    row: Mapping[str, Any]
    digest: bytes | None = None


class Source(NamedTuple):
    """The last row received for a record, and the record."""

    subject_id: UUID
    row: dict[str, Any]


def refresh_statistics(session: Session, kind: str) -> None:
    """Refresh the planner's statistics of what imports of a kind fill."""
    session.execute(text("SELECT refresh_statistics(:kind)"), {"kind": kind})


def lock_imports(session: Session, force: str) -> None:
    """Let this transaction be the only one that imports into the force."""
    wait_longer(session)
    session.execute(_LOCK, {"force": force})


def wait_longer(session: Session) -> None:
    """Let this transaction wait for the locks of others as long as a batch may."""
    session.execute(_WAIT_LONGER)


def wait_idly(session: Session) -> None:
    """Let this transaction stay open while others work for it."""
    session.execute(_WAIT_IDLY)


def load_facts(session: Session, force: str, now: datetime, today: date) -> Facts:
    """Read the codes and areas that rows are checked against."""
    codes: dict[str, set[str]] = {name: set() for name in ("countries", *_CODE_LISTS)}
    statement = text("SELECT list, code FROM code_entries WHERE list = ANY (:lists)")
    for row in session.execute(statement, {"lists": list(codes)}):
        codes[row.list].add(row.code)
    offences = session.execute(text("SELECT array_agg(code) FROM offences")).scalar_one()
    places = session.execute(
        text("SELECT code, lpa FROM neighbourhoods WHERE force = :force"), {"force": force}
    )
    lpas = session.execute(text("SELECT code FROM lpas WHERE force = :force"), {"force": force})
    return Facts(
        force=force,
        now=now,
        today=today,
        offences=frozenset(offences or ()),
        codes=codes,
        neighbourhoods={row.code: row.lpa for row in places},
        lpas=frozenset(lpas.scalars()),
    )


def find_sources(
    session: Session, force: str, kind: str, refs: Collection[str]
) -> dict[str, Source]:
    """Give the last row received under each of these refs."""
    if not refs:
        return {}
    values = {"force": force, "kind": kind, "refs": list(refs)}
    return {
        row.source_ref: Source(row.subject_id, row.row)
        for row in session.execute(_SOURCES, values).all()
    }


def has_sources(session: Session, kind: str) -> bool:
    """Tell whether any row of a kind was ever received."""
    values = {"force": session.info["force"], "kind": kind}
    return bool(session.execute(_HAS_SOURCES, values).scalar_one())


def find_subjects(
    session: Session, force: str, kind: str, refs: Collection[str]
) -> dict[str, UUID]:
    """Give the record of each of these refs, without the row that was received."""
    if not refs:
        return {}
    values = {"force": force, "kind": kind, "refs": list(refs)}
    return {row.source_ref: row.subject_id for row in session.execute(_SUBJECTS, values).all()}


def keep_sources(
    session: Session,
    force: str,
    kind: str,
    import_id: UUID,
    received: Sequence[tuple[str, UUID, Mapping[str, Any]] | Kept],
) -> None:
    """Keep these as the last rows received; one without a digest is compared whole next time."""
    if not received:
        return
    kept = [Kept(*each) for each in received]
    rows = [
        {
            "source_ref": each.source_ref,
            "subject_id": each.subject_id,
            "row": each.row,
            "digest": each.digest and f"\\x{each.digest.hex()}",
        }
        for each in kept
    ]
    values = {
        "force": force,
        "kind": kind,
        "rows": as_json(rows),
        "at": recorded_at(session),
        "import_id": import_id,
    }
    session.execute(_KEEP_SOURCES, values)


def keep_digests(
    session: Session, force: str, kind: str, received: Sequence[tuple[str, bytes | None]]
) -> None:
    """Keep the digests of rows that said the same in other columns or an older form."""
    known = [each for each in received if each[1] is not None]
    if not known:
        return
    values = {
        "force": force,
        "kind": kind,
        "refs": [ref for ref, _ in known],
        "digests": [digest for _, digest in known],
    }
    session.execute(_KEEP_DIGESTS, values)


def find_digests(
    session: Session, force: str, kind: str, refs: Collection[str]
) -> dict[str, bytes]:
    """Give the digest of the last row received under each of these refs, where there is one."""
    values = {"force": force, "kind": kind, "refs": list(refs)}
    return {ref: bytes(digest) for ref, digest in session.execute(_DIGESTS, values).all()}


def is_unknown_to_planner(session: Session, kind: str) -> bool:
    """Tell whether the planner expects less than half of the force's rows of a kind."""
    values = {"force": session.info["force"], "kind": kind}
    plan = session.execute(_EXPECTED, values).scalar_one()
    there = session.execute(_THERE, values).scalar_one()
    return bool(plan[0]["Plan"]["Plan Rows"] * 2 < there)


def find_identified(
    session: Session, force: str, pnc_ids: Collection[str], cro_numbers: Collection[str]
) -> list[Row[Any]]:
    """Give (type, value, person_id) of valid identifiers."""
    values = {"force": force, "pnc_ids": list(pnc_ids), "cro_numbers": list(cro_numbers)}
    return list(session.execute(_IDENTIFIED, values).all())


def find_people(session: Session, force: str, written: Collection[str]) -> dict[str, UUID]:
    """Give the people of these ids and references, by what was written.

    A record that was merged is taken for its survivor.
    """
    # A reference is the shorter of the two.
    references = [each for each in written if len(each) < 20]  # noqa: PLR2004
    values = {
        "force": force,
        "ids": [each for each in written if each not in set(references)],
        "references": references,
    }
    return {row.written: row.id for row in session.execute(_BY_ID, values).all()}


def find_shared(session: Session, force: str, ids: Collection[UUID]) -> set[UUID]:
    """Give those of these people whom more than one row of their source is about."""
    if not ids:
        return set()
    return set(session.execute(_SHARED, {"force": force, "ids": list(ids)}).scalars())


def lock_people(session: Session, force: str, ids: Collection[UUID | None]) -> dict[UUID, Row[Any]]:
    """Give people as they stand, so that nobody alters them before this transaction ends."""
    found = sorted(each for each in ids if each is not None)
    if not found:
        return {}
    rows = session.execute(_LOCKED_PEOPLE, {"force": force, "ids": found})
    return {row.id: row for row in rows}


def locate(session: Session, force: str, points: Sequence[tuple[float, float]]) -> dict[int, str]:
    """Give the neighbourhood of each (longitude, latitude) that lies in one, by place from 0."""
    if not points:
        return {}
    values = {
        "force": force,
        "longitudes": [longitude for longitude, _ in points],
        "latitudes": [latitude for _, latitude in points],
    }
    return {row.place - 1: row.neighbourhood for row in session.execute(_LOCATE, values).all()}


def areas_of(
    session: Session, force: str, ids: Collection[UUID]
) -> dict[UUID, tuple[str | None, str | None]]:
    """Give (lpa, neighbourhood) of people."""
    rows = session.execute(_AREAS, {"force": force, "ids": list(ids)})
    return {row.id: (row.lpa, row.neighbourhood) for row in rows}


def as_json(value: Any) -> str:
    """Give a value as the text of a jsonb parameter."""
    return orjson.dumps(value, default=str).decode()


def change_records(
    session: Session,
    table: str,
    casts: Mapping[str, str],
    changes: Sequence[tuple[UUID, Mapping[str, Any]]],
) -> None:
    """Set, in each record, the columns named in its changes; `casts` are the columns there are.

    `casts` gives the SQL of a column's value from the text `t` or the JSON `j` of the change.
    """
    if not changes:
        return
    used = {column for _, changed in changes for column in changed}
    parts = "".join(
        f"{column} = CASE WHEN c.changes ? '{column}' THEN "
        + cast.format(t=f"(c.changes ->> '{column}')", j=f"(c.changes -> '{column}')")
        + f" ELSE r.{column} END, "
        for column, cast in casts.items()
        if column in used
    )
    statement = f"""
        UPDATE {table} r SET {parts} version = r.version + 1, updated_at = :at
        FROM (SELECT CAST(e ->> 'id' AS uuid) AS id, e -> 'changes' AS changes
              FROM jsonb_array_elements(CAST(:changes AS jsonb)) e) c
        WHERE r.force = :force AND r.id = ANY (:ids) AND r.id = c.id
    """
    content = [{"id": record, "changes": changed} for record, changed in changes]
    session.execute(
        text(statement),
        {
            "changes": as_json(content),
            "force": session.info["force"],
            "ids": [record for record, _ in changes],
            "at": recorded_at(session),
        },
    )


_BIRTHS = text("""
    SELECT id, date_of_birth FROM persons
    WHERE force = :force AND id = ANY (CAST(:people AS uuid[])) AND date_of_birth IS NOT NULL
""")


def births_of(session: Session, force: str, people: Collection[UUID]) -> dict[UUID, date]:
    """Give the dates of birth of those people of whom they are known."""
    values = {"force": force, "people": [each.hex for each in people]}
    return {row.id: row.date_of_birth for row in session.execute(_BIRTHS, values).all()}
