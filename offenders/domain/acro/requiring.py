"""Requiring checks: one for each detention and country outside the United Kingdom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.acro import store
from offenders.domain.acro.acting import ask
from offenders.domain.acro.rules import AUTOMATIC, HOME, MISSING, channel_of
from offenders.domain.audit.service import Act, record_act
from offenders.domain.reference.policies import EVERYTHING, figures_of_rules
from offenders.ids import new_ids, new_reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.acro.models import AcroCheck

AT_ARREST = "Arrested; asked from the custody record."


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

    Where the force's policy says so, what was required in time is requested at once. Gives the
    checks of each detention that has any, by country, as (json, id, country).
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
    figures = figures_of_rules(session, force, [MISSING, AUTOMATIC], clock.today())
    days = figures[MISSING].get(EVERYTHING, 0)
    made = store.require(session, rows, days)
    if figures[AUTOMATIC].get(EVERYTHING) and _request_new(session, made):
        made = store.require(session, rows, days)
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in made:
        found[row.detention_id].append(row)
    return dict(found)


def _request_new(session: Session, made: Sequence[Row[Any]]) -> int:
    """Request the checks that were just required and are not overdue yet; give how many."""
    requested = 0
    for row in made:
        if row.is_new and row.request_due_at >= clock.now():
            check = store.get_new(session, row.id)
            at = max(recorded_at(session), check.detained_at)
            ask(session, check, at, check.recorded_by, {"purpose": AT_ARREST})
            _audit(session, check)
            requested += 1
    return requested


def _audit(session: Session, check: AcroCheck) -> None:
    act = Act(
        actor=check.recorded_by,
        role="service",
        action="acro.request",
        audit_class="disclosure",
        request_id=str(check.message_id),
        subject_type="acro_check",
        subject_ids=[check.id, check.person_id],
        details={"automatic": True},
    )
    record_act(session, act)
