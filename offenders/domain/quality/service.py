"""Use cases of data quality: what is doubtful where, its rows, and decisions on duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from offenders.db import recorded_at
from offenders.domain.imports.duplicates import settle_duplicate
from offenders.domain.persons.service import find_survivors
from offenders.domain.quality import store
from offenders.domain.quality.kinds import DUPLICATES, IDENTIFIERS, KINDS, Kind
from offenders.domain.quality.models import DECISIONS, DuplicateDecision
from offenders.domain.quality.store import AREAS, Question
from offenders.errors import Conflict, NotFound
from offenders.ids import as_uuid, new_id

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch

__all__ = ["AREAS", "DECISIONS", "DUPLICATES", "OPEN", "Question", "count_listed"]

count_listed = store.count_listed

NO_DATA = "no_data"
OPEN = "open"


def count_doubts(
    session: Session, question: Question, asked: dict[str, str], *, links: bool
) -> list[dict[str, Any]]:
    """Give each kind with its rows by LPA, or by neighbourhood where an LPA is asked.

    `asked` are the filters as written; without `links` there is no address of the rows. What the
    force has never sent is no data, not 0.
    """
    group_by = "neighbourhood" if question.filters.get("lpa") else "lpa"
    counted: dict[str, dict[str | None, int]] = {}
    for subject in dict.fromkeys(kind.subject for kind in KINDS.values()):
        counted |= store.count_rows(session, question, subject, group_by)
    known = store.list_known(session)
    shown = []
    for kind in KINDS.values():
        is_known = known.people if kind in {IDENTIFIERS, DUPLICATES} else known.wants
        areas = counted[kind.name]
        by_area = [
            {
                group_by: area,
                "rows": rows,
                "href": _href(kind, {**asked, group_by: area or "none"}) if links else None,
            }
            for area, rows in areas.items()
        ]
        shown.append(
            {
                "kind": kind.name,
                "title": kind.title,
                "rows": sum(areas.values()) if is_known else NO_DATA,
                "href": _href(kind, asked) if links else None,
                "by_area": by_area if is_known else NO_DATA,
                "action": kind.action,
                "who": kind.who,
            }
        )
    return shown


def _href(kind: Kind, filters: dict[str, str]) -> str:
    query = urlencode(filters)
    return f"/v1/data-quality/{kind.name}" + (f"?{query}" if query else "")


def find_kind(name: str) -> Kind:
    """Give the kind of this name; raise NotFound where there is none."""
    if name not in KINDS:
        raise NotFound
    return KINDS[name]


def list_doubts(  # noqa: PLR0913 - the parts of one page
    session: Session,
    question: Question,
    kind: Kind,
    *,
    state: str | None,
    after: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Give rows of a kind as (json, id, people, hides, version); pairs of a state, or of all."""
    found = as_uuid(after) if after else None
    return store.list_rows(session, question, kind, state=state, after=found, limit=limit)


def get_duplicate(session: Session, question: Question, written: str) -> Row[Any]:
    """Give one pair with its evidence and decisions; raise NotFound out of scope."""
    found: UUID | None = as_uuid(written)
    rows = store.list_rows(session, question, DUPLICATES, only=found) if found else []
    if not rows:
        raise NotFound
    return rows[0]


def decide_duplicate(  # noqa: PLR0913 - who decides what on which pair, as read at which version
    session: Session,
    question: Question,
    *,
    written: str,
    decision: str,
    reason: str,
    actor: str,
    if_match: IfMatch,
) -> Row[Any]:
    """Record that two people are one, or are not; a later decision overturns an earlier one.

    Nothing is merged here: a decision `same` only says so. A pair that was merged is not decided
    anew, but its merge reversed.
    """
    row = get_duplicate(session, question, written)
    survivors = find_survivors(session, {str(each) for each in row.people})
    if survivors:
        message = "One of the two was merged. Reverse that merge if they are two people."
        links = [f"/v1/people/{each}" for each in survivors.values()]
        raise Conflict(message, rule="merged-people", existing=links)
    version = settle_duplicate(session, row.id, same=decision == "same", if_match=if_match)
    if version is None:
        message = "This has been decided so already. Decide otherwise, or leave it."
        raise Conflict(message, state=decision, possible=[d for d in DECISIONS if d != decision])
    session.add(
        DuplicateDecision(
            force=question.scope.force,
            id=new_id(question.scope.force),
            candidate_id=row.id,
            decision=decision,
            reason=reason,
            decided_by=actor,
            recorded_at=recorded_at(session),
        )
    )
    session.flush()
    return get_duplicate(session, question, written)
