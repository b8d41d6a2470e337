"""Bail: a year of releases after arrest, and the bail behind each want for a failure to answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from offenders.seed import reasons
from offenders.seed.rows import in_utc, repeatable
from offenders.seed.serials import Serials
from offenders.seed.traits import YEAR
from offenders.seed.weighted import EVEN, Weighted, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from offenders.seed.rows import Row, Scale
    from offenders.seed.wants import PersonKey

# Hertfordshire published 18,702 arrests in a year; a force of this many people is like it.
ARRESTS, PEOPLE = 18_702, 40_000
# How many arrests end in bail or in release under investigation is made up.
BAILED_SHARE, WITHOUT_BAIL_SHARE = 0.25, 0.15
FIRST_ARREST_AGE = timedelta(days=10 * YEAR)  # the age of criminal responsibility
PERIOD_DAYS, EXTENDED_DAYS = 89, 180  # within three and six months whatever the months are
CONDITIONED_SHARE, EARLY_SHARE, OTHER_AGENCY_SHARE = 0.7, 0.15, 0.01
OPEN_SHARE, EXTENDED_SHARE, LAPSED_SHARE, UNANSWERED_SHARE = 0.75, 0.35, 0.01, 0.005
REVIEWED_DAYS = 120  # how long most investigations without bail last
CONDITIONS: Final = (
    "Live and sleep each night at the home address",
    "Not to contact any witness directly or indirectly",
    "Not to enter the street where the complainant lives",
    "Stay indoors at the home address from 21:00 to 07:00",
    "Report to the police station each Monday between 10:00 and 12:00",
    "Surrender any passport to the police station",
)
OUTCOMES = Weighted(
    counted("charged 38, no_further_action 47, out_of_court_disposal 14.5, deceased 0.5")
)
TEAMS = reasons.TEAMS["failed_to_answer_bail"]
_OFFENCES = reasons.OFFENCES["failed_to_answer_bail"]


def made_up_bail(  # noqa: PLR0913 - as the wants, on whose failures it rests
    force: str,
    scale: Scale,
    seed: int,
    now: datetime,
    *,
    people: Sequence[PersonKey],
    wants: Sequence[Row],
) -> Iterator[Row]:
    """Give the rows of `bail` to import: first those behind the wants, then the year's others."""
    maker = _BailMaker(force, repeatable("bail", force, seed), in_utc(now), people)
    number = 0
    for want in wants:
        if want["reason"] == "failed_to_answer_bail":
            number += 1
            yield maker.behind(number, want)
    arrests = round(ARRESTS * scale.people / PEOPLE)
    for _ in range(round(arrests * BAILED_SHARE)):
        number += 1
        yield maker.bailed(number)
    for _ in range(round(arrests * WITHOUT_BAIL_SHARE)):
        number += 1
        yield maker.without_bail(number)


