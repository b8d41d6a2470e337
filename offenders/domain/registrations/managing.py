"""Managing a registered person: notifications, visits, assessments, risk, travel, absences."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.registrations import clocks
from offenders.domain.registrations.acting import Doing, Taken, finish, occurred_at, take, with_law
from offenders.domain.registrations.cases import Management, Risk
from offenders.domain.registrations.clocks import ROLLING, Kind
from offenders.domain.registrations.due import REACTIVE
from offenders.domain.registrations.law import ACT
from offenders.domain.registrations.store import VISITS
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.registrations.models import Registration

_TWICE: Final = 2
_WARRANT: Final = (
    "Entry was refused twice: a superintendent may ask a magistrate for a warrant (s.96B)."
)


def later(one: date | None, other: date) -> date:
    """Give the later of two days, of which the first may be unknown."""
    return other if one is None else max(one, other)


def notify(session: Session, doing: Doing) -> Registration:
    """Record a notification, say whether it came in time, and begin the next year or week."""
    taken, fields = take(session, doing), doing.fields
    record = taken.record
    default = Kind.INITIAL if record.last_notified_on is None else Kind.PERIODIC
    kind = Kind(fields.get("kind") or default)
    moment: datetime = fields.get("occurred_at") or recorded_at(session)
    on = london_day(moment)
    with_law(lambda: clocks.check_notification(on, record.starts_on))
    if kind == Kind.INITIAL and record.first_notified_on is not None:
        message = f"The initial notification was made on {record.first_notified_on}."
        raise Conflict(message, possible=[each for each in Kind if each != Kind.INITIAL])
    details: dict[str, Any] = {
        name: fields.get(name)
        for name in ("station", "notified_to", "changed_on", "returned_on", "text")
        if fields.get(name) is not None
    } | {"kind": kind}
    details |= _timeliness(record, kind, on, fields)
    if kind == Kind.INITIAL:
        record.first_notified_on = on
    if kind in ROLLING:
        record.last_notified_on = later(record.last_notified_on, on)
    if kind == Kind.RETURN_FROM_ABROAD:
        _return(record, fields["returned_on"])
    if fields.get("has_no_fixed_abode") is not None:
        record.has_no_fixed_abode = fields["has_no_fixed_abode"]
    return finish(session, taken, doing, "notification", details=details, at=moment)


def _timeliness(
    record: Registration, kind: Kind, on: date, fields: dict[str, Any]
) -> dict[str, Any]:
    """Say by when it was due, by which section, and whether it came by then."""
    if kind in {Kind.INITIAL, Kind.PERIODIC}:
        due_on, section = record.notification_due_on, record.notification_section
    elif kind == Kind.RETURN_FROM_ABROAD:
        if fields.get("returned_on") is None:
            raise Invalid.field("/returned_on", "Say on which day the person came back.")
        if fields["returned_on"] > on:
            raise Invalid.field("/returned_on", f"This lies after the notification, on {on}.")
        due_on, section = clocks.return_due(fields["returned_on"]), f"{ACT} s.86"
    else:
        changed_on = fields.get("changed_on")
        due_on = clocks.change_due(changed_on) if changed_on else None
        section = f"{ACT} s.84(1)"
        if kind == Kind.OTHER_DETAILS:
            section = f"{ACT} s.84, S.I. 2012/1876"
    was_in_time = clocks.is_in_time(on, due_on)
    told = {"due_on": due_on, "section": section, "was_in_time": was_in_time}
    return told if was_in_time else told | {"suspected_offence": f"{ACT} s.91(1)"}


def _return(record: Registration, on: date) -> None:
    """Put the day of the return to the last journey that has none."""
    for number in reversed(range(len(record.travel))):
        journey = record.travel[number]
        if journey.get("returned_on") is None and journey["departs_on"] <= on.isoformat():
            kept = {**journey, "returned_on": on.isoformat()}
            record.travel = [*record.travel[:number], kept, *record.travel[number + 1 :]]
            return


def visit(session: Session, doing: Doing) -> Registration:
    """Record a visit planned or made. Only one at which the person was seen begins anew."""
    taken, fields = take(session, doing), doing.fields
    record = taken.record
    if fields.get("planned_for") is not None:
        if fields.get("seen") is not None:
            raise Invalid.field("/planned_for", "Send a plan, or what became of a visit.")
        record.visit_planned_for = fields["planned_for"]
        plan = {name: fields.get(name) for name in ("planned_for", "officers", "announced")}
        at = recorded_at(session)
        return finish(session, taken, doing, "visit", details=plan, at=at, changes_version=False)
    if fields.get("seen") is None:
        raise Invalid.field("/seen", "Say whether the person was seen, or send planned_for.")
    at = occurred_at(session, taken, doing)
    on = london_day(at)
    details = {name: value for name, value in fields.items() if name != "occurred_at"}
    if fields["seen"]:
        record.last_seen_on = later(record.last_seen_on, on)
        record.failed_visits = 0
    else:
        record.failed_visits += 1
        if fields.get("entry_refused") and record.failed_visits >= _TWICE:
            details["advice"] = _WARRANT
    if record.visit_planned_for is not None and record.visit_planned_for <= on:
        record.visit_planned_for = None
    if fields.get("concerns") and record.management == Management.REACTIVE:
        record.reactive_review_due_on = doing.today
    return finish(session, taken, doing, "visit", details=details, at=at, changes_version=False)


def assess(session: Session, doing: Doing) -> Registration:
    """Record an ARMS assessment; its outcome is a priority, not a risk."""
    taken = take(session, doing)
    at = occurred_at(session, taken, doing)
    on = london_day(at)
    record = taken.record
    if record.last_arms_on is None or on >= record.last_arms_on:
        record.last_arms_on, record.arms_priority = on, doing.fields["priority"]
    return finish(session, taken, doing, "arms_assessment", details=_said(doing), at=at)


def examine(session: Session, doing: Doing) -> Registration:
    """Record a polygraph examination."""
    taken = take(session, doing)
    at = occurred_at(session, taken, doing)
    return finish(session, taken, doing, "polygraph", details=_said(doing), at=at)


def _said(doing: Doing) -> dict[str, Any]:
    return {name: value for name, value in doing.fields.items() if name != "occurred_at"}


def set_risk(session: Session, doing: Doing) -> Registration:
    """Change the risk, for a reason; above low nobody is managed without visits.

    What was assessed before the risk that stands goes into the log alone.
    """
    taken, fields = take(session, doing), doing.fields
    record = taken.record
    at = occurred_at(session, taken, doing)
    details = {"from": record.risk, "to": fields["risk"]} | _said(doing)
    on = london_day(at)
    if fields["risk"] != record.risk and (record.risk_since is None or on >= record.risk_since):
        record.risk, record.risk_since = fields["risk"], on
    if manage_by_risk(record):
        details["management"] = Management.ACTIVE
    return finish(session, taken, doing, "risk_level", details=details, at=at)


def manage_by_risk(record: Registration) -> bool:
    """Let somebody above low risk be visited again; say whether that is new."""
    if record.risk == Risk.LOW or record.management != Management.REACTIVE:
        return False
    record.management, record.reactive_review_due_on = Management.ACTIVE, None
    return True


def set_management(session: Session, doing: Doing) -> Registration:
    """Manage without visits from now on, or with; renewing the one is its review."""
    taken, fields = take(session, doing), doing.fields
    record = taken.record
    at = occurred_at(session, taken, doing)
    if fields["management"] == Management.REACTIVE:
        _make_reactive(session, taken, doing)
    else:
        record.reactive_review_due_on = None
    details = {"from": record.management} | _said(doing)
    record.management = fields["management"]
    details["review_due_on"] = record.reactive_review_due_on
    return finish(session, taken, doing, "management", details=details, at=at)


def _make_reactive(session: Session, taken: Taken, doing: Doing) -> None:
    record, fields = taken.record, doing.fields
    if not fields.get("authorised_by"):
        raise Invalid.field("/authorised_by", "Say who authorised it.")
    if not clocks.may_be_reactive(record.risk, record.risk_since, doing.today):
        message = (
            f"Reactive management needs low risk for {clocks.REACTIVE_YEARS} years (NPCC, 2017);"
            f" this one is {record.risk or 'not assessed'} since {record.risk_since}."
        )
        raise Conflict(message, possible=[Management.ACTIVE])
    figures = figures_in_force(session, record.force, VISITS, clock.today())
    longest = doing.today + timedelta(days=figures[REACTIVE])
    due_on = fields.get("review_due_on") or longest
    if not doing.today < due_on <= longest:
        message = f"Send a day after today and not after {longest}, as the force's policy says."
        raise Invalid.field("/review_due_on", message)
    record.reactive_review_due_on = due_on


def give_notice(session: Session, doing: Doing) -> Registration:
    """Record notice of travel abroad, and whether it came in time by what was in force."""
    taken, fields = take(session, doing), doing.fields
    record = taken.record
    notified_at = occurred_at(session, taken, doing)
    departs_at: datetime = fields["departs_at"]
    departs_on, returns_on = london_day(departs_at), fields.get("returns_on")
    if returns_on is not None and returns_on < departs_on:
        raise Invalid.field("/returns_on", "This lies before the departure.")
    told = clocks.travel_notice(
        notified_at, departs_at, returns_on, is_excused=bool(fields.get("excuse"))
    )
    if not told["is_in_time"]:
        told["suspected_offence"] = f"{ACT} s.91(1)"
    entry = _entry(
        record,
        departs_at=departs_at.isoformat(),
        departs_on=departs_on.isoformat(),
        returns_on=returns_on.isoformat() if returns_on else None,
        notified_at=notified_at.isoformat(),
        **{name: fields.get(name) for name in ("countries", "details", "excuse")},
        **told,
    )
    record.travel = [*record.travel, entry]
    return finish(session, taken, doing, "travel", details=entry, at=notified_at)


def _entry(record: Registration, **said: Any) -> dict[str, Any]:
    return {"id": str(new_id(record.force)), **said}


def begin_absence(session: Session, doing: Doing) -> Registration:
    """Record that the person is in custody, in hospital or abroad: time that doesn't count."""
    taken, fields = take(session, doing), doing.fields
    record = taken.record
    from_on: date = fields.get("from") or doing.today
    until: date | None = fields.get("until")
    if until is not None and until < from_on:
        raise Invalid.field("/until", "This lies before it began.")
    for each in record.absences:
        begun, ended = each["from"], each.get("until")
        if (ended is None or ended > from_on.isoformat()) and (
            until is None or begun < until.isoformat()
        ):
            message = "The person was away then already. End that absence first."
            raise Conflict(message, existing=each["id"])
    entry = _entry(
        record,
        reason=fields["reason"],
        place=fields.get("place"),
        until=until.isoformat() if until else None,
        **{"from": from_on.isoformat()},
    )
    record.absences = [*record.absences, entry]
    return finish(session, taken, doing, "absence", details=entry, at=recorded_at(session))


def end_absence(session: Session, doing: Doing, absence: str) -> Registration:
    """Record the release or return: what the law asks for then runs from this day."""
    taken = take(session, doing)
    record, until = taken.record, doing.fields.get("until") or doing.today
    places = [n for n, each in enumerate(record.absences) if each["id"] == absence]
    if not places or record.absences[places[0]].get("until") is not None:
        standing = [each["id"] for each in record.absences if each.get("until") is None]
        message = "There is no such open absence."
        raise Conflict(message, state=record.state, possible=standing)
    entry = {**record.absences[places[0]], "until": until.isoformat()}
    if entry["until"] < entry["from"]:
        raise Invalid.field("/until", "This lies before it began.")
    rest = [each for n, each in enumerate(record.absences) if n != places[0]]
    record.absences = [*rest, entry]
    return finish(session, taken, doing, "absence", details=entry, at=recorded_at(session))
