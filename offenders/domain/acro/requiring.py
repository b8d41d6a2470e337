"""Requiring checks: one for each detention and country outside the United Kingdom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.domain.acro import store
from offenders.domain.acro.rules import HOME, MISSING, channel_of
from offenders.domain.reference.policies import figure_in_force
from offenders.ids import new_ids, new_reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Required:
    """A detention that is on record, and the countries (ISO alpha-3) its person is to be asked of.

    The United Kingdom is passed over. `lpa` is that of the detention.
    """

    detention_id: UUID
    person_id: UUID
    lpa: str | None
    detained_at: datetime
    countries: Sequence[str]


def require_checks(session: Session, required: Sequence[Required]) -> dict[UUID, list[Row[Any]]]:
    """Require what is missing, in one statement; checks that stand already are left as they are.

    Gives the checks of each detention that has any, by country, as (json, id, country).
    """
    session.flush()
    force = session.info["force"]
    pairs = [(each, country) for each in required for country in sorted({*each.countries} - {HOME})]
    if not pairs:
        return {}
    ids = new_ids(force, len(pairs))
    rows = [
        (
            check_id,
            new_reference("A", force),
            each.detention_id,
            each.person_id,
            each.lpa,
            country,
            channel_of(country),
            each.detained_at,
        )
        for check_id, (each, country) in zip(ids, pairs, strict=True)
    ]
    days = figure_in_force(session, force, MISSING, clock.today()) or 0
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in store.require(session, rows, days):
        found[row.detention_id].append(row)
    return dict(found)
