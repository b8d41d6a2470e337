"""Use cases over what PNC holds of the force: how it differs from the register, and whose it is.

Nothing here changes a want: what to believe is for a human to decide. Differences are worked out
anew from circulations, people and wants each time they are asked for, so one is gone in the
transaction that removes its cause; its flag goes then, or at the next run or import.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from offenders import clock
from offenders.domain.flags import service as flags
from offenders.domain.flags.service import DueSource
from offenders.domain.pnc import store
from offenders.domain.pnc.duties import follow_differences
from offenders.domain.pnc.rules import DIFFERENCE, MEANINGS, UNCANCELLED, UNCIRCULATED, Kind
from offenders.domain.pnc.store import COLUMNS, Question, count_differences, list_differences
from offenders.domain.reference.policies import figures_of_rules
from offenders.domain.wanted.rules import Risk

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.flags.service import Settled

__all__ = [
    "GROUPS",
    "Asked",
    "Kind",
    "count_by_group",
    "count_differences",
    "follow_differences",
    "last_extract",
    "list_differences",
    "question_of",
    "settle_flags",
]

GROUPS = tuple(COLUMNS)
_EVERYTHING = "all"
_MEANINGS = orjson.dumps(
    {kind.value: asdict(meaning) for kind, meaning in MEANINGS.items()}
).decode()

last_extract = store.last_extract


@dataclass(frozen=True)
class Asked:
    """Who asks for which differences."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool


def question_of(session: Session, asked: Asked) -> Question:
    """Give the question with the figures in force and the last full extract."""
    return Question(
        asked.filters, asked.scope, asked.now, asked.sees_protected, _finding_values(session)
    )


def count_by_group(
    session: Session, question: Question, *, group_by: str, asked: dict[str, str]
) -> dict[str, Any]:
    """Give the counts; `asked` are the filters as the caller wrote them, which the links keep."""
    counts = [
        {
            group_by: row.value,
            "differences": row.differences,
            "overdue": row.overdue,
            "href": f"/v1/pnc-differences?{urlencode({**asked, group_by: row.value or 'none'})}",
        }
        for row in store.count_groups(session, question, group_by)
    ]
    return {"full_extract_received_at": question.values["complete_at"], "counts": counts}


def settle_flags(session: Session) -> Settled:
    """Bring the flags of the force to its differences; each keeps its owner."""
    values = _finding_values(session)
    values |= {"rule": DIFFERENCE, "now": clock.now(), "sees_protected": True}
    because = "PNC and register no longer differ in this."
    source = DueSource(store.FLAGS, values)
    with store.joined_by_hash(session):
        settled = flags.settle(session, rule=DIFFERENCE, source=source, because=because)
    if settled.raised:
        store.register_teams(session, DIFFERENCE)
    follow_differences(session)
    return settled


def _finding_values(session: Session) -> dict[str, Any]:
    """Give what the search needs: days and severity by kind and risk, and the last extract."""
    force, rules, today = session.info["force"], [UNCIRCULATED, UNCANCELLED], clock.today()
    figures: dict[str, dict[str, Any]] = dict(figures_of_rules(session, force, rules, today))
    severities: dict[str, dict[str, Any]] = {rule: {} for rule in rules}
    for row in store.list_severities(session, rules, today):
        severities[row.rule][row.applies_to] = row.severity
    return {
        "force": force,
        "complete_at": store.last_extract(session),
        "days": _by_kind(figures),
        "severities": _by_kind(severities),
        "meanings": _MEANINGS,
    }


def _by_kind(of_rules: dict[str, dict[str, Any]]) -> str:
    """Spread what applies to risks, or to all, over every kind and risk, as JSON."""
    spread = {
        kind.value: {
            risk.value: of_rules[meaning.figure_of].get(
                risk, of_rules[meaning.figure_of].get(_EVERYTHING)
            )
            for risk in Risk
        }
        for kind, meaning in MEANINGS.items()
    }
    return orjson.dumps(spread).decode()
