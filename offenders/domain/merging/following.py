"""What follows when rows have gone from person to person: areas, nationalities, PNC IDs, flags."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from offenders.domain.custody.service import follow_nationalities, follow_pnc_ids, put_forward_held
from offenders.domain.flags.markers import RULE, settle_marker_reviews
from offenders.domain.flags.service import clear_all
from offenders.domain.merging import store
from offenders.domain.persons.addresses import follow_current_address
from offenders.domain.wanted.service import follow_addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.persons.models import Person
    from offenders.domain.wanted.service import Asker


def follow(  # noqa: PLR0913 - between whom, why, who tells, and what is looked at beside
    session: Session,
    survivor: Person,
    other: Person,
    *,
    because: str,
    asker: Asker,
    detentions: Sequence[str] = (),
) -> None:
    """Put both where their address lies, with their wants; tell who holds or wants them.

    Their own flags are settled, too.

    `detentions` are those whose nationalities are looked at beside the usual ones.
    """
    standing = [each for each in (survivor, other) if each.merged_into is None]
    for person in standing:
        follow_current_address(session, person)
    session.flush()
    people = [person.id for person in standing]
    follow_addresses(session, people)
    follow_nationalities(session, people, [UUID(each) for each in detentions])
    put_forward_held(session, people)
    without = store.list_without_pnc_id(session, people)
    follow_pnc_ids(session, people, asker, corrected=without)
    for person in (survivor, other):
        settle_marker_reviews(session, person.id)
    if other.merged_into is not None:
        rules = [each for each in store.list_flagged(session, other) if each != RULE]
        if rules:
            clear_all(session, subject_ids=[other.id], rules=rules, because=because)
