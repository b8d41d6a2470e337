"""Wants: who is wanted for what, since when, at what risk, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log
from typing import TYPE_CHECKING

from offenders.seed import reasons, traits
from offenders.seed.places import TOWNS
from offenders.seed.rows import in_utc, repeatable
from offenders.seed.serials import Serials
from offenders.seed.traits import YEAR
from offenders.seed.weighted import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from offenders.seed.rows import Row, Scale

WITHOUT_CRIME = frozenset({"court_warrant", "prison_recall", "unlawfully_at_large"})
CLOSED_SHARE = 0.26
AGAIN_SHARE = 0.12
TWO_SUSPECTS_SHARE = 0.09
NEIGHBOUR_SHARE = 0.4
OFFICER_SHARE = 0.7
OPEN_DAYS, OPEN_SPREAD = 40, 1.7  # median and log-normal spread: hours to years
CLOSING_DAYS, CLOSING_SPREAD = 9, 1.4
OLDEST_WANT = 3600.0  # days
CLOSED_WITHIN = 365  # days
FIRST_WANT_AGE = timedelta(days=10 * YEAR)  # the age of criminal responsibility
DOMESTIC_AGE = timedelta(days=16 * YEAR)  # Domestic Abuse Act 2021 s.1(2)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """What wants and arrests need to know of a person."""

    source_ref: str
    born: date | None
    nationalities: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Row) -> PersonKey:
        """Take the key of a made-up person's row."""
        born = row.get("date_of_birth")
        nationalities = tuple(row.get("nationalities", ()))
        return cls(row["source_ref"], date.fromisoformat(born) if born else None, nationalities)


def made_up_wants(
    force: str, scale: Scale, seed: int, now: datetime, people: Sequence[PersonKey]
) -> Iterator[Row]:
    """Give the rows of `wanted` to import, each for one of these people."""
    maker = _WantMaker(force, scale, repeatable("wants", force, seed), now, people)
    return (maker.want(number) for number in range(1, scale.wants + 1))


