"""Recording a release with or without bail, and amending what a record says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.bail import rules
from offenders.domain.bail.acting import (
    NO_LONGER_WANTED,
    Doing,
    finish,
    follow_want,
    on_bail_again,
    take,
    with_law,
)
from offenders.domain.bail.cases import State, Unlawful
from offenders.domain.bail.conditions import imposed
from offenders.domain.bail.due import settle_flag
from offenders.domain.bail.law import CaseType, Kind, Rank, Regime
from offenders.domain.bail.models import BailRecord
from offenders.domain.bail.records import (
    add_action,
    lapse_if_over,
    release,
    set_review_clocks,
    settle_period,
)
from offenders.domain.history import begin_history
from offenders.domain.placed import area_of, move
from offenders.domain.reference import service as reference
from offenders.domain.wanted.service import duty_team
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid, PersonMerged
from offenders.ids import as_reference, as_uuid, new_id, new_reference

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

WITHOUT_BAIL: Final = "without_bail"
_GIVEN = ("arrested_at", "bailed_at", "offence_code", "crime_reference")
_FACTS = {"arrested_at", "bailed_at", "case_type", "agency"}
_PERSON = text("""
    SELECT id, lpa, neighbourhood, date_of_birth, merged_into,
           EXISTS (SELECT FROM offences o WHERE o.code = :offence_code) AS is_offence_known
    FROM persons WHERE force = :force AND (id = :id OR reference = :reference) FOR SHARE
""")
_SAME = text("""
    SELECT id, reference FROM bail_records
    WHERE force = :force AND person_id = :person_id AND arrested_at = :arrested_at
      AND crime_reference IS NOT DISTINCT FROM CAST(:crime_reference AS text)
      AND offence_code IS NOT DISTINCT FROM CAST(:offence_code AS text)
      AND outcome IS DISTINCT FROM 'entered_in_error' AND id <> :id
