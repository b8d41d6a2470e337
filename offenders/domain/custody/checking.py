"""What is checked of a detention before it is written; each refusal names its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.domain.custody import store
from offenders.domain.custody.rules import TWO_AT_ONCE, Facts, Stay, broken_rules, overlap
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.wanted.service import LIMIT
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.custody.rules import Broken


def longest_hours(session: Session, on: date) -> int:
    """Give the hours after which nobody is still held without charge."""
    return figure_in_force(session, session.info["force"], LIMIT, on) or 0


def stay_of(row: Mapping[str, Any]) -> Stay:
    """Give when somebody is held by a detention."""
    return Stay(row["custody_number"], row["arrested_at"], row["released_at"], row.get("disposal"))


def judge(
    session: Session,
    scope: Scope,
    row: Mapping[str, Any],
    person: Row[Any],
    before: Mapping[str, Any] | None = None,
) -> Facts:
    """Raise what the rules say against this detention; give what they went by.

    A re-arrest that an import brought without the release between stays as it stood `before`.
    """
    stays = store.list_stays(session, [person.id])
    hours = longest_hours(session, clock.today())
    known = [Stay(each.custody_number, each.arrested_at, each.released_at) for each in stays]
    was = stay_of(before) if before else None
    facts = Facts(
        now=clock.now(),
        hours=hours,
        born_on=person.born_on,
        stays=known,
        rearrests=[each.custody_number for each in known if was and overlap(was, each, hours)],
    )
    broken = list(broken_rules(stay_of(row), facts))
    _raise(scope, broken, stays)
    return facts


def _raise(scope: Scope, broken: Sequence[Broken], stays: Iterable[Row[Any]]) -> None:
    wrong = [each for each in broken if each.rule != TWO_AT_ONCE]
    if wrong:
        errors = [
            {
                "pointer": f"/{each.field}",
                "detail": f"{each.problem} {each.action}",
                "rule": each.rule,
            }
            for each in wrong
        ]
        message = "Correct the fields named in errors."
        raise Invalid(message, errors)
    for each in broken:
        number = each.other.custody_number if each.other else None
        other = next(stay for stay in stays if stay.custody_number == number)
        extra = {"existing": f"/v1/detentions/{other.id}"} if may_see(scope, other) else {}
        message = f"{each.problem} {each.action}"
        raise Conflict(message, rule=each.rule, **extra)


def find_held_twice(session: Session, one: UUID, other: UUID) -> tuple[Row[Any], Row[Any]] | None:
    """Give a detention of each of two people, at once, where there are such."""
    hours = longest_hours(session, clock.today())
    stays = [(each, stay_of({**each._mapping})) for each in store.list_stays(session, [one, other])]  # noqa: SLF001 - a row's public mapping
    for first, held in stays:
        for second, also in stays:
            apart = first.person_id == one and second.person_id == other
            if apart and overlap(held, also, hours):
                return first, second
    return None


def may_see(scope: Scope, row: Any) -> bool:
    """Tell whether a detention lies in scope."""
    return scope.covers(row.lpa, None) and scope.sender in {None, row.recorded_by}


def check_codes(session: Session, fields: Mapping[str, Any]) -> None:
    """Raise Invalid unless every offence, country and LPA named is known."""
    errors = [
        {
            "pointer": f"/offences/{place}",
            "detail": "This is no CJS offence code. GET /v1/offences?q= finds it.",
        }
        for place in store.unknown_offences(session, fields.get("offences") or [])
    ]
    if errors:
        message = "Correct the fields named in errors."
        raise Invalid(message, errors)
    for name in ("nationality_stated", "nationality_evidenced"):
        if fields.get(name) is not None:
            reference.require_entry(session, "countries", fields[name], f"/{name}")
    if fields.get("lpa") is not None:
        reference.require_area(session, fields["lpa"], None)


def check_area(scope: Scope, lpa: str | None) -> None:
    """Raise Invalid unless the detention lies in the writer's area."""
    if not scope.covers(lpa, None):
        raise Invalid.field("/lpa", "Keep the detention in one of your own areas.")
