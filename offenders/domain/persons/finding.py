"""The person that something is recorded about: found by id or reference, and held meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.errors import Invalid, PersonMerged
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_PERSON = text("""
    SELECT id, lpa, neighbourhood, date_of_birth, merged_into FROM persons
    WHERE force = :force AND (id = :id OR reference = :reference) FOR NO KEY UPDATE
""")


def hold_person(session: Session, written: object) -> Row[Any]:
    """Give (id, lpa, neighbourhood, date_of_birth) of `person_id` as written, locked.

    Raises Invalid where there is nobody, PersonMerged where another record stands for them.
    """
    named = str(written)
    values = {
        "force": session.info["force"],
        "id": as_uuid(named),
        "reference": as_reference(named),
    }
    person = session.execute(_PERSON, values).one_or_none()
    if person is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field("/person_id", message)
    PersonMerged.check(written, person.merged_into)
    return person
