"""A cohort of integrated offender management: of those most often arrested, and who has left."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from offenders.seed.rows import in_utc, repeatable
from offenders.seed.traits import YEAR
from offenders.seed.weighted import Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from random import Random

    from offenders.seed.rows import Row, Scale
    from offenders.seed.wants import PersonKey

# Leicestershire's published figures of 2016: around 383 members, 16 of them catch and convict, 105
# managed by neighbourhood staff, 5 of organised crime groups, 26 staff; a force of 40,000 people.
MEMBERS, CONVICT, NEIGHBOURHOOD, OCG, STAFF, PEOPLE = 383, 16, 105, 5, 26, 40_000
# How many have left, their risk, ratings and themes are made up.
LEFT_SHARE, OVERDUE_SHARE, WITHOUT_SUPPORT_SHARE = 0.4, 0.12, 0.05
ADULT = timedelta(days=18 * YEAR)
LEAST_DAYS, MOST_DAYS = 20, 900
# Members are chosen by the arrests of before: by all of them they would seem to offend more later.
CHOSEN_DAYS = 180
REVIEW_DAYS = {"red": 14, "amber": 28, "green": 56, "blue": 91}
RATINGS = Weighted(counted("red 22, amber 34, green 26, blue 18"))
RISKS = Weighted(counted("high 20, medium 50, low 30"))
COHORTS = Weighted(counted("fixed 52, flex 30, free 18"))
THEMES = {
    "fixed": Weighted(counted("acquisitive 45, serious_acquisitive 55")),
    "flex": Weighted(counted("acquisitive 60, serious_acquisitive 30, asb 10")),
    "free": Weighted(counted("domestic_abuse 52, violence 26, knife 12, sexual 4, asb 6")),
}
EXITS = Weighted(
    counted(
        """reduced_risk 38, completed 14, sentence_end 20, long_custody 14, moved_area 8,
        mappa_takeover 3, failed 2, deceased 1"""
    )
)


def made_up_members(  # noqa: PLR0913 - of whose arrests the cohort is made
    force: str,
    scale: Scale,
    seed: int,
    now: datetime,
    people: Sequence[PersonKey],
    *,
    arrests: Iterable[Row],
) -> Iterator[Row]:
    """Give the rows of `iom` to import: the cohort, then those who have left it."""
    rnd, today = repeatable("iom", force, seed), in_utc(now).date()
    members = _scaled(MEMBERS, scale)
    left = round(members * LEFT_SHARE)
    chosen = _chosen(rnd, today, people, arrests, members + left)
    members = min(members, len(chosen))
    maker = _MemberMaker(rnd, today)
    convict, ocg = _scaled(CONVICT, scale), _scaled(OCG, scale)
    neighbourhood = _scaled(NEIGHBOURHOOD, scale)
    for number, person in enumerate(chosen, start=1):
        row = maker.member(number, person)
        if number > members:
            yield maker.left(row)
            continue
        if number <= neighbourhood:
            maker.give_to_neighbourhood(row)
        if number > members - convict:
            row |= {"catch_and_convict": "true", "rating": "red"}
        if neighbourhood < number <= neighbourhood + ocg:
            row |= {"cohort": "free", "theme": "ocg"}
        yield maker.reviewed(row)


def _scaled(figure: int, scale: Scale) -> int:
    return round(figure * scale.people / PEOPLE)


def _chosen(
    rnd: Random,
    today: date,
    people: Sequence[PersonKey],
    arrests: Iterable[Row],
    wanted: int,
) -> list[str]:
    """Choose adults from those most often arrested half a year ago: one in two, in no order."""
    grown = {who.source_ref for who in people if who.born is not None and who.born <= today - ADULT}
    known = (today - timedelta(days=CHOSEN_DAYS)).isoformat()
    often = Counter(row["person_source_ref"] for row in arrests if row["arrested_at"] < known)
    ranked = sorted((ref for ref in often if ref in grown), key=lambda ref: (-often[ref], ref))
    candidates = ranked[: 2 * wanted]
    return rnd.sample(candidates, min(wanted, len(candidates)))


class _MemberMaker:
    """Makes one force's members; the lead follows the risk, as Leicestershire's does."""

    def __init__(self, rnd: Random, today: date) -> None:
        self._rnd, self._today = rnd, today
        codes = [str(code) for code in rnd.sample(range(1000, 9999), STAFF + 60)]
        self._staff, self._beat = codes[:STAFF], codes[STAFF:]

    def member(self, number: int, person: str) -> Row:
        """Make the row of somebody who joined in the last years."""
        rnd = self._rnd
        cohort, risk = COHORTS.draw(rnd), RISKS.draw(rnd)
        days = LEAST_DAYS + int(rnd.random() ** 1.5 * (MOST_DAYS - LEAST_DAYS))
        probation = "probation" if risk == "high" else None
        return {
            "source_ref": f"IM{number:05}",
            "person_source_ref": person,
            "cohort": cohort,
            "theme": THEMES[cohort].draw(rnd),
            "rating": RATINGS.draw(rnd),
            "risk": risk,
            "lead_agency": probation or "police",
            "managed_by": probation or "iom_team",
            "lead_officer": one_of(rnd, self._staff),
            "joined_on": (self._today - timedelta(days=days)).isoformat(),
            "catch_and_convict": "false",
        }

    def give_to_neighbourhood(self, row: Row) -> None:
        """Let neighbourhood staff lead, with the support of the IOM team for nearly all."""
        if row["risk"] == "high":
            row["risk"] = "medium"
        row |= {"lead_agency": "police", "managed_by": "neighbourhood"}
        if self._rnd.random() >= WITHOUT_SUPPORT_SHARE:
            row["support_officer"] = row["lead_officer"]
        row["lead_officer"] = one_of(self._rnd, self._beat)

    def reviewed(self, row: Row) -> Row:
        """Say when the member was last reviewed: in time, but for some."""
        rnd, days = self._rnd.random, REVIEW_DAYS[row["rating"]]
        since = days * (1 + rnd()) if rnd() < OVERDUE_SHARE else days * rnd() * 0.9
        reviewed = self._today - timedelta(days=int(since))
        if reviewed.isoformat() >= row["joined_on"]:
            row["last_reviewed_on"] = reviewed.isoformat()
        return row

    def left(self, row: Row) -> Row:
        """Let somebody leave some time after joining."""
        joined = date.fromisoformat(row["joined_on"])
        stayed = int((self._today - joined).days * (0.3 + 0.7 * self._rnd.random()))
        exited = joined + timedelta(days=stayed)
        return row | {"exited_on": exited.isoformat(), "exit_reason": EXITS.draw(self._rnd)}
