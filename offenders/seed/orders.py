"""Orders: a year of the size that HMIC published of Leicestershire Police."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from offenders.domain.working_days import london_day
from offenders.seed.rows import repeatable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from random import Random

    from offenders.seed.rows import Row
    from offenders.seed.wants import PersonKey

# HMIC, PEEL: Police effectiveness 2016, Leicestershire Police: the twelve months to 30 June 2016.
SHPOS, SHPO_BREACHES, SHPOS_BREACHED = 82, 14, 12  # how many orders were breached is made up
DVPNS, DVPOS_APPLIED, DVPOS_GRANTED, DVPOS_BREACHED = 80, 71, 63, 14
OTHERS: Final = {"SCPO": 8, "CBO": 3, "financial_reporting": 1}
UNMONITORED, UNACTIONED, UNREVIEWED = 2, 1, 3  # made up, so that the flags can be seen
YEAR = 365  # days
ADULT, OLDEST = 18 * 366, 75 * YEAR
LAST_DAYS = 3  # the youngest notice: its court has been asked and has decided
SEXUAL: Final = (
    "Not to use any device that reaches the internet unless the police may see its history",
    "Not to live in a household with anybody under 18",
    "Not to have unsupervised contact with anybody under 16",
    "Not to work, paid or unpaid, with anybody under 18",
)
DOMESTIC: Final = (
    "Not to contact the person protected, directly or indirectly",
    "Not to go within 100 metres of the home of the person protected",
)
FURTHER: Final = {
    "SCPO": (
        "Not to hold more than one mobile phone, whose number the police know",
        "Not to carry more than 500 pounds in cash",
    ),
    "CBO": ("Not to enter the city centre between 18:00 and 06:00",),
    "financial_reporting": ("To report income and outgoings every six months",),
}
_COURTS = ("Leicester Crown Court", "Leicester Magistrates' Court")


def made_up_orders(
    force: str, seed: int, now: datetime, people: Sequence[PersonKey], share: float = 1
) -> Iterator[Row]:
    """Give the rows of `orders` to import, all made in the year before `now`.

    `share` says how many there are, as a multiple of Leicestershire's.
    """
    maker = _OrderMaker(repeatable("orders", force, seed), london_day(now), people, share)
    yield from maker.sexual()
    yield from maker.domestic()
    yield from maker.others()


class _OrderMaker:
    """Makes one force's orders; each draws a person and a day of the last year."""

    def __init__(self, rnd: Random, today: date, people: Sequence[PersonKey], share: float) -> None:
        self._rnd, self._today, self._share = rnd, today, share
        oldest, youngest = today - timedelta(days=OLDEST), today - timedelta(days=ADULT + YEAR)
        adults = [each for each in people if each.born and oldest <= each.born <= youngest]
        self._people = rnd.sample(adults, min(len(adults), max(1, self._of(400))))
        self._number = 0

    def sexual(self) -> Iterator[Row]:
        """Make sexual harm prevention orders, some of them breached."""
        breached = self._of(SHPOS_BREACHED)
        often = (self._of(SHPO_BREACHES) - breached) // 2
        for number in range(self._of(SHPOS)):
            days = self._draw(90, YEAR - 1) if number < breached else self._draw(0, YEAR - 1)
            made_on = self._before(days)
            row = self._row("SHPO", made_on, _COURTS[0], SEXUAL, applied_on=made_on)
            if number % 3:
                years = timedelta(days=5 * 366 + self._draw(0, 5 * YEAR))
                row["expires_on"] = (made_on + years).isoformat()
            if number < self._of(SHPOS) - self._of(UNMONITORED):
                row |= {"accepted_by": "MOSOVO", "accepted_on": self._soon(made_on)}
            if number < breached:
                count = 3 if number >= breached - often else 1
                row["breaches"] = self._breaches(count, number, made_on, days)
            yield row | {"monitored_by": "MOSOVO", "owner_team": "MOSOVO"}

    def _breaches(self, count: int, number: int, made_on: date, days: int) -> list[str]:
        """Give breaches days apart; the last of them still lack action or review."""
        step = (days - 45) // count
        found = []
        for each in range(count):
            happened = made_on + timedelta(days=1 + each * step + self._draw(0, step - 1))
            if number < self._of(UNACTIONED):
                found.append(happened.isoformat())
            elif number < self._of(UNACTIONED) + self._of(UNREVIEWED):
                found.append(f"{happened.isoformat()} charged")
            else:
                found.append(f"{happened.isoformat()} charged {self._soon(happened, 28)}")
        return found

    def domestic(self) -> Iterator[Row]:
        """Make notices, and the applications that follow most of them."""
        for number in range(self._of(DVPNS)):
            given_on = self._before(LAST_DAYS + self._draw(0, YEAR - LAST_DAYS - 1))
            person = self._person()
            decided_on = given_on + timedelta(days=2)
            notice = self._row("DVPN", given_on, None, DOMESTIC, person=person)
            notice |= {"authorised_rank": "superintendent", "state": "discharged"}
            yield notice | self._of_neighbourhood(given_on) | {"ended_on": decided_on.isoformat()}
            if number < self._of(DVPOS_APPLIED):
                yield self._protection(number, person, given_on, decided_on)

    def _protection(self, number: int, person: str, given_on: date, decided_on: date) -> Row:
        applied_on = given_on + timedelta(days=1)
        row = self._row("DVPO", None, _COURTS[1], DOMESTIC, applied_on=applied_on, person=person)
        if number >= self._of(DVPOS_GRANTED):
            return row | {"state": "refused", "decided_on": decided_on.isoformat()}
        length = 14 + self._draw(0, 14)
        ends_on = decided_on + timedelta(days=length - 1)
        row |= {"made_on": decided_on.isoformat(), "expires_on": ends_on.isoformat()}
        if number < self._of(DVPOS_BREACHED):
            last = min(length - 1, (self._today - decided_on).days)
            happened = decided_on + timedelta(days=self._draw(0, last))
            row["breaches"] = [f"{happened.isoformat()} arrested {self._soon(happened, 10)}"]
        return row | self._of_neighbourhood(decided_on)

    def _of_neighbourhood(self, on: date) -> Row:
        team = "NPA-CENTRAL"
        return {"monitored_by": team, "accepted_by": team, "accepted_on": on.isoformat()}

    def others(self) -> Iterator[Row]:
        """Make the orders on members of organised crime groups; the region monitors most."""
        for kind, count in OTHERS.items():
            for number in range(self._of(count)):
                made_on = self._before(self._draw(0, YEAR - 1))
                row = self._row(kind, made_on, _COURTS[0], FURTHER[kind])
                row["expires_on"] = (made_on + timedelta(days=4 * YEAR)).isoformat()
                row["monitored_by"] = "EMSOU"
                if number:
                    row |= {"accepted_by": "EMSOU", "accepted_on": self._soon(made_on)}
                yield row

    def _row(  # noqa: PLR0913 - what every order has
        self,
        kind: str,
        made_on: date | None,
        court: str | None,
        conditions: Sequence[str],
        *,
        applied_on: date | None = None,
        person: str | None = None,
    ) -> Row:
        self._number += 1
        row: Row = {
            "source_ref": f"OR{self._number:06}",
            "person_source_ref": person or self._person(),
            "type": kind,
            "conditions": list(conditions[: 1 + self._draw(0, len(conditions) - 1)]),
        }
        if court is not None:
            row["court"] = court
        for name, day in (("applied_on", applied_on), ("made_on", made_on)):
            if day is not None:
                row[name] = day.isoformat()
        return row

    def _person(self) -> str:
        return self._people[self._draw(0, len(self._people) - 1)].source_ref

    def _of(self, figure: int) -> int:
        return round(figure * self._share)

    def _before(self, days: int) -> date:
        return self._today - timedelta(days=days)

    def _soon(self, day: date, within: int = 6) -> str:
        """Give a day soon after, which is not in the future."""
        return min(day + timedelta(days=self._draw(0, within)), self._today).isoformat()

    def _draw(self, least: int, most: int) -> int:
        return least + int(self._rnd.random() * (most - least + 1))
