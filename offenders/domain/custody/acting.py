"""Recording, amending and ending a detention by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.custody import recording, store
from offenders.domain.custody.checking import (
    check_area,
    check_codes,
    judge,
    longest_hours,
    may_see,
    stay_of,
)
from offenders.domain.custody.flagging import flag_unknown_nationality
from offenders.domain.custody.reading import Question, show_detention
from offenders.domain.custody.recording import Arrival, nationality_columns, record
from offenders.domain.wanted.rules import OUTSTANDING, Outcome
from offenders.domain.wanted.service import Asker, lock_open_wants
from offenders.errors import Conflict, Invalid, PersonMerged
from offenders.ids import as_reference, new_ids, new_references

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch

GIVEN: Final = (
    "custody_number",
    "arrested_at",
    "arrest_place",
    "station",
    "offences",
    "arresting_officer",
    "nationality_stated",
    "nationality_evidenced",
    "pnc_checked",
    "lpa",
    "released_at",
    "disposal",
)
_EMPTY: Final[dict[str, Any]] = {"offences": [], "pnc_checked": False}


@dataclass(frozen=True)
class Doing:
    """Who does something, in which area, and how another force's audit names them."""

    asker: Asker
    scope: Scope


def new_rows(
    session: Session, actor: str, given: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give detentions with all their columns but those that nationality gives."""
    force, moment = session.info["force"], recorded_at(session)
    same = {
        "force": force,
        "recorded_by": actor,
        "version": 1,
        "recorded_at": moment,
        "updated_at": moment,
    }
    names = zip(new_ids(force, len(given)), new_references("D", force, len(given)), strict=True)
    return [
        {**each, **same, "id": row_id, "reference": reference}
        for each, (row_id, reference) in zip(given, names, strict=True)
    ]


def record_detention(
    session: Session, doing: Doing, *, fields: Mapping[str, Any]
) -> tuple[UUID, bool]:
    """Record a detention with all that follows; give its id and whether it is new.

    The same custody number with the same facts gives the one on record. Raises Invalid or
    Conflict naming the rule that is broken.
    """
    person = store.lock_person(session, fields["person_id"])
    if person is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field("/person_id", message)
    PersonMerged.check(fields["person_id"], person.merged_into)
    given = {"person_id": person.id} | {
        name: _EMPTY.get(name) if fields.get(name) is None else fields[name] for name in GIVEN
    }
    number = given["custody_number"]
    standing = store.find_by_numbers(session, [number]).get(number)
    wants = _wants_of(session, doing.scope, person.id, fields.get("close_wants"))
    if standing is not None:
        return _again(session, doing, standing, given, wants), False
    check_codes(session, given)
    check_area(doing.scope, given["lpa"])
    facts = judge(session, doing.scope, given, person)
    [row] = new_rows(session, doing.asker.actor, [given])
    row |= nationality_columns(row, person.nationalities)
    until = stay_of(row).ends(facts.hours)
    closes = _open_among(session, wants, until)
    record(session, [Arrival(row, person.pnc_ids, until, closes)], doing.asker)
    _note_arrested(session, row["id"], wants, closes)
    detention: UUID = row["id"]
    return detention, True


def amend_detention(
    session: Session, doing: Doing, *, written: str, fields: Mapping[str, Any], if_match: IfMatch
) -> UUID:
    """Change what a detention says, and close wants that were put forward."""
    standing, person = _take(session, doing.scope, written, if_match)
    detention: UUID = standing.id
    row = dict(standing._mapping)  # noqa: SLF001 - a row's public mapping
    changes = {name: value for name, value in fields.items() if name != "close_wants"}
    changes = {
        name: _EMPTY.get(name) if value is None else value for name, value in changes.items()
    }
    wants = _wants_of(session, doing.scope, standing.person_id, fields.get("close_wants"))
    changed = row | changes
    if changed != row:
        check_codes(session, changes)
        check_area(doing.scope, changed["lpa"])
        judge(session, doing.scope, changed, person, before=row)
    changed |= nationality_columns(changed, person.nationalities)
    until = stay_of(changed).ends(longest_hours(session, clock.today()))
    closes = _open_among(session, wants, until)
    if changed == row and not closes:
        return detention
    _keep(session, changed, moves=changed["lpa"] != row["lpa"])
    arrival = Arrival(changed, person.pnc_ids, until, closes)
    recording.close_named(session, [arrival], doing.asker.actor)
    _note_arrested(session, standing.id, wants, closes)
    return detention


def release_detention(
    session: Session, doing: Doing, *, written: str, fields: Mapping[str, Any], if_match: IfMatch
) -> UUID:
    """Record when and how a detention ended; once."""
    standing, person = _take(session, doing.scope, written, if_match)
    detention: UUID = standing.id
    if standing.released_at is not None:
        message = "This release is on record already. Read the detention again."
        raise Conflict(message, rule="released-once", state="released", possible=[])
    before = dict(standing._mapping)  # noqa: SLF001 - a row's public mapping
    row = before | {
        "released_at": fields.get("released_at") or recorded_at(session),
        "disposal": fields.get("disposal"),
    }
    judge(session, doing.scope, row, person, before=before)
    _keep(session, row)
    return detention


def follow_nationalities(
    session: Session, person_ids: Sequence[UUID], also: Sequence[UUID] = ()
) -> int:
    """Let the detentions of people whose nationality was recorded anew follow it.

    That is their last detention, each that knew of no nationality at all, and those named in
    `also`. Gives how many changed; each foreign country named for the first time gets its
    required check.
    """
    people = store.lock_people(session, person_ids)
    concerned = {*store.list_of_people(session, people.keys()), *also}
    changed = []
    for standing in store.lock_detentions(session, concerned).values():
        row = dict(standing._mapping)  # noqa: SLF001 - a row's public mapping
        follows = nationality_columns(row, people[standing.person_id].nationalities)
        if row | follows != row:
            changed.append(next_row(session, row | follows))
    recording.change(session, changed)
    flag_unknown_nationality(session, changed)
    return len(changed)


def _take(
    session: Session, scope: Scope, written: str, if_match: IfMatch
) -> tuple[Row[Any], Row[Any]]:
    """Give a detention and its person for a change, both locked; the person always first."""
    shown = show_detention(session, Question({}, scope), written)
    person = store.lock_people(session, [shown.person_id])[shown.person_id]
    standing = store.lock_detentions(session, [shown.id])[shown.id]
    if_match.check(standing.version)
    return standing, person


def _keep(session: Session, row: dict[str, Any], *, moves: bool = False) -> None:
    recording.change(session, [next_row(session, row)], moved=[row["id"]] if moves else ())


def next_row(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """Give a changed detention with its next version."""
    return row | {"version": row["version"] + 1, "updated_at": recorded_at(session)}


def _again(
    session: Session,
    doing: Doing,
    standing: Row[Any],
    given: Mapping[str, Any],
    wants: Sequence[Row[Any]],
) -> UUID:
    """Give the detention on record where the sender says the same as it does, or first did."""
    now = all(getattr(standing, name) == value for name, value in given.items())
    first = all(getattr(standing, f"first_{name}") == value for name, value in given.items())
    closed = {want.id for want in wants} <= store.closed_by(session, standing.id)
    visible = may_see(doing.scope, standing)
    if visible and closed and (now or first):
        found: UUID = standing.id
        return found
    message = (
        "This custody number is on record with other facts. Amend that detention, or correct the"
        " number."
    )
    extra = {"existing": f"/v1/detentions/{standing.id}"} if visible else {}
    raise Conflict(message, rule="one-record-per-custody-number", **extra)


def _wants_of(
    session: Session, scope: Scope, person: UUID, named: Sequence[str] | None
) -> list[Row[Any]]:
    """Give the wants named to be closed; all must be this person's, in the writer's area and open.

    One that was closed as arrested already is taken, too.
    """
    written = named or ()
    found = store.find_wants(session, written)
    by_name = {str(want.id): want for want in found} | {want.reference: want for want in found}
    wants = []
    for place, name in enumerate(written):
        want = by_name.get(name.lower()) or by_name.get(as_reference(name))
        pointer = f"/close_wants/{place}"
        if (
            want is None
            or want.person_id != person
            or not scope.covers(want.lpa, want.neighbourhood)
        ):
            raise Invalid.field(pointer, "This is no want of this person. Leave it out.")
        if want.state not in {OUTSTANDING, Outcome.ARRESTED}:
            ended = want.state.replace("_", " ")
            message = f"{want.reference} was closed as {ended}. Leave it out of close_wants."
            raise Conflict(message, rule="one-outcome-per-want", state=want.state, possible=[])
        wants.append(want)
    return wants


def _open_among(
    session: Session, wants: Sequence[Row[Any]], until: datetime
) -> list[tuple[UUID, Any]]:
    """Give those still open; raise Invalid for one entered after the person was held."""
    still_open = lock_open_wants(session, [want.id for want in wants])
    places = {want.id: place for place, want in enumerate(wants)}
    for want in still_open:
        if want.entered_at > until:
            message = "This want was entered after the detention ended. Leave it out."
            raise Invalid.field(f"/close_wants/{places[want.id]}", message)
    return [(want.id, want.entered_at) for want in still_open]


def _note_arrested(
    session: Session,
    detention: UUID,
    wants: Sequence[Row[Any]],
    closes: Sequence[tuple[UUID, Any]],
) -> None:
    """Note wants that an officer had closed as arrested before the custody record came."""
    closed_now = {want for want, _ in closes}
    before = [(detention, want.id) for want in wants if want.id not in closed_now]
    if before:
        store.note_closed(session, before)
