"""Emergency access: taken for a reason, for a short time, and looked at by a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import as_service, recorded_at
from offenders.domain.flags import service as flags
from offenders.domain.flags.service import DueSource, Settled
from offenders.domain.persons.service import require_person
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import EVERYTHING, explained_figures, figure_in_force
from offenders.domain.sharing.rules import MINUTES, REVIEW_HOURS
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_reference, as_uuid, new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch

TAKEN: Final = "emergency-access"
OVERDUE: Final = "emergency-access-reviews"
QUEUE: Final = "access-reviews"  # the team that answers for reviews until a force names another

_ADD = text("""
    INSERT INTO emergency_accesses (force, id, reference, person_id, lpa, neighbourhood, reason,
        taken_by, taken_role, taken_at, until_at, review_due_at, recorded_at)
    VALUES (:force, :id, :reference, :person_id, :lpa, :neighbourhood, :reason, :taken_by,
            :taken_role, :taken_at, :until, :review_due_at, :at)
""")
_KEY: Final = "e.force = :force AND (e.id = :id OR e.reference = :reference)"
# Others' are for those who review them.
_MINE: Final = "(:sees_all OR e.taken_by = :reader)"
_TAKE = text(f"""
    SELECT e.id, e.version, e.taken_by, e.until_at, e.ended_at, e.reviewed_at
    FROM emergency_accesses e WHERE {_KEY} AND {_MINE} FOR UPDATE
""")
_END = text("""
    UPDATE emergency_accesses SET ended_at = :now, version = version + 1
    WHERE force = :force AND id = :id
""")
_REVIEW = text("""
    UPDATE emergency_accesses SET reviewed_at = :now, reviewed_by = :actor, outcome = :outcome,
                                  review_note = :note, version = version + 1
    WHERE force = :force AND id = :id
""")
_STATES: Final = {
    "open": "e.ended_at IS NULL AND e.until_at > :now",
    "ended": "(e.ended_at IS NOT NULL OR e.until_at <= :now)",
}
# No name stands here: a reviewer may be shut out from the person, too.
_JSON: Final = f"""
    json_build_object('id', e.id, 'reference', e.reference, 'force', e.force,
        'person_id', e.person_id, 'lpa', e.lpa, 'neighbourhood', e.neighbourhood,
        'reason', e.reason, 'taken_by', e.taken_by, 'taken_role', e.taken_role,
        'taken_at', e.taken_at, 'until', e.until_at,
        'state', CASE WHEN {_STATES["open"]} THEN 'open' ELSE 'ended' END,
        'ended_at', e.ended_at, 'review_due_at', e.review_due_at,
        'is_review_overdue', e.reviewed_at IS NULL AND e.review_due_at <= :now,
        'reviewed_at', e.reviewed_at, 'reviewed_by', e.reviewed_by, 'outcome', e.outcome,
        'review_note', e.review_note, 'recorded_at', e.recorded_at, 'version', e.version)::text
"""
_HAS_CLOSED = text("""
    SELECT EXISTS (
        SELECT FROM emergency_accesses e
        WHERE e.force = :force AND e.taken_by = :reader
          AND coalesce(e.ended_at, e.until_at) BETWEEN :since AND :now)
""")
_ONE = text(f"SELECT {_JSON}, e.version, e.id FROM emergency_accesses e WHERE {_KEY} AND {_MINE}")
_FLAG: Final = """
    SELECT 'emergency_access' AS subject_type, e.id AS subject_id,
           e.reference AS subject_reference, CAST(NULL AS uuid) AS person_id,
           coalesce(e.lpa, (SELECT n.lpa FROM neighbourhoods n
                            WHERE n.force = e.force AND n.code = e.neighbourhood)) AS lpa,
           e.neighbourhood, CAST(NULL AS text) AS owner_officer, :queue AS owner_team,
           'alert' AS severity,
           jsonb_build_object('what', CAST(:what AS text), 'taken_by', e.taken_by,
               'taken_at', e.taken_at, 'until', e.until_at, 'review_due_at', e.review_due_at)
               || CAST(:figures AS jsonb) AS because,
           e.review_due_at AS due_at
    FROM emergency_accesses e WHERE e.force = :force AND e.reviewed_at IS NULL
"""


@dataclass(frozen=True)
class Taker:
    """Who takes or looks at an emergency access; `sees_all` where they review others'."""

    actor: str
    role: str
    sees_all: bool = False


def take_access(session: Session, taker: Taker, fields: Mapping[str, Any]) -> Row[Any]:
    """Open one person or one area to the taker for some minutes; give (json, version, id)."""
    force, now = session.info["force"], clock.now()
    named = [name for name in ("person_id", "lpa", "neighbourhood") if fields.get(name)]
    if len(named) != 1:
        message = "Name one of person_id, lpa and neighbourhood."
        raise Invalid.field("/person_id", message)
    longest = figure_in_force(session, force, MINUTES, clock.today()) or 0
    if longest < 1:
        message = "Your force gives no emergency access. Ask whoever may read them."
        raise Conflict(message, rule=MINUTES)
    minutes = fields.get("minutes") or longest
    if minutes > longest:
        raise Invalid.field("/minutes", f"Your force lets it last {longest} minutes at most.")
    hours = figure_in_force(session, force, REVIEW_HOURS, clock.today()) or 0
    reference.require_area(session, fields.get("lpa"), fields.get("neighbourhood"))
    access_id = new_id(force)
    values = {
        "force": force,
        "id": access_id,
        "reference": new_reference("E", force),
        "person_id": _person(session, fields["person_id"]) if "person_id" in named else None,
        "lpa": fields.get("lpa"),
        "neighbourhood": fields.get("neighbourhood"),
        "reason": fields["reason"],
        "taken_by": taker.actor,
        "taken_role": taker.role,
        "taken_at": now,
        "until": now + timedelta(minutes=minutes),
        "review_due_at": now + timedelta(hours=hours),
        "at": recorded_at(session),
    }
    session.execute(_ADD, values)
    reference.register_team(session, QUEUE)
    what = "Emergency access was taken. A second person must review it."
    source = _source(session, REVIEW_HOURS, what, "AND e.id = :access_id", access_id=access_id)
    flags.raise_due(session, rule=TAKEN, source=source)
    return show_access(session, taker, str(access_id))


