"""A year of arrests: who, for what, of which nationality, and how each detention ended."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from math import log
from typing import TYPE_CHECKING

from offenders.seed import reasons
from offenders.seed.places import TOWNS
from offenders.seed.rows import in_utc, repeatable
from offenders.seed.serials import Serials
from offenders.seed.traits import YEAR
from offenders.seed.weighted import Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from offenders.seed.rows import Row, Scale
    from offenders.seed.wants import PersonKey

# Hertfordshire's year: 3,297 of 18,702 arrests were of foreign nationals.
FOREIGN_SHARE = 3_297 / 18_702
STATED_SHARE, EVIDENCED_SHARE = 0.93, 0.3
CHECKED_SHARE, CHECKED_TODAY_SHARE = 0.995, 0.8
SECOND_OFFENCE_SHARE = 0.18
AGAIN = 1.6  # how much more often those are arrested who are often arrested
HELD_HOURS, HELD_SPREAD, LONGEST_HOURS = 11, 0.8, 90.0  # median, log-normal spread
FIRST_ARREST_AGE = timedelta(days=10 * YEAR)  # the age of criminal responsibility
DAYS = 365
DISPOSALS = Weighted(
    counted(
        """charged 33, bailed 19, released_under_investigation 13, no_further_action 27,
        out_of_court 5, transferred 2, other 1"""
    )
)
PLACES = Weighted(
    counted("Home address 38, Town centre 21, In the street 24, Shop 9, Police station 5, Other 3")
)
STATIONS = {"33": Weighted(counted("Keyham Lane 45, Euston Street 35, Beaumont Leys 20"))}


def made_up_detentions(  # noqa: PLR0913 - what one force's arrests are made from
    force: str,
    scale: Scale,
    seed: int,
    now: datetime,
    people: Sequence[PersonKey],
    *,
    lpas: Sequence[str],
) -> Iterator[Row]:
    """Give the rows of `custody` to import, each of one of these people, over the last year."""
    maker = _ArrestMaker(force, scale, repeatable("custody", force, seed), now, people, lpas=lpas)
    return (maker.arrest(number) for number in range(1, scale.arrests + 1))


class _ArrestMaker:
    """Makes one force's arrests; nobody is held twice at once, and some come again and again."""

    def __init__(  # noqa: PLR0913 - as above
        self,
        force: str,
        scale: Scale,
        rnd: Random,
        now: datetime,
        people: Sequence[PersonKey],
        *,
        lpas: Sequence[str],
    ) -> None:
        self._force, self._rnd, self._now = force, rnd, in_utc(now)
        oldest = self._now.date() - FIRST_ARREST_AGE - timedelta(days=DAYS)
        grown = [who for who in people if who.born is None or who.born <= oldest]
        self._foreign = [who for who in grown if set(who.nationalities) - {"GBR"}]
        self._others = [who for who in grown if not set(who.nationalities) - {"GBR"}]
        self._officers = [
            str(code) for code in rnd.sample(range(1000, 9999), scale.arrests // 25 + 9)
        ]
        self._lpas = sorted(lpas)
        town, _ = TOWNS[force]
        self._stations = STATIONS.get(force) or Weighted([(f"{town} Custody Suite", 1)])
        self._serials = Serials()
        self._held: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)

    def arrest(self, number: int) -> Row:
        """Make the row of the next arrest."""
        rnd = self._rnd
        some = self._foreign if rnd.random() < FOREIGN_SHARE else self._others
        person, arrested_at, released_at = self._stay(some or self._others or self._foreign)
        offences = [reasons.OFFENCES["named_suspect"].draw(rnd).code]
        if rnd.random() < SECOND_OFFENCE_SHARE:
            offences.append(reasons.OFFENCES["named_suspect"].draw(rnd).code)
        year = f"{arrested_at:%y}"
        serial = self._serials.take(f"custody {year}", 999_983)
        row: Row = {
            "source_ref": f"CD{number:06}",
            "person_source_ref": person.source_ref,
            "custody_number": f"{self._force}CU/{serial:06}/{year}",
            "arrested_at": arrested_at.isoformat(),
            "arrest_place": PLACES.draw(rnd),
            "station": self._stations.draw(rnd),
            "offences": list(dict.fromkeys(offences)),
            "arresting_officer": one_of(rnd, self._officers),
            "pnc_checked": self._is_checked(arrested_at),
            **self._nationality(person),
        }
        if self._lpas:
            row["lpa"] = one_of(rnd, self._lpas)
        if released_at <= self._now:
            row |= {"released_at": released_at.isoformat(), "disposal": DISPOSALS.draw(rnd)}
        return row

    def _stay(self, people: Sequence[PersonKey]) -> tuple[PersonKey, datetime, datetime]:
        """Choose who is held from when until when; never somebody who is held then already."""
        rnd = self._rnd.random
        while True:
            person = people[int(rnd() ** AGAIN * len(people))]
            arrested_at = self._now - timedelta(minutes=1 + int(rnd() * (DAYS * 1440 - 1)))
            hours = min(LONGEST_HOURS, self._rnd.lognormvariate(log(HELD_HOURS), HELD_SPREAD))
            released_at = arrested_at + timedelta(minutes=20 + int(hours * 60))
            held = self._held[person.source_ref]
            if all(released_at <= begins or ends <= arrested_at for begins, ends in held):
                held.append((arrested_at, max(released_at, arrested_at + timedelta(hours=96))))
                return person, arrested_at, released_at

    def _nationality(self, person: PersonKey) -> Row:
        """Say what the person stated, and what a document showed; seldom nothing at all."""
        rnd, known = self._rnd.random, [*person.nationalities] or ["GBR"]
        row: Row = {}
        if rnd() < STATED_SHARE:
            row["nationality_stated"] = known[int(rnd() * len(known))]
        if rnd() < EVIDENCED_SHARE:
            row["nationality_evidenced"] = known[-1]
        return row

    def _is_checked(self, arrested_at: datetime) -> bool:
        is_today = self._now - arrested_at < timedelta(days=1)
        return self._rnd.random() < (CHECKED_TODAY_SHARE if is_today else CHECKED_SHARE)
