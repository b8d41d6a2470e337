"""SQL of single wants, for use cases that change or judge one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.domain.wanted.asking import PERSON
from offenders.domain.wanted.models import Want
from offenders.errors import NotFound, PersonMerged
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope


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
        SELECT id, neighbourhood, lpa, merged_into FROM persons
        WHERE force = :force AND (id = :id OR reference = :reference)
        {"FOR SHARE" if keep else ""}
    """)
    values = {"force": force, "id": as_uuid(written), "reference": as_reference(written)}
    person = session.execute(statement, values).one_or_none()
    if person is not None:
        PersonMerged.check(written, person.merged_into)
    return person


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