class _WantMaker:
    """Makes one force's wants; a person may have several, and a crime two suspects."""

    def __init__(
        self, force: str, scale: Scale, rnd: Random, now: datetime, people: Sequence[PersonKey]
    ) -> None:
        self._force, self._rnd, self._now = force, rnd, in_utc(now)
        youngest = self._now.date() - timedelta(days=traits.YOUNGEST * YEAR - 60)
        self._people = [who for who in people if who.born is None or who.born <= youngest]
        self._officers = [str(code) for code in rnd.sample(range(1000, 9999), scale.wants // 9 + 9)]
        self._serials = Serials()
        self._subjects: list[int] = []
        self._taken: set[tuple[int, str]] = set()
        self._accomplice: tuple[int, Row] | None = None

    def want(self, number: int) -> Row:
        """Make the row of the next want."""
        accomplice, self._accomplice = self._accomplice, None
        if accomplice:
            return self._want_of_accomplice(number, *accomplice)
        reason, at = reasons.REASONS.draw(self._rnd), self._subject()
        if (at, reason) in self._taken:
            reason = "named_suspect"
        row = self._row(number, at, reason, reasons.OFFENCES[reason].draw(self._rnd))
        if reason in WITHOUT_CRIME:
            self._taken.add((at, reason))
            return row
        row["crime_reference"] = self._crime_reference(row["entered_at"])
        if reason == "named_suspect" and not row["domestic_abuse"] and len(self._people) > 1:
            self._accomplice = self._find_accomplice(at, row)
        return row

    def _find_accomplice(self, at: int, row: Row) -> tuple[int, Row] | None:
        rnd, count = self._rnd.random, len(self._people)
        if rnd() >= TWO_SUSPECTS_SHARE:
            return None
        # The next person is often kin of this one.
        step = 1 if rnd() < NEIGHBOUR_SHARE else 1 + int(rnd() * (count - 1))
        born = self._people[(at + step) % count].born
        entered_on = datetime.fromisoformat(row["entered_at"]).date()
        is_too_young = born is not None and born + FIRST_WANT_AGE > entered_on
        return None if is_too_young else ((at + step) % count, row)

    def _want_of_accomplice(self, number: int, at: int, first: Row) -> Row:
        self._subjects.append(at)
        offence = reasons.Offence(first["offence_code"], 0, reasons.MOST_SEVERE - 1)
        row = self._row(number, at, "named_suspect", offence)
        row.pop("outcome", None)
        row.pop("outcome_at", None)
        return row | {key: first[key] for key in ("crime_reference", "entered_at")}

    def _subject(self) -> int:
        rnd = self._rnd.random
        if self._subjects and rnd() < AGAIN_SHARE:
            return self._subjects[int(rnd() * len(self._subjects))]
        self._subjects.append(int(rnd() * len(self._people)))
        return self._subjects[-1]

    def _row(self, number: int, at: int, reason: str, offence: reasons.Offence) -> Row:
        rnd, person = self._rnd, self._people[at]
        entered_at, outcome_at = self._dates(person)
        old_enough = person.born is None or person.born + DOMESTIC_AGE <= entered_at.date()
        is_domestic = old_enough and rnd.random() < offence.domestic_share
        severity = min(reasons.MOST_SEVERE, offence.severity + is_domestic)
        risk = reasons.RISKS[severity].draw(rnd)
        row: Row = {
            "source_ref": f"WN{number:06}",
            "person_source_ref": person.source_ref,
            "reason": reason,
            "basis": reasons.BASES.draw(rnd) if reason == "named_suspect" else "other",
            "offence_code": offence.code,
            "power": reasons.POWERS[reason],
            "risk": risk,
            "risk_rationale": one_of(rnd, reasons.RISK_RATIONALES[risk]),
            "domestic_abuse": is_domestic,
            "priority_crime": offence.code in reasons.PRIORITY_CRIMES,
            "entered_at": entered_at.isoformat(),
        }
        row |= self._owner(reason, is_domestic=is_domestic)
        if reason == "court_warrant":
            row |= self._warrant(risk, entered_at)
        if outcome_at:
            row |= {
                "outcome": reasons.OUTCOMES[reason].draw(rnd),
                "outcome_at": outcome_at.isoformat(),
            }
        return row

    def _dates(self, person: PersonKey) -> tuple[datetime, datetime | None]:
        rnd, longest = self._rnd, OLDEST_WANT
        if person.born:
            longest = min(longest, float((self._now.date() - person.born - FIRST_WANT_AGE).days))
        if rnd.random() >= CLOSED_SHARE:
            days = rnd.lognormvariate(log(OPEN_DAYS), OPEN_SPREAD)
            return self._before(min(longest, days)), None
        open_days = rnd.lognormvariate(log(CLOSING_DAYS), CLOSING_SPREAD)
        closed = CLOSED_WITHIN * rnd.random() ** 1.5
        entered = min(longest, closed + open_days)
        return self._before(entered), self._before(min(closed, entered * 0.9))

    def _before(self, days: float) -> datetime:
        return self._now - timedelta(minutes=int(days * 1440))

    def _crime_reference(self, entered_at: str) -> str:
        year = entered_at[2:4]
        return f"{self._force}/{self._serials.take(f'crime {year}', 99_991):05}/{year}"

    def _warrant(self, risk: str, entered_at: datetime) -> Row:
        town, _ = TOWNS[self._force]
        serial = self._serials.take(f"warrant {entered_at.year}", 99_991)
        return {
            "warrant_number": f"{town[:3].upper()}/{entered_at.year}/{serial:05}",
            "court": f"{town} {reasons.COURTS.draw(self._rnd)}",
            "warrant_category": reasons.WARRANT_CATEGORIES[risk],
        }

    def _owner(self, reason: str, *, is_domestic: bool) -> Row:
        if self._rnd.random() < OFFICER_SHARE:
            return {"owner_officer": one_of(self._rnd, self._officers)}
        team = one_of(self._rnd, reasons.TEAMS[reason])
        return {"owner_team": reasons.DOMESTIC_ABUSE_TEAM if is_domestic else team}