""")


def record_release(
    session: Session, *, actor: str, scope: Any, fields: dict[str, Any], now: datetime
) -> BailRecord:
    """Record a release after an arrest; give it. Raises Invalid and Conflict."""
    person = _person(session, fields)
    if fields["bailed_at"] < fields["arrested_at"]:
        raise Invalid.field("/bailed_at", "This lies before the arrest.")
    record = _plan(session, actor, fields, person)
    if not scope.covers(*area_of(record, person)):
        raise Invalid.field("/lpa", "Record the release in one of your own areas.")
    with_law(lambda: _apply_law(record, fields))
    _refuse_double(session, record)
    lapse_if_over(record, now)
    set_review_clocks(session, record)
    if record.owner_officer is not None:
        reference.register_officer(session, record.owner_officer)
    if record.owner_team is not None:
        reference.register_team(session, record.owner_team)
    session.add(record)
    session.flush()
    add_action(
        session,
        record,
        "entry",
        actor=actor,
        occurred_at=recorded_at(session),
        details={"version": 1, "because": record.because},
    )
    session.flush()
    begin_history(session, BailRecord.__table__, record.force, [record.id])
    settle_flag(session, record.id)
    return record


def _person(session: Session, fields: dict[str, Any]) -> Any:
    written = str(fields["person_id"])
    values = {
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
        "offence_code": fields.get("offence_code"),
    }
    person = session.execute(_PERSON, values).one_or_none()
    if person is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field("/person_id", message)
    PersonMerged.check(written, person.merged_into)
    if fields.get("offence_code") is not None and not person.is_offence_known:
        raise reference.unknown_offence("/offence_code")
    born = person.date_of_birth
    if born is not None and london_day(fields["arrested_at"]) < born:
        raise Invalid.field("/arrested_at", "This lies before the person was born.")
    return person


def _plan(session: Session, actor: str, fields: dict[str, Any], person: Any) -> BailRecord:
    force, moment = session.info["force"], recorded_at(session)
    lpa, neighbourhood = fields.get("lpa"), fields.get("neighbourhood")
    if lpa is not None or neighbourhood is not None:
        lpa = reference.require_area(session, lpa, neighbourhood)
    officer, team = fields.get("owner_officer"), fields.get("owner_team")
    if officer and team:
        raise Invalid.field("/owner_team", "Name one owner: an officer or a team, not both.")
    if not officer and not team:
        team = duty_team(force, lpa or person.lpa)
    default = CaseType.NON_STANDARD if _is_other_agency(fields) else CaseType.STANDARD
    case_type = fields.get("case_type") or default
    agency = fields.get("agency")
    if agency is None and case_type != CaseType.NON_STANDARD:
        agency = "police"
    return BailRecord(
        force=force,
        id=new_id(force),
        reference=new_reference("B", force),
        person_id=person.id,
        state=State.ON_BAIL,
        kind=fields.get("kind") or Kind.STATION,
        case_type=case_type,
        agency=agency,
        **{name: fields.get(name) for name in _GIVEN},
        lpa=lpa,
        neighbourhood=neighbourhood,
        owner_officer=officer,
        owner_team=team,
        return_at=fields.get("return_at"),
        return_follows=fields.get("return_at") is None,
        because={},
        conditions=imposed(fields.get("conditions") or [], fields["bailed_at"]),
        extensions=[],
        suspensions=[],
        has_lapsed=False,
        recorded_by=actor,
        version=1,
        recorded_at=moment,
        updated_at=moment,
    )


def _is_other_agency(fields: dict[str, Any]) -> bool:
    return fields.get("agency") not in {None, "police"}


def _apply_law(record: BailRecord, fields: dict[str, Any]) -> None:
    """Work out what the law says of the release; raise Unlawful or Invalid."""
    if fields.get("release") == WITHOUT_BAIL:
        for name in ("return_at", "conditions"):
            if fields.get(name):
                message = "Nobody released without bail has a time to answer or conditions."
                raise Invalid.field(f"/{name}", message)
        settle_period(record)
        clear_of_bail(record)
        release(record, record.bailed_at, lapsed=False)
        return
    period = settle_period(record)
    rules.check_release(period, record.bailed_at)
    rank = fields.get("authorised_rank")
    if rank is not None:
        _check_authority(record, Rank(rank))


def _check_authority(record: BailRecord, rank: Rank) -> None:
    """Raise Unlawful for bail granted by too low a rank."""
    if record.kind == Kind.STREET:
        return
    least = Rank.INSPECTOR if record.regime == Regime.B else Rank.SERGEANT
    if rules.is_below(rank, least):
        section = "s.50A(b)" if record.regime == Regime.B else "s.36(3)"
        message = f"Bail needs the authority of at least: {least}."
        raise Unlawful("authorised_rank", message, section)


def clear_of_bail(record: Any) -> None:
    """Take away what only bail has; say that no law limits release without it."""
    record.ends_on, record.return_at, record.return_follows = None, None, False
    record.because = {
        "rule": "Released without bail while the investigation goes on: no limit is set by law.",
        "section": "PACE 1984 ss.34(5), 37(2), 37(7)",
        "confidence": "H",
        "regime": record.because.get("regime"),
    }


def _refuse_double(session: Session, record: BailRecord) -> None:
    values = {
        "force": record.force,
        "person_id": record.person_id,
        "arrested_at": record.arrested_at,
        "crime_reference": record.crime_reference,
        "offence_code": record.offence_code,
        "id": record.id,
    }
    standing = session.execute(_SAME, values).one_or_none()
    if standing is not None:
        message = "This release after the same arrest is recorded already. Amend that record."
        link = f"/v1/bail-records/{standing.id}"
        raise Conflict(message, existing=link, reference=standing.reference)


def amend_record(session: Session, doing: Doing) -> BailRecord:
    """Change what a record says; a new time to answer puts who has surrendered on bail again."""
    record = take(session, doing, "amendment")
    fields = doing.fields
    if record.extensions and _changes_law(record, fields):
        message = "The record was extended by these facts. Close it as entered in error instead."
        raise Conflict(message, state=record.state)
    before = {name: getattr(record, name) for name in fields}
    for name in set(fields) - {"lpa", "neighbourhood", "return_at"}:
        setattr(record, name, fields[name])
    if {"lpa", "neighbourhood"} & set(fields):
        move(session, record, fields, doing.scope, what="record")
    if "return_at" in fields:
        _appoint(session, record, fields["return_at"])
    names = ("person_id", "offence_code", "arrested_at")
    _person(session, {name: getattr(record, name) for name in names})
    if record.has_lapsed and _FACTS & set(fields):
        on_bail_again(record)
    if _FACTS & set(fields):
        with_law(lambda: _apply_facts(record, before))
    elif record.state != State.RELEASED_WITHOUT_BAIL:
        with_law(lambda: settle_period(record))
    if record.bailed_at < record.arrested_at:
        raise Invalid.field("/bailed_at", "This lies before the arrest.")
    _refuse_double(session, record)
    changes = {
        name: {"from": value, "to": getattr(record, name)}
        for name, value in before.items()
        if value != getattr(record, name)
    }
    if not session.is_modified(record):
        return record
    details = {"changes": changes, "version": record.version + 1}
    return finish(session, record, doing, "amendment", details=details, at=recorded_at(session))


def _apply_facts(record: BailRecord, before: dict[str, Any]) -> None:
    """Work out anew what the law says of a release of which other facts are told."""
    period = settle_period(record)
    if record.state != State.RELEASED_WITHOUT_BAIL:
        rules.check_release(period, record.bailed_at)
        return
    clear_of_bail(record)
    if record.released_at == before.get("bailed_at"):
        record.released_at = record.bailed_at


def _changes_law(record: BailRecord, fields: dict[str, Any]) -> bool:
    """Say whether other limits would hold; a designation only opens a further step."""
    if _FACTS & set(fields) - {"case_type"}:
        return True
    kinds = {record.case_type, fields.get("case_type", record.case_type)}
    return len(kinds) > 1 and CaseType.NON_STANDARD in kinds


def _appoint(session: Session, record: BailRecord, return_at: datetime | None) -> None:
    if follow_want(session, record) not in {State.ON_BAIL, State.SURRENDERED, NO_LONGER_WANTED}:
        message = "Only who is on bail or has surrendered can be given a time to answer."
        raise Conflict(message, state=record.state)
    record.return_at, record.return_follows = return_at, return_at is None
    record.state = State.ON_BAIL