def _person(session: Session, written: object) -> UUID:
    """Find the person though they be hidden: that is what the access is for."""
    with as_service(session):
        try:
            return require_person(session, str(written)).id
        except NotFound as error:
            raise Invalid.field("/person_id", "There is no such person here.") from error


def has_closed(session: Session, reader: str, since: datetime, now: datetime) -> bool:
    """Tell whether something was open to a reader that has been shut since a moment."""
    values = {"force": session.info["force"], "reader": reader, "since": since, "now": now}
    found: bool = session.execute(_HAS_CLOSED, values).scalar_one()
    return found


def show_access(session: Session, taker: Taker, written: str) -> Row[Any]:
    """Give one access as (json, version, id); raise NotFound."""
    row = session.execute(_ONE, _values(session, taker, written)).one_or_none()
    if row is None:
        raise NotFound
    return row


def list_accesses(
    session: Session,
    taker: Taker,
    filters: Mapping[str, Any],
    *,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give accesses as (json, taken_at, id), newest first."""
    parts = ["e.force = :force", _MINE]
    if (state := filters.get("state")) is not None:
        parts.append(_STATES[state])
    if (is_reviewed := filters.get("reviewed")) is not None:
        parts.append(f"e.reviewed_at IS {'NOT ' if is_reviewed else ''}NULL")
    if filters.get("review_overdue"):
        parts.append("e.reviewed_at IS NULL AND e.review_due_at <= :now")
    if filters.get("taken_by") is not None:
        parts.append("e.taken_by = :taken_by")
    if after is not None:
        parts.append(
            "(e.taken_at, e.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
    sql = f"""
        SELECT {_JSON}, e.taken_at::text, e.id::text FROM emergency_accesses e
        WHERE {" AND ".join(parts)} ORDER BY e.taken_at DESC, e.id DESC LIMIT :limit
    """
    values = _values(session, taker, "") | {"taken_by": filters.get("taken_by"), "limit": limit}
    values |= {"after_at": after[0], "after_id": after[1]} if after else {}
    return list(session.execute(text(sql), values))


def end_access(session: Session, taker: Taker, written: str, if_match: IfMatch) -> Row[Any]:
    """End an access before its time; it opens nothing from then on."""
    found = _take(session, taker, written)
    if_match.check(found.version)
    if found.ended_at is not None or found.until_at <= clock.now():
        message = "This access has ended. There is nothing to end."
        raise Conflict(message, state="ended", possible=[])
    session.execute(_END, _values(session, taker, str(found.id)))
    return show_access(session, taker, str(found.id))


def review_access(
    session: Session, taker: Taker, written: str, outcome: str, note: str
) -> Row[Any]:
    """Say whether it was justified; nobody reviews their own, and once is enough."""
    found = _take(session, taker, written)
    if found.taken_by == taker.actor:
        message = "You took this access. Somebody else must review it."
        raise Conflict(message, rule="second-person")
    if found.reviewed_at is not None:
        message = "This access has been reviewed. Read it again."
        raise Conflict(message, state="reviewed", possible=[])
    values = _values(session, taker, str(found.id))
    session.execute(_REVIEW, values | {"actor": taker.actor, "outcome": outcome, "note": note})
    because = "A second person has reviewed it."
    flags.clear_for(session, subject_id=found.id, rules=[TAKEN, OVERDUE], because=because)
    return show_access(session, taker, str(found.id))


def settle_reviews(session: Session) -> Settled:
    """Flag what nobody has reviewed in time."""
    what = "An emergency access has not been reviewed in time."
    source = _source(session, REVIEW_HOURS, what, "AND e.review_due_at <= :now")
    settled = flags.settle(session, rule=OVERDUE, source=source, because="It was reviewed.")
    if settled.raised:
        reference.register_team(session, QUEUE)
    return settled


def _take(session: Session, taker: Taker, written: str) -> Row[Any]:
    found = session.execute(_TAKE, _values(session, taker, written)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _values(session: Session, taker: Taker, written: str) -> dict[str, Any]:
    now: datetime = clock.now()
    return {
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
        "reader": taker.actor,
        "sees_all": taker.sees_all,
        "now": now,
    }


def _source(session: Session, rule: str, what: str, only: str, **more: Any) -> DueSource:
    force = session.info["force"]
    figure = explained_figures(session, force, rule, clock.today()).get(EVERYTHING, {})
    values = {
        "force": force,
        "queue": QUEUE,
        "what": what,
        "figures": orjson.dumps(figure, default=str).decode(),
        "now": clock.now(),
    }
    return DueSource(f"{_FLAG} {only}", values | more)
