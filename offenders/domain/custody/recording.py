"""What an arrest sets off, in one transaction and in sets: by hand as by import.

Detentions are written with their history; open wants of the force are closed or put forward;
wants of other forces are flagged in both; who manages the person is told; each foreign country
gets its required check; unknown nationality is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.acro.service import Required, require_checks
from offenders.domain.custody import flagging, store
from offenders.domain.custody.rules import foreign_countries, is_nationality_unknown
from offenders.domain.wanted.rules import Outcome
from offenders.domain.wanted.service import (
    Closing,
    close_wants,
    duty_team,
    find_elsewhere,
    tell_elsewhere,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.wanted.service import Asker

CLOSED_BY_ARREST: Final = "Arrested: as the custody record says."


@dataclass(frozen=True)
class Arrival:
    """A detention to record: its columns, whose PNC IDs, and until when the person is held.

    `closes` are the wants to close as arrested, each with when it was entered.
    """

    row: Mapping[str, Any]
    pnc_ids: Sequence[str]
    until: datetime
    closes: Sequence[tuple[UUID, datetime]] = ()


def nationality_columns(row: Mapping[str, Any], recorded: Iterable[str]) -> dict[str, Any]:
    """Give what follows from nationality as stated, as evidenced and as recorded."""
    known = (row["nationality_stated"], row["nationality_evidenced"], list(recorded))
    countries = foreign_countries(*known)
    return {
        "countries": countries,
        "foreign_national": bool(countries),
        "nationality_unknown": is_nationality_unknown(*known),
    }


def record(session: Session, arrivals: Sequence[Arrival], asker: Asker) -> None:
    """Record detentions of people whom `store.lock_people` gave, with all that follows."""
    if not arrivals:
        return
    rows = [each.row for each in arrivals]
    store.add_detentions(session, rows)
    register_owners(session, rows)
    close_named(session, arrivals, asker.actor)
    store.put_forward(
        session, [(each.row["id"], each.row["person_id"], each.until) for each in arrivals]
    )
    flagging.flag_wanted_elsewhere(session, tell_forces(session, arrivals, asker))
    flagging.tell_managers(session, rows)
    require_foreign_checks(session, rows)
    flagging.flag_unknown_nationality(session, rows)


def register_owners(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Register the officers who arrested, and the queues that must act."""
    officers = {row["arresting_officer"] for row in rows if row["arresting_officer"]}
    store.register(session, "officers", officers)
    store.register(session, "teams", {duty_team(row["force"], row["lpa"]) for row in rows})


def close_named(session: Session, arrivals: Sequence[Arrival], actor: str) -> None:
    """Close the wants that arrivals name; one entered during the detention ends at once."""
    closing = [
        (
            each.row["id"],
            Closing(
                want,
                Outcome.ARRESTED,
                max(each.row["arrested_at"], entered_at),
                CLOSED_BY_ARREST,
                each.row["custody_number"],
            ),
        )
        for each in arrivals
        for want, entered_at in each.closes
    ]
    if closing:
        close_wants(session, [each for _, each in closing], actor=actor)
        store.note_closed(session, [(detention, each.want_id) for detention, each in closing])


def tell_forces(
    session: Session, arrivals: Sequence[Arrival], asker: Asker
) -> dict[UUID, list[dict[str, str]]]:
    """Flag in other forces whom they want and this one has detained; give it by detention."""
    asked = [(pnc_id, each) for each in arrivals for pnc_id in each.pnc_ids]
    found = find_elsewhere(session, [(pnc_id, each.until) for pnc_id, each in asked], asker)
    here: dict[UUID, dict[tuple[str, str], dict[str, str]]] = {}
    there: dict[tuple[str, str], Arrival] = {}
    for want in found:
        arrival = asked[want.place - 1][1]
        shown = {"force": want.force, "reference": want.reference, "contact": want.contact}
        here.setdefault(arrival.row["id"], {})[want.force, want.reference] = shown
        last = there.setdefault((want.force, want.reference), arrival)
        if arrival.row["arrested_at"] > last.row["arrested_at"]:
            there[want.force, want.reference] = arrival
    told = [
        (force, reference, flagging.said_elsewhere(arrival.row))
        for (force, reference), arrival in there.items()
    ]
    tell_elsewhere(session, told, asker)
    return {
        detention: [shown for _, shown in sorted(wants.items())]
        for detention, wants in here.items()
    }


def require_foreign_checks(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open the required check of each detention and country."""
    needed = [
        Required(row["id"], row["person_id"], row["lpa"], row["arrested_at"], row["countries"])
        for row in rows
        if row["countries"]
    ]
    require_checks(session, needed)


def change(
    session: Session, rows: Sequence[Mapping[str, Any]], *, moved: Collection[UUID] = ()
) -> None:
    """Write detentions as they now stand, with what follows from nationality and PNC check.

    `moved` are those whose LPA changed.
    """
    if not rows:
        return
    store.change_detentions(session, rows)
    register_owners(session, rows)
    require_foreign_checks(session, rows)
    flagging.settle_changed(session, rows)
    flagging.follow_areas(session, [row for row in rows if row["id"] in moved])
