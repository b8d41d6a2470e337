"""PNC IDs that come, or turn out wrong, after an arrest or a want: whom they tell of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.domain.custody import flagging, store
from offenders.domain.custody.checking import longest_hours, stay_of
from offenders.domain.custody.recording import Arrival, tell_forces
from offenders.domain.flags.service import clear_all
from offenders.domain.wanted.service import ELSEWHERE, end_detained, end_elsewhere, tell_holders

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.wanted.service import Asker

CORRECTED: Final = "The PNC ID by which the two forces knew the person was corrected."

_WANTS: Final = text("""
    SELECT id FROM wants
    WHERE force = :force AND person_id = ANY (CAST(:people AS uuid[])) AND state = 'outstanding'
    ORDER BY id
""")
_FLAGGED: Final = text("""
    SELECT subject_type, subject_id, subject_reference, because FROM flags
    WHERE force = :force AND person_id = ANY (CAST(:people AS uuid[])) AND state <> 'cleared'
      AND rule = :rule
""")


def follow_pnc_ids(
    session: Session,
    people: Collection[UUID],
    asker: Asker,
    *,
    corrected: Collection[UUID] = (),
) -> None:
    """Look anew where these people are wanted or held, after their PNC IDs changed.

    What a PNC ID of those `corrected` has raised ends first: one is no longer valid, and what
    another of their PNC IDs still says is raised again, if the person is held now.
    """
    if not people:
        return
    if corrected:
        _end(session, corrected)
    _tell_of_held(session, people, asker)
    values = {"force": session.info["force"], "people": [each.hex for each in people]}
    tell_holders(session, list(session.execute(_WANTS, values).scalars()), asker)


def put_forward_held(session: Session, people: Collection[UUID]) -> None:
    """Put what these people are wanted for, by a merge, to the custody officer who holds them."""
    hours = longest_hours(session, clock.today())
    held = store.list_held(session, people, hours)
    if held:
        ends = [stay_of({**row._mapping}).ends(hours) for row in held]  # noqa: SLF001 - a row's public mapping
        stays = [(row.id, row.person_id, until) for row, until in zip(held, ends, strict=True)]
        store.put_forward(session, stays)


def _tell_of_held(session: Session, people: Collection[UUID], asker: Asker) -> None:
    hours = longest_hours(session, clock.today())
    held = store.list_held(session, people, hours)
    if not held:
        return
    known = store.lock_people(session, {row.person_id for row in held})
    arrivals = []
    for each in held:
        row: dict[str, Any] = dict(each._mapping)  # noqa: SLF001 - a row's public mapping
        arrivals.append(Arrival(row, known[each.person_id].pnc_ids, stay_of(row).ends(hours)))
    flagging.renew_wanted_elsewhere(session, tell_forces(session, arrivals, asker))


def _end(session: Session, people: Collection[UUID]) -> None:
    values = {
        "force": session.info["force"],
        "people": [each.hex for each in people],
        "rule": ELSEWHERE,
    }
    flagged = session.execute(_FLAGGED, values).all()
    if not flagged:
        return
    ids = [flag.subject_id for flag in flagged]
    clear_all(session, subject_ids=ids, rules=[ELSEWHERE], because=CORRECTED)
    wants = [flag.subject_reference for flag in flagged if flag.subject_type == "want"]
    if wants:
        end_elsewhere(session, wants, CORRECTED)
    told = [
        (want["force"], want["reference"], flag.subject_reference)
        for flag in flagged
        if flag.subject_type == "detention"
        for want in flag.because["wants"]
    ]
    end_detained(session, told, CORRECTED)
