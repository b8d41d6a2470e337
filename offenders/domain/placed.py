"""Records that stand in an area of their own or, without one, in that of their person's home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import text

from offenders.db import Base
from offenders.domain.reference import service as reference
from offenders.errors import Invalid, NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

Record = TypeVar("Record", bound=Base)

_HOME = """
    SELECT r.id, p.lpa, p.neighbourhood, p.date_of_birth
    FROM {0} r JOIN persons p ON p.force = r.force AND p.id = r.person_id
    WHERE r.force = :force AND (r.id = :id OR r.reference = :reference)
"""


def area_of(record: Any, home: Any) -> tuple[str | None, str | None]:
    """Give where a record stands, as LPA and neighbourhood: its own area, or that of the home."""
    if record.lpa is None and record.neighbourhood is None:
        return home.lpa, home.neighbourhood
    return record.lpa, record.neighbourhood


def take_placed(
    session: Session, model: type[Record], scope: Scope, written: str
) -> tuple[Record, Row[Any]]:
    """Give a record for a change, locked until the transaction ends, and its person's home.

    The home is (id, lpa, neighbourhood, date_of_birth). Raises NotFound, also out of scope.
    """
    values = {"force": scope.force, "id": as_uuid(written), "reference": as_reference(written)}
    home = session.execute(text(_HOME.format(model.__tablename__)), values).one_or_none()
    if home is None:
        raise NotFound
    record = session.get_one(
        model, (scope.force, home.id), with_for_update=True, populate_existing=True
    )
    if not scope.covers(*area_of(record, home)):
        raise NotFound
    return record, home


def move(session: Session, record: Any, fields: dict[str, Any], scope: Scope, *, what: str) -> None:
    """Put a record in the area that the fields name, or with its person. Raises Invalid."""
    place = {"lpa": record.lpa, "neighbourhood": record.neighbourhood}
    place |= {name: fields[name] for name in place if name in fields}
    if "neighbourhood" in fields and "lpa" not in fields:
        place["lpa"] = None
    lpa, neighbourhood = place["lpa"], place["neighbourhood"]
    if lpa is not None or neighbourhood is not None:
        lpa = reference.require_area(session, lpa, neighbourhood)
        if not scope.covers(lpa, neighbourhood):
            raise Invalid.field("/neighbourhood", f"Keep the {what} in one of your own areas.")
    record.lpa, record.neighbourhood = lpa, neighbourhood