class _BailMaker:
    """Makes one force's releases; each draws a person, an arrest and what became of it."""

    def __init__(self, force: str, rnd: Random, now: datetime, people: Sequence[PersonKey]) -> None:
        self._force, self._rnd, self._now = force, rnd, now
        oldest = now.date() - timedelta(days=YEAR) - FIRST_ARREST_AGE
        self._people = [who for who in people if who.born is None or who.born <= oldest]
        self._serials = Serials()

    def behind(self, number: int, want: Row) -> Row:
        """Make the bail that somebody who is wanted did not answer."""
        failed_at = datetime.fromisoformat(want["entered_at"])
        return_at = failed_at - timedelta(minutes=self._minutes(30, 1_440))
        arrested_at = return_at - timedelta(days=10 + int(self._rnd.random() * 14))
        row = self._row(number, arrested_at, want["person_source_ref"], want["offence_code"])
        row |= {
            "crime_reference": want["crime_reference"],
            "return_at": return_at.isoformat(),
            "state": "failed_to_answer",
            "state_at": failed_at.isoformat(),
        }
        if want.get("outcome"):
            ended = {"state": "closed", "outcome": OUTCOMES.draw(self._rnd)}
            row |= ended | {"state_at": want["outcome_at"]}
        return row

    def bailed(self, number: int) -> Row:
        """Make a release on bail in the last year."""
        row, arrested_at, days = self._arrest(number)
        rnd = self._rnd.random
        if rnd() < CONDITIONED_SHARE:
            first = int(rnd() * len(CONDITIONS))
            row["conditions"] = [CONDITIONS[first], CONDITIONS[first - 1]][: 1 + (rnd() < EVEN)]
        if days < PERIOD_DAYS and rnd() < OTHER_AGENCY_SHARE:
            return row | {"agency": "hmrc", "case_type": "non_standard"}
        is_open = rnd() < OPEN_SHARE
        if days < PERIOD_DAYS and is_open:
            return row | self._early_return(arrested_at, days)
        if PERIOD_DAYS <= days < EXTENDED_DAYS and rnd() < EXTENDED_SHARE:
            authorised_at = arrested_at + timedelta(days=60 + int(rnd() * 28))
            return row | {"extensions": [f"inspector {authorised_at.isoformat()}"]}
        if days >= PERIOD_DAYS + 5 and rnd() < LAPSED_SHARE:
            return row
        return row | self._closed(arrested_at, min(days, PERIOD_DAYS))

    def without_bail(self, number: int) -> Row:
        """Make a release under investigation in the last year."""
        row, arrested_at, days = self._arrest(number)
        if days > REVIEWED_DAYS and self._rnd.random() < 1 - LAPSED_SHARE:
            return row | self._closed(arrested_at, days)
        return row | {"state": "released_without_bail", "state_at": row["bailed_at"]}

    def _arrest(self, number: int) -> tuple[Row, datetime, float]:
        arrested_at = self._now - timedelta(minutes=self._minutes(2_880, 525_600))
        offence = _OFFENCES.draw(self._rnd).code
        person = self._people[int(self._rnd.random() * len(self._people))].source_ref
        row = self._row(number, arrested_at, person, offence)
        year = arrested_at.year % 100
        serial = self._serials.take(f"bail {year}", 99_991)
        row["crime_reference"] = f"{self._force}/{100_000 + serial}/{year:02}"
        return row, arrested_at, (self._now - arrested_at) / timedelta(days=1)

    def _row(self, number: int, arrested_at: datetime, person: str, offence: str) -> Row:
        released_at = arrested_at + timedelta(minutes=self._minutes(180, 1_380))
        return {
            "source_ref": f"BL{number:06}",
            "person_source_ref": person,
            "arrested_at": arrested_at.isoformat(),
            "bailed_at": released_at.isoformat(),
            "offence_code": offence,
            "owner_team": TEAMS[int(self._rnd.random() * len(TEAMS))],
        }

    def _early_return(self, arrested_at: datetime, days: float) -> Row:
        """Name a time before the last day for some; a few have let it pass unanswered."""
        rnd = self._rnd.random
        if rnd() < UNANSWERED_SHARE and days > 3:  # noqa: PLR2004 - days since arrest
            return {"return_at": (self._now - timedelta(hours=1 + int(rnd() * 40))).isoformat()}
        if rnd() >= EARLY_SHARE or days > PERIOD_DAYS - 14:
            return {}
        ahead = days + 7 + rnd() * (PERIOD_DAYS - days - 7)
        return {"return_at": (arrested_at + timedelta(days=ahead)).isoformat()}

    def _closed(self, arrested_at: datetime, days: float) -> Row:
        ended_at = arrested_at + timedelta(days=1) + timedelta(days=(days - 1) * self._rnd.random())
        outcome = OUTCOMES.draw(self._rnd)
        return {"state": "closed", "outcome": outcome, "state_at": ended_at.isoformat()}

    def _minutes(self, least: int, most: int) -> int:
        return least + int(self._rnd.random() * (most - least))
