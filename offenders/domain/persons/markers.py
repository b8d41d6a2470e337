"""Warning markers: coded, reasoned, reviewed, one active per code, and removed with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.persons.adding import key_of
from offenders.domain.persons.models import Marker, MarkerReview, Person
from offenders.domain.persons.rules import review_day
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.working_days import london_day, start_of_london_day
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.persons.adding import Entry

REVIEW_RULE = "marker-reviews"


def add_marker(session: Session, person: Person, entry: Entry) -> None:
    """Add a marker; a second active one with the same code is refused."""
    fields, code = entry.fields, entry.fields["code"]
    reference.require_entry(session, "warning_markers", code, "/code")
    _refuse_second(session, person, code)
    from_on = fields.get("from_on") or clock.today()
    review_on = fields.get("review_on") or _review_day(session, from_on)
    if review_on < from_on:
        raise Invalid.field("/review_on", "Send a day not before `from`.")
    marker = Marker(
        **key_of(session, person, entry),
        code=code,
        rationale=fields["rationale"],
        source=fields.get("source"),
        from_on=from_on,
        review_on=review_on,
        version=1,
    )
    session.add(marker)
    session.flush()


def _review_day(session: Session, from_on: date) -> date:
    figure = figure_in_force(session, session.info["force"], REVIEW_RULE, clock.today())
    if figure is None:
        raise Invalid.field("/review_on", "No figure is in force for reviews. Send a day.")
    return review_day(from_on, figure)


def _refuse_second(session: Session, person: Person, code: str) -> None:
    active = select(Marker.id).where(
        Marker.force == person.force,
        Marker.person_id == person.id,
        Marker.code == code,
        Marker.removed_at.is_(None),
    )
    if session.execute(active).first() is not None:
        message = "This marker is already active for this person. Remove it before giving it anew."
        raise Conflict(message, existing=f"/v1/people/{person.id}/markers")


def remove_marker(
    session: Session, person: Person, written: str, reason: str, actor_subject: str
) -> UUID:
    """End a marker with a reason; it stays on record."""
    marker = _take_active(session, person, written, "There is nothing to remove.")
    marker.removed_at = recorded_at(session)
    marker.removed_by = actor_subject
    marker.removal_reason = reason
    marker.version += 1
    session.flush()
    return marker.id


def review_marker(session: Session, person: Person, written: str, entry: Entry) -> UUID:
    """Record that a marker was looked at again and stays; the latest review sets the next day.

    Fields: `rationale`, and if told `occurred_at` and `review_on`, which must lie ahead.
    """
    marker = _take_active(session, person, written, "Give it anew if it is needed.")
    fields = entry.fields
    occurred_at: datetime = fields.get("occurred_at") or recorded_at(session)
    if occurred_at < start_of_london_day(marker.from_on):
        raise Invalid.field("/occurred_at", "Send a moment not before the marker's `from`.")
    review_on = fields.get("review_on") or _review_day(session, london_day(occurred_at))
    if "review_on" in fields and review_on <= clock.today():
        raise Invalid.field("/review_on", "Send a day after today.")
    is_latest = (_last_review(session, marker) or occurred_at) <= occurred_at
    review = MarkerReview(
        force=marker.force,
        id=entry.id,
        marker_id=marker.id,
        rationale=fields["rationale"],
        was_due_on=marker.review_on,
        review_on=review_on,
        occurred_at=occurred_at,
        recorded_by=entry.actor_subject,
        recorded_at=recorded_at(session),
    )
    session.add(review)
    if is_latest:
        marker.review_on = review_on
        marker.version += 1
    session.flush()
    return marker.id


def _last_review(session: Session, marker: Marker) -> datetime | None:
    last = select(func.max(MarkerReview.occurred_at)).where(
        MarkerReview.force == marker.force, MarkerReview.marker_id == marker.id
    )
    found: datetime | None = session.execute(last).scalar()
    return found


def _take_active(session: Session, person: Person, written: str, what_now: str) -> Marker:
    named = select(Marker).where(
        Marker.force == person.force, Marker.person_id == person.id, Marker.id == as_uuid(written)
    )
    marker = session.execute(named.with_for_update()).scalar_one_or_none()
    if marker is None:
        raise NotFound
    if marker.removed_at is not None:
        message = f"This marker has been removed already. {what_now}"
        raise Conflict(message, state="removed", possible=[])
    return marker
