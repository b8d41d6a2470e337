"""Sightings: that a person was seen, when and where; activity of the open wants on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.access import Scope
from offenders.domain.versions import IfMatch
from offenders.domain.wanted.acting import Doing, record_sighting_of
from offenders.domain.wanted.models import Sighting, Want
from offenders.domain.wanted.repeating import hold_client_id, used_otherwise
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.domain.wanted.store import find_person
from offenders.errors import NotFound, PersonMerged
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_SAID = (
    "place",
    "latitude",
    "longitude",
    "with_whom",
    "registration_mark",
    "note",
)
_HIDDEN = "(p.are_addresses_protected AND NOT :sees_protected)"
_JSON = f"""
    json_build_object('id', x.id, 'person_id', x.person_id, 'client_id', x.client_id,
        'occurred_at', x.occurred_at,
        'place', CASE WHEN NOT {_HIDDEN} THEN x.place END,
        'latitude', CASE WHEN NOT {_HIDDEN} THEN x.latitude END,
        'longitude', CASE WHEN NOT {_HIDDEN} THEN x.longitude END,
        'with_whom', x.with_whom, 'registration_mark', x.registration_mark,
        'note', CASE WHEN NOT {_HIDDEN} THEN x.note END,
        'masked', CASE WHEN {_HIDDEN}
                       THEN CAST('["place", "latitude", "longitude", "note"]' AS json)
                       ELSE CAST('[]' AS json) END,
        'recorded_by', x.recorded_by, 'recorded_at', x.recorded_at)
"""
_LIST = f"""
    SELECT CAST({_JSON} AS text), x.occurred_at::text, x.id, {_HIDDEN} AS is_hidden
    FROM sightings x JOIN persons p ON p.force = x.force AND p.id = x.person_id
    WHERE x.force = :force AND x.person_id = :person_id
"""
_SURVIVOR = text("""
    SELECT coalesce(merged_into, id) FROM persons WHERE force = :force AND id = :id
""")
_COUNT = text("SELECT count(*) FROM sightings WHERE force = :force AND person_id = :person_id")


@dataclass(frozen=True)
class Recorded:
    """A sighting, whether it had been recorded before, and the wants of which it is activity."""

    sighting: Sighting
    is_repeated: bool
    wants: Sequence[UUID]


def record_sighting(  # noqa: PLR0913 - who saw whom, and which wants they may know of
    session: Session,
    *,
    actor: str,
    scope: Scope,
    written: str,
    fields: dict[str, Any],
    now: datetime,
) -> Recorded:
    """Record a sighting once, however often it is sent; `scope` is where the actor reads wants.

    Raises Conflict where its `client_id` names another record.
    """
    force = session.info["force"]
    client_id: UUID | None = fields.get("client_id")
    if client_id is not None:
        hold_client_id(session, client_id)
        first = _find(session, client_id)
        if first is not None:
            _require_same(session, first, written, actor, fields)
            return Recorded(first, is_repeated=True, wants=_wants_of(session, first, scope))
    person = find_person(session, force, written, keep=True)
    if person is None:
        raise NotFound
    sighting = Sighting(
        force=force,
        id=new_id(force),
        person_id=person.id,
        client_id=client_id,
        occurred_at=fields.get("occurred_at") or recorded_at(session),
        recorded_by=actor,
        recorded_at=recorded_at(session),
        **{name: fields[name] for name in _SAID if fields.get(name) is not None},
    )
    session.add(sighting)
    session.flush()
    _count_as_activity(session, sighting, actor, now)
    return Recorded(sighting, is_repeated=False, wants=_wants_of(session, sighting, scope))


def _find(session: Session, client_id: UUID) -> Sighting | None:
    force = session.info["force"]
    named = select(Sighting).where(Sighting.force == force, Sighting.client_id == client_id)
    return session.execute(named).scalar_one_or_none()


def _require_same(
    session: Session, first: Sighting, written: str, actor: str, fields: dict[str, Any]
) -> None:
    try:
        person = find_person(session, first.force, written)
        person_id = person.id if person is not None else None
    except PersonMerged as merged:
        person_id = merged.survivor
    of = {"force": first.force, "id": first.person_id}
    kept = {name: getattr(first, name) for name in _SAID}
    sent = {name: fields.get(name) for name in _SAID}
    occurred_at = fields.get("occurred_at") or first.occurred_at
    is_same = (actor, kept, occurred_at) == (first.recorded_by, sent, first.occurred_at)
    if person_id != session.execute(_SURVIVOR, of).scalar() or not is_same:
        raise used_otherwise()


def _count_as_activity(session: Session, sighting: Sighting, actor: str, now: datetime) -> None:
    open_wants = (
        select(Want)
        .where(
            Want.force == sighting.force,
            Want.person_id == sighting.person_id,
            Want.state == OUTSTANDING,
            Want.entered_at <= sighting.occurred_at,
        )
        .order_by(Want.id)
        .with_for_update()
    )
    details = {"sighting_id": str(sighting.id)}
    doing = Doing(actor, Scope(sighting.force), "", {}, IfMatch(any_version=True), now)
    for want in session.execute(open_wants).scalars():
        own = replace(doing, fields=dict(details))
        record_sighting_of(session, want, own, sighting.occurred_at)


def _wants_of(session: Session, sighting: Sighting, scope: Scope) -> list[UUID]:
    """Give the wants whose log tells of the sighting, as far as the reader may know of them."""
    statement = text(f"""
        SELECT w.id FROM wants w WHERE {scope.condition("w")} AND w.person_id = :person_id
          AND EXISTS (SELECT FROM want_actions a WHERE a.force = w.force AND a.want_id = w.id
                      AND a.kind = 'sighting' AND a.details ->> 'sighting_id' = :sighting_id)
        ORDER BY w.id
    """)
    named = {"person_id": sighting.person_id, "sighting_id": str(sighting.id)}
    return list(session.execute(statement, scope.values | named).scalars())


def show_sighting(session: Session, sighting: Sighting, *, sees_protected: bool) -> Row[Any]:
    """Give one sighting as (json, occurred_at, id, is_hidden)."""
    values = {
        "force": sighting.force,
        "person_id": sighting.person_id,
        "id": sighting.id,
        "sees_protected": sees_protected,
    }
    return session.execute(text(f"{_LIST} AND x.id = :id"), values).one()


def count_sightings(session: Session, person_id: UUID) -> int:
    """Count the sightings of a person."""
    values = {"force": session.info["force"], "person_id": person_id}
    return int(session.execute(_COUNT, values).scalar_one())


def list_sightings(
    session: Session,
    *,
    person_id: UUID,
    sees_protected: bool,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give the sightings of a person, the last first, in the same form."""
    values: dict[str, Any] = {
        "force": session.info["force"],
        "person_id": person_id,
        "sees_protected": sees_protected,
        "limit": limit,
    }
    keyset = ""
    if after is not None:
        keyset = """
            AND (x.occurred_at, x.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))
        """
        values |= {"after_at": after[0], "after_id": after[1]}
    order = "ORDER BY x.occurred_at DESC, x.id DESC LIMIT :limit"
    return list(session.execute(text(f"{_LIST} {keyset} {order}"), values))
