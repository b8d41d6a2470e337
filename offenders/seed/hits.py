"""Forensic hits of a year: what the laboratory found, on whom, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import log
from typing import TYPE_CHECKING, Any

from offenders.seed.rows import SCALES, in_utc, repeatable
from offenders.seed.serials import Serials
from offenders.seed.wants import FIRST_WANT_AGE
from offenders.seed.weighted import Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from random import Random

    from offenders.seed.rows import Row, Scale
    from offenders.seed.wants import PersonKey

# One force had 70 identifications in a month, and was unaware how many had been dealt with
# (HMIC, PEEL effectiveness 2015, a national overview, "Identifying offenders"; N028).
HITS_A_MONTH = 70
DAYS = 365
UNKNOWN_SHARE, NAME_ONLY_SHARE = 0.06, 0.04
ELIMINATED_SHARE = 0.07
DEALT_DAYS, DEALT_SPREAD = 11, 1.1  # median from receipt, log-normal spread
RETURNED_SHARE, RETURNED_DAYS = 0.8, 40
RESEARCHED_SHARE, ALLOCATED_SHARE = 0.86, 0.93
LABORATORY_HOURS = 72  # from identification to receipt, at most
TYPES = Weighted(counted("dna 45, fingerprint 42, palm 7, footwear 5, ballistics 1"))
OFFENCES = Weighted(
    counted(
        """TH68036 34, TH68037 15, TH68013 9, TH68151 12, TH68023 6, SX03001 4, COML025 0.4,
        CJ88144 4, CD71039 8, OF61102 5, TH68010 3"""
    )
)
ENDS = Weighted(counted("arrested 84, interviewed 9, surrendered 4, charged_elsewhere 3"))
OUTCOMES = Weighted(counted("charged 58, other_disposal 14, no_further_action 28"))
ELIMINATIONS = Weighted(counted("legitimate_access 80, error 20"))
TEAMS = ("BURGLARY", "FIU", "PIT-CITY", "PIT-COUNTY", "MAJOR-CRIME")


@dataclass
class Year:
    """A year of hits: rows of `wanted` and `forensic-hits` to import, and what was done then.

    A deed has `source_ref` of its hit and any of `researched_at`, `linked_crimes`,
    `allocated_at`, `owner_officer`, `owner_team`, `outcome`, `outcome_at`, `elimination`,
    `eliminated_at`.
    """

    wants: list[Row] = field(default_factory=list)
    hits: list[Row] = field(default_factory=list)
    deeds: list[dict[str, Any]] = field(default_factory=list)


def made_up_hits(
    force: str, scale: Scale, seed: int, now: datetime, people: Sequence[PersonKey]
) -> Year:
    """Give the hits of the year before `now`, in proportion to the size of the force."""
    count = round(HITS_A_MONTH * 12 * scale.wants / SCALES["force"].wants)
    maker = _HitMaker(force, repeatable("hits", force, seed), in_utc(now), people)
    for number in range(1, count + 1):
        maker.add(number)
    return maker.year


class _HitMaker:
    def __init__(self, force: str, rnd: Random, now: datetime, people: Sequence[PersonKey]) -> None:
        self._force, self._rnd, self._now = force, rnd, now
        old_enough = now.date() - FIRST_WANT_AGE - timedelta(days=DAYS)
        self._people = [who for who in people if who.born is None or who.born <= old_enough]
        self._serials = Serials()
        self.year = Year()

    def add(self, number: int) -> None:
        """Make one hit with what became of it."""
        rnd = self._rnd
        received_at = self._now - timedelta(minutes=int(rnd.random() * DAYS * 1440))
        identified_at = received_at - timedelta(minutes=int(rnd.random() * LABORATORY_HOURS * 60))
        serial = self._serials.take(f"crime {received_at.year}", 99_991)
        hit: Row = {
            "source_ref": f"FH{number:06}",
            "type": TYPES.draw(rnd),
            "laboratory_reference": f"FS/{self._force}/{number:06}",
            "crime_reference": f"{self._force}/F{serial:05}/{received_at:%y}",
            "offence_code": OFFENCES.draw(rnd),
            "identified_at": identified_at.isoformat(),
            "received_at": received_at.isoformat(),
        }
        person = self._people[int(rnd.random() * len(self._people))]
        chance = rnd.random()
        self.year.hits.append(hit)
        if chance < UNKNOWN_SHARE:
            return
        if chance < UNKNOWN_SHARE + NAME_ONLY_SHARE and person.born is not None:
            hit |= {
                "family_name": person.family_name,
                "given_names": person.given_names,
                "date_of_birth": person.born.isoformat(),
            }
            return
        hit["person_source_ref"] = person.source_ref
        self._deal(hit, received_at)

    def _deal(self, hit: Row, received_at: datetime) -> None:
        rnd = self._rnd
        deed: dict[str, Any] = {"source_ref": hit["source_ref"]}
        if rnd.random() < RESEARCHED_SHARE:
            linked = rnd.random() < 0.3  # noqa: PLR2004 - of those researched
            crimes = [self._linked(received_at) for _ in range(1 + int(rnd.random() * 3))]
            deed["researched_at"] = self._after(received_at, 0.8)
            deed["linked_crimes"] = crimes if linked else []
        if rnd.random() < ALLOCATED_SHARE:
            deed["allocated_at"] = self._after(received_at, 1.5)
            deed["owner_team"] = one_of(rnd, TEAMS)
        if rnd.random() < ELIMINATED_SHARE:
            deed["elimination"] = ELIMINATIONS.draw(rnd)
            deed["eliminated_at"] = self._after(received_at, DEALT_DAYS)
        else:
            self._end(hit, deed, received_at)
        self.year.deeds.append({name: value for name, value in deed.items() if value is not None})

    def _end(self, hit: Row, deed: dict[str, Any], received_at: datetime) -> None:
        """End the want where its day had come: the hit then finds it settled."""
        rnd = self._rnd
        days = rnd.lognormvariate(log(DEALT_DAYS), DEALT_SPREAD)
        ended_at = received_at + timedelta(minutes=int(days * 1440))
        if ended_at >= self._now:
            return
        self.year.wants.append(
            {
                "source_ref": f"{hit['source_ref']}-W",
                "person_source_ref": hit["person_source_ref"],
                "reason": "named_suspect",
                "basis": "forensic",
                "offence_code": hit["offence_code"],
                "crime_reference": hit["crime_reference"],
                "power": "PACE 1984 s.24",
                "entered_at": hit["received_at"],
                "owner_team": deed.get("owner_team") or one_of(rnd, TEAMS),
                "outcome": ENDS.draw(rnd),
                "outcome_at": ended_at.isoformat(),
            }
        )
        if rnd.random() < RETURNED_SHARE:
            deed["outcome"] = OUTCOMES.draw(rnd)
            deed["outcome_at"] = self._after(ended_at, RETURNED_DAYS)
            if deed["outcome_at"] is None:
                del deed["outcome"]

    def _after(self, start: datetime, days: float) -> str | None:
        """Give a moment some days after another, if it has come."""
        at = start + timedelta(minutes=int(self._rnd.lognormvariate(log(days), 0.8) * 1440))
        return at.isoformat() if at < self._now else None

    def _linked(self, received_at: datetime) -> str:
        serial = self._serials.take(f"crime {received_at.year}", 99_991)
        return f"{self._force}/F{serial:05}/{received_at:%y}"
