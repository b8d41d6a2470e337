"""Use cases of the wanted register, as routes, jobs and higher capabilities call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from offenders.domain.wanted import figures, rules, store
from offenders.domain.wanted.acting import (
    Doing,
    cancel_circulation,
    circulate_want,
    close_want,
    doubt_want,
    hand_over_want,
    record_note,
    record_tracing,
    review_want,
    validate_want,
)
from offenders.domain.wanted.asking import SORTS, Question
from offenders.domain.wanted.circulating import (
    uncancelled_source,
    uncirculated_source,
)
from offenders.domain.wanted.clocks import (
    due_expressions,
    due_values,
    figures_today,
    refresh_clocks,
)
from offenders.domain.wanted.closing import Closing, close_wants, lock_open_wants
from offenders.domain.wanted.detained import LIMIT, WANTED_THERE, said_of_detention, tell_holders
from offenders.domain.wanted.duties import follow_reviews
from offenders.domain.wanted.elsewhere import (
    ELSEWHERE,
    Asker,
    end_detained,
    end_elsewhere,
    find_elsewhere,
    tell_elsewhere,
)
from offenders.domain.wanted.entering import amend_want, follow_addresses
from offenders.domain.wanted.log import list_actions, show_action
from offenders.domain.wanted.opening import duty_team, open_want
from offenders.domain.wanted.opening_many import Suspicion, hold_suspects, open_wants
from offenders.domain.wanted.overdue import due_source
from offenders.domain.wanted.reading import (
    count_wants,
    open_wants_of_person,
    reading_of_want,
    reading_of_wants,
)
from offenders.domain.wanted.repeating import record_attempt
from offenders.domain.wanted.sightings import (
    count_sightings,
    list_sightings,
    record_sighting,
    show_sighting,
)
from offenders.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope, Sight

__all__ = [
    "ELSEWHERE",
    "LIMIT",
    "SORTS",
    "WANTED_THERE",
    "Asker",
    "Closing",
    "Doing",
    "Question",
    "Suspicion",
    "amend_want",
    "cancel_circulation",
    "circulate_want",
    "close_want",
    "close_wants",
    "count_sightings",
    "count_wants",
    "doubt_want",
    "due_expressions",
    "due_source",
    "due_values",
    "duty_team",
    "end_detained",
    "end_elsewhere",
    "figures_today",
    "find_elsewhere",
    "follow_addresses",
    "follow_reviews",
    "hand_over_want",
    "hold_suspects",
    "list_sightings",
    "lock_open_wants",
    "open_want",
    "open_wants",
    "open_wants_of_person",
    "reading_of_want",
    "reading_of_wants",
    "record_attempt",
    "record_note",
    "record_sighting",
    "record_tracing",
    "refresh_clocks",
    "review_want",
    "said_of_detention",
    "show_action",
    "show_sighting",
    "tell_elsewhere",
    "tell_holders",
    "uncancelled_source",
    "uncirculated_source",
    "validate_want",
]


def list_history(  # noqa: PLR0913 - the filters of the log
    session: Session,
    *,
    want_id: UUID,
    sight: Sight,
    as_at: datetime | None,
    after: Any,
    limit: int,
) -> list[Row[Any]]:
    """Give the log of a want as (json, occurred_at, id)."""
    return list_actions(
        session,
        want_id,
        handlings=sight.handlings,
        reader=sight.subject,
        as_at=as_at,
        after=after,
        limit=limit,
    )


def judge_safe_to_act(
    session: Session,
    *,
    scope: Scope,
    written: str,
    now: datetime,
    why_power_ended: Callable[..., str | None],
) -> tuple[Row[Any], rules.SafeToAct]:
    """Give the facts of a want and whether an officer may act on it.

    `why_power_ended` is asked of an outstanding want for a breach of bail, by its id and person.
    """
    want_id = store.find_want_id(session, scope.force, written)
    row = store.list_facts_to_act(session, scope, want_id) if want_id is not None else None
    if row is None:
        raise NotFound
    is_of_bail = (row.state, row.reason) == (rules.OUTSTANDING, rules.Reason.BREACH_OF_BAIL)
    facts = rules.ActFacts(
        state=row.state,
        reason=rules.Reason(row.reason),
        power=row.power,
        warrant_number=row.warrant_number,
        validation_due_at=row.validation_due_at,
        last_validated_at=row.last_validated_at,
        has_date_of_birth=row.has_date_of_birth,
        has_valid_identifier=row.has_valid_identifier,
        circulation=rules.Circulation(row.circulation),
        markers=tuple(row.markers),
        now=now,
        doubted_at=row.doubted_at,
        power_ended=why_power_ended(session, want_id=row.id, person_id=row.person_id)
        if is_of_bail
        else None,
    )
    return row, rules.safe_to_act(facts)


def count_outstanding(
    session: Session, question: Question, *, group_by: str | None, asked: dict[str, str]
) -> dict[str, Any]:
    """Give the counts of a moment: by group, and the headline of the three lists.

    `asked` are the filters as the caller wrote them; each href returns exactly its rows.
    """
    as_at = question.as_at
    base = {**asked, "state": "outstanding", "as_at": _written(as_at)}
    groups = figures.count_groups(session, question, group_by)
    counts = [
        {
            **({group_by: row.value} if group_by else {}),
            "crimes": row.crimes,
            "wants": row.wants,
            "people": row.people,
            "href": _href({**base, **({group_by: row.value or "none"} if group_by else {})}),
        }
        for row in groups
    ]
    lists = figures.count_lists(session, question)._mapping  # noqa: SLF001 - a row's public mapping
    headline: dict[str, Any] = {
        name: {
            "crimes": lists[f"{name}_crimes"],
            "wants": lists[f"{name}_wants"],
            "people": lists[f"{name}_people"],
            "href": _href({**base, column: value}),
        }
        for name, (column, value) in figures.LISTS.items()
    }
    headline["people_in_any"] = lists["people_in_any"]
    return {"as_at": _written(as_at), "counts": counts, "headline": headline}


def count_nationally(  # noqa: PLR0913 - who asks what
    session: Session,
    *,
    as_at: datetime,
    group_by: str,
    actor: str,
    role: str,
    request_id: str,
) -> dict[str, Any]:
    """Give counts over all forces, without names or links; people are counted per force."""
    rows = figures.national_counts(session, as_at, actor, role, request_id)
    groups: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.dimension == group_by:
            group = groups.setdefault(
                row.value, {group_by: row.value, "crimes": 0, "wants": 0, "people": 0, "href": None}
            )
            for unit in ("crimes", "wants", "people"):
                group[unit] += getattr(row, unit)
    headline: dict[str, Any] = {
        name: {
            unit: sum(getattr(r, unit) for r in rows if (r.dimension, r.value) == listed)
            for unit in ("crimes", "wants", "people")
        }
        | {"href": None}
        for name, listed in figures.LISTS.items()
    }
    headline["people_in_any"] = sum(row.people for row in rows if row.dimension == "any")
    counts = [groups[value] for value in sorted(groups)]
    return {"as_at": _written(as_at), "counts": counts, "headline": headline}


def _href(parameters: dict[str, Any]) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"/v1/wanted?{urlencode(given)}"


def _written(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
