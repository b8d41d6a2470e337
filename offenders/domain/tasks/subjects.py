"""What a task may be about: found by id or reference, and only where its maker may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.access import may, scope
from offenders.errors import Invalid, PersonMerged
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor


@dataclass(frozen=True)
class Subject:
    """A kind of record: its table, the permission to read it, its address and where it stands.

    Without an area of its own a record stands where its person lives. Names of tables of higher
    capabilities are data here: they are read, never written, and none of their code is called.
    """

    table: str
    permission: str
    address: str
    has_lpa: bool = True
    has_neighbourhood: bool = True


SUBJECTS: Final = {
    "person": Subject("persons", "persons:read", "/v1/people"),
    "want": Subject("wants", "wanted:read", "/v1/wanted"),
    "detention": Subject("detentions", "custody:read", "/v1/detentions", has_neighbourhood=False),
    "acro_check": Subject("acro_checks", "acro:read", "/v1/acro-checks", has_neighbourhood=False),
    "bail_record": Subject("bail_records", "bail:read", "/v1/bail-records"),
    "forensic_hit": Subject("forensic_hits", "forensics:read", "/v1/forensic-hits"),
    "iom_member": Subject("iom_members", "iom:read", "/v1/iom/members"),
    "mappa_case": Subject("mappa_cases", "mappa:read", "/v1/mappa/cases"),
    "registration": Subject("registrations", "registrations:read-full", "/v1/registrations"),
    "order": Subject("orders", "orders:read-whole", "/v1/orders"),
}
_PERSON = """
    SELECT s.id, s.reference, s.id AS person_id, s.lpa, s.neighbourhood, s.merged_into
    FROM persons s WHERE s.force = :force AND {named} FOR NO KEY UPDATE OF s
"""
_RECORD = """
    SELECT s.id, s.reference, s.person_id, NULL AS merged_into,
           CASE WHEN {follows} THEN p.lpa ELSE {lpa} END AS lpa,
           CASE WHEN {follows} THEN p.neighbourhood ELSE {neighbourhood} END AS neighbourhood
    FROM {table} s LEFT JOIN persons p ON p.force = s.force AND p.id = s.person_id
    WHERE s.force = :force AND {named} FOR NO KEY UPDATE OF s
"""


def find_subject(session: Session, actor: Actor, kind: str, written: str) -> Row[Any]:
    """Give (id, reference, person_id, lpa, neighbourhood) of the record that a task is about.

    It stays as it is until the transaction ends. Raises Invalid where there is none that the
    maker may see, PersonMerged where another record stands for the person.
    """
    found = _look(session, kind, written) if may(actor, SUBJECTS[kind].permission) else None
    if found is None or not _is_in_sight(session, actor, kind, found):
        message = f"There is no such {kind.replace('_', ' ')} here. Check the id."
        raise Invalid.field("/subject/id", message)
    PersonMerged.check(written, found.merged_into)
    return found


def _look(session: Session, kind: str, written: str) -> Row[Any] | None:
    subject = SUBJECTS[kind]
    named = "s.id = :id" if as_uuid(written) is not None else "s.reference = :reference"
    lpa = "s.lpa" if subject.has_lpa else "NULL"
    neighbourhood = "s.neighbourhood" if subject.has_neighbourhood else "NULL"
    follows = f"({lpa} IS NULL AND {neighbourhood} IS NULL)"
    sql = (_PERSON if kind == "person" else _RECORD).format(
        table=subject.table, named=named, lpa=lpa, neighbourhood=neighbourhood, follows=follows
    )
    values = {
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
    }
    return session.execute(text(sql), values).one_or_none()


def _is_in_sight(session: Session, actor: Actor, kind: str, found: Row[Any]) -> bool:
    """People are known to the whole force; their records where they stand."""
    if kind == "person":
        return True
    reach = scope(actor, SUBJECTS[kind].permission, session.info["force"])
    return reach.covers(found.lpa, found.neighbourhood)
