"""Making a meeting: its pack is drawn as at its cut-off, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import IntegrityError, OperationalError

from offenders import clock
from offenders.db import as_service, recorded_at, settle, settled_now
from offenders.domain.meetings import rules, store
from offenders.domain.meetings.drawing import draw_pack
from offenders.domain.meetings.models import Meeting
from offenders.domain.meetings.rules import RULE, Kind, Tier
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.tasks.service import carry_over
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_CAP: Final = "rows_of_section"
_LOCK_NOT_AVAILABLE: Final = "55P03"  # PostgreSQL, appendix A
_SKEW: Final = timedelta(seconds=1)  # the caller's clock may be a little ahead of ours


@dataclass(frozen=True)
class NewMeeting:
    """What a meeting shall be; without a cut-off its pack is drawn as at `held_at`, or now."""

    tier: Tier
    kind: Kind = Kind.DAILY
    lpa: str | None = None
    held_at: datetime | None = None
    cut_off: datetime | None = None
    chair: str | None = None
    attendance: tuple[dict[str, Any], ...] = ()


def convene(session: Session, scope: Scope, actor: str, new: NewMeeting) -> Meeting:
    """Make a meeting and freeze its pack.

    Raises Invalid for a moment in the future or an area that is not the actor's, Conflict where
    this meeting is made already, and Unsettled while what began before the cut-off still runs.
    """
    _check_area(session, scope, new)
    cut_off = _cut_off(session, new)
    if new.chair is not None:
        reference.register_officer(session, new.chair)
    figures = figures_in_force(session, scope.force, RULE, clock.today())
    since, until = rules.window(new.kind, figures[new.kind], cut_off)
    moment = recorded_at(session)
    meeting = Meeting(
        force=scope.force,
        id=new_id(scope.force),
        reference=new_reference("G", scope.force),
        tier=new.tier,
        kind=new.kind,
        lpa=new.lpa,
        held_at=min(new.held_at or cut_off, moment),
        cut_off=cut_off,
        since=since,
        until=until,
        chair=new.chair,
        attendance=list(new.attendance),
        recorded_by=actor,
        version=1,
        recorded_at=moment,
        updated_at=moment,
    )
    _refuse_same(session, meeting)
    # A pack is for all who read it later: whom each of them may not see is left out then. And a
    # decision about whom the actor may not see was one all the same.
    with as_service(session):
        previous = store.find_previous(session, meeting)
        meeting.previous_id = previous.id if previous is not None else None
        _add(session, meeting)
        last = previous.cut_off if previous is not None else None
        carried = draw_pack(session, meeting, last, min(figures[_CAP], rules.MOST_ROWS))
        carry_over(session, actor=actor, meeting_id=meeting.id, task_ids=carried)
    return meeting


def _refuse_same(session: Session, meeting: Meeting) -> None:
    same = store.find_same(session, meeting)
    if same is not None:
        message = "This meeting is made already, with the same cut-off. Read it."
        raise Conflict(message, href=f"/v1/meetings/{same}")


def _add(session: Session, meeting: Meeting) -> None:
    """Store the meeting, unless somebody else has made it at the same time."""
    try:
        with session.begin_nested():
            session.add(meeting)
    except IntegrityError:
        _refuse_same(session, meeting)
        raise
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) != _LOCK_NOT_AVAILABLE:
            raise
        message = "Somebody is making this meeting just now, with the same cut-off. Read it there."
        area = f"lpa={meeting.lpa}" if meeting.lpa is not None else "tier=force"
        href = f"/v1/meetings?kind={meeting.kind}&{area}&limit=1"
        raise Conflict(message, href=href) from error


def _check_area(session: Session, scope: Scope, new: NewMeeting) -> None:
    if new.tier is Tier.LPA and new.lpa is None:
        raise Invalid.field("/lpa", "Name the LPA whose meeting it is, or send tier `force`.")
    if new.tier is Tier.FORCE and new.lpa is not None:
        raise Invalid.field("/lpa", "A meeting of the force has none. Leave it out.")
    reference.require_area(session, new.lpa, None)
    if not scope.covers(new.lpa, None):
        pointer = "/lpa" if new.tier is Tier.LPA else "/tier"
        raise Invalid.field(pointer, "Hold the meeting of one of your own areas.")


def _cut_off(session: Session, new: NewMeeting) -> datetime:
    """Give the moment of the pack: told, or the last of which everything is known."""
    present = recorded_at(session)
    for pointer, moment in (("/held_at", new.held_at), ("/cut_off", new.cut_off)):
        if moment is not None and moment > present + _SKEW:
            message = "This lies in the future: what will be known then can't be told. Come back."
            raise Invalid.field(pointer, message, RULE)
    asked = new.cut_off or new.held_at
    if asked is None or asked >= present:
        return min(present, settled_now(session))
    if new.cut_off is not None and new.held_at is not None and new.cut_off > new.held_at:
        raise Invalid.field("/cut_off", "A pack is drawn before the meeting is held, not after.")
    settle(session, asked)
    return asked
