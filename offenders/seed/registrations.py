"""Registered sexual offenders: as many as one unit manages, most of them met in time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from offenders.domain.registrations.law import (
    Disposal,
    Length,
    Sentence,
    Term,
    add_months,
    period_of,
)
from offenders.seed.rows import repeatable
from offenders.seed.traits import YEAR
from offenders.seed.weighted import EVEN, Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from offenders.seed.rows import Row, Scale
    from offenders.seed.wants import PersonKey

# Leicestershire's unit supervises 1,250 to 1,300 people (HMIC, 2016): registered sexual offenders,
# potentially dangerous persons, violent offenders and foreign nationals. That nine in ten of them
# are registered is made up; so is how they were dealt with.
REGISTERED, PEOPLE = 1_150, 40_000
# Published split of risk, March 2016.
RISKS = Weighted(counted("very_high 2, high 18, medium 30, low 50"))
VISIT_DAYS: Final = {"very_high": 27, "high": 88, "medium": 178, "low": 360}
DISPOSALS = Weighted(
    counted(
        "imprisonment 62, community_order 23, caution 5, life 3, conditional_discharge 1,"
        " hospital_with_restriction 2, hospital_without_restriction 1, fine 1, other 2"
    )
)
TERMS = Weighted([((1, 6), 18.0), ((7, 29), 37.0), ((30, 72), 33.0), ((73, 180), 12.0)])
FURTHER_SHARE, ROOFLESS_SHARE = 0.07, 0.012
LATE_NOTIFICATION_SHARE, LATE_VISIT_SHARE, LATE_ARMS_SHARE = 0.012, 0.04, 0.01
CASELOAD = 45
LONGEST_AGO = 18 * YEAR  # days since the conviction; later than the Act of 2003
YOUNGEST = 14 * YEAR  # days of age at the conviction
WARNED = "If met: note with whom, where and when, and tell the offender manager the same day."


def made_up_registrations(
    force: str, scale: Scale, seed: int, today: date, people: Sequence[PersonKey]
) -> Iterator[Row]:
    """Give the rows of `registrations` to import, some people with two disposals."""
    rnd = repeatable("registrations", force, seed)
    oldest = today - timedelta(days=YOUNGEST + YEAR)
    known = [who for who in people if who.born is not None and who.born <= oldest]
    count = min(round(REGISTERED * scale.people / PEOPLE), len(known))
    maker = _Maker(rnd, today, [f"7{number:03}" for number in range(1, count // CASELOAD + 2)])
    number = 0
    for who in rnd.sample(known, count):
        first = maker.registration(who, who.born or oldest)
        rows = [first]
        if rnd.random() < FURTHER_SHARE:
            rows.append(maker.further(first))
        for row in rows:
            number += 1
            yield {"source_ref": f"RS{number:06}", **row}


class _Maker:
    """Makes registrations that are not over, as a unit that mostly keeps up has them."""

    def __init__(self, rnd: Random, today: date, managers: Sequence[str]) -> None:
        self._rnd, self._today, self._managers = rnd, today, managers

    def registration(self, who: PersonKey, born: date) -> Row:
        """Make the registration of one person."""
        row: Row = {"person_source_ref": who.source_ref}
        disposal = Disposal(DISPOSALS.draw(self._rnd))
        row |= {"disposal": disposal.value} | self._length(disposal)
        convicted = self._conviction(row, born)
        risk = RISKS.draw(self._rnd)
        row |= {
            "relevant_date": convicted.isoformat(),
            "risk": risk,
            "risk_since": self._between(convicted, self._today).isoformat(),
            "offender_manager": one_of(self._rnd, self._managers),
        }
        if risk in {"very_high", "high"}:
            row["local_summary"] = WARNED
        months = row.get("sentence_months", 0) // 2
        released = add_months(convicted, months)
        if released > self._today:
            return row | {"in_custody_since": convicted.isoformat()}
        return row | self._met(risk, convicted, released)

    def further(self, first: Row) -> Row:
        """Make a later disposal of somebody registered."""
        since = date.fromisoformat(first["relevant_date"])
        return {
            "person_source_ref": first["person_source_ref"],
            "disposal": "community_order",
            "relevant_date": self._between(since, self._today).isoformat(),
            "risk": first["risk"],
        }

    def _length(self, disposal: Disposal) -> Row:
        if disposal == Disposal.IMPRISONMENT:
            least, most = TERMS.draw(self._rnd)
            return {"sentence_months": least + int(self._rnd.random() * (most - least + 1))}
        if disposal == Disposal.CONDITIONAL_DISCHARGE:
            return {"discharge_months": 12 if self._rnd.random() < EVEN else 24}
        return {}

    def _conviction(self, row: Row, born: date) -> date:
        """Draw a day on or after which the period still runs."""
        months = row.get("sentence_months")
        terms = (Term(Length(months)),) if months is not None else ()
        whole = Sentence(
            Disposal(row["disposal"]), self._today, born, terms, row.get("discharge_months")
        )
        ends_on = period_of(whole).ends_on
        days = (ends_on - self._today).days if ends_on else LONGEST_AGO
        earliest = self._today - timedelta(days=min(days * 0.98, LONGEST_AGO))
        adult = born + timedelta(days=18 * YEAR)
        return self._between(max(earliest, min(adult, self._today)), self._today)

    def _met(self, risk: str, convicted: date, released: date) -> Row:
        """Say when the person last notified, was seen and was assessed."""
        first = min(max(convicted, released) + timedelta(days=2), self._today)
        return {
            "first_notified_on": first.isoformat(),
            **self._notified(first),
            "last_seen_on": self._since(first, VISIT_DAYS[risk], LATE_VISIT_SHARE).isoformat(),
            "last_arms_on": self._since(first, 360, LATE_ARMS_SHARE).isoformat(),
            "arms_priority": risk,
        }

    def _notified(self, first: date) -> Row:
        if self._rnd.random() < ROOFLESS_SHARE:
            last = self._since(first, 6, LATE_NOTIFICATION_SHARE)
            return {"last_notified_on": last.isoformat(), "has_no_fixed_abode": True}
        last = self._since(first, 360, LATE_NOTIFICATION_SHARE)
        return {"last_notified_on": last.isoformat()}

    def _since(self, first: date, days: int, late: float) -> date:
        """Draw a day within so many days, or for some longer ago; never before the first."""
        ago = self._rnd.random() * days
        if self._rnd.random() < late:
            ago = days + 10 + self._rnd.random() * 60
        return max(first, self._today - timedelta(days=int(ago)))

    def _between(self, first: date, last: date) -> date:
        days = max((last - first).days, 0)
        return first + timedelta(days=int(self._rnd.random() * days))
