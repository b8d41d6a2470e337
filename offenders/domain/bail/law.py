"""The limits of pre-charge bail as dated data: each figure with its section and its confidence.

Sections are of the Police and Criminal Evidence Act 1984. Regime A ended with the Policing and
Crime Act 2017 (in force 3 April 2017), regime B with Schedule 4 to the Police, Crime, Sentencing
and Courts Act 2022 (in force 28 October 2022). A case stays under the law of the day of its
arrest (2022 Act s.45(3)). H: the text was read; M: general knowledge still to be confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Regime(StrEnum):
    """The law in force on the day of arrest."""

    A = "A"
    B = "B"
    C = "C"


class Kind(StrEnum):
    """Where the person was released on bail."""

    STATION = "station"
    STREET = "street"


class CaseType(StrEnum):
    """Whose case it is, and whether it is designated as exceptionally complex."""

    STANDARD = "standard"
    NON_STANDARD = "non_standard"
    DESIGNATED = "designated"


class Agency(StrEnum):
    """Who investigates."""

    POLICE = "police"
    SFO = "sfo"
    FCA = "fca"
    HMRC = "hmrc"
    NCA = "nca"


class Rank(StrEnum):
    """Who authorises, lowest rank first; the last two are of no police rank."""

    CONSTABLE = "constable"
    SERGEANT = "sergeant"
    INSPECTOR = "inspector"
    CHIEF_INSPECTOR = "chief_inspector"
    SUPERINTENDENT = "superintendent"
    CHIEF_SUPERINTENDENT = "chief_superintendent"
    COMMANDER = "commander"
    ASSISTANT_CHIEF_CONSTABLE = "assistant_chief_constable"
    DEPUTY_CHIEF_CONSTABLE = "deputy_chief_constable"
    CHIEF_CONSTABLE = "chief_constable"
    AGENCY_DECISION_MAKER = "agency_decision_maker"
    MAGISTRATES_COURT = "magistrates_court"


class Track(StrEnum):
    """The chain of limits that a case runs through."""

    STREET = "street"
    STANDARD = "standard"
    OTHER_AGENCY = "other_agency"


# The day on which each regime begins.
REGIMES: Final = (
    (date(2022, 10, 28), Regime.C, "PCSC Act 2022 s.45(3), Sch. 4; S.I. 2022/1075 reg. 4"),
    (date(2017, 4, 3), Regime.B, "Policing and Crime Act 2017 s.63; S.I. 2017/399"),
    (date.min, Regime.A, "PACE 1984 s.47(3)(c) as it stood before 3 April 2017"),
)


@dataclass(frozen=True, slots=True)
class Limit:
    """The last day of a period that begins with the day after arrest."""

    section: str
    figure: int
    unit: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Step:
    """One extension: who may give it, after which, and until when from the bail start date.

    `longer` is the limit where the work is unlikely to be done in the shorter one; `adds` says
    that the months run on from the end of the period, not from its start.
    """

    section: str
    rank: Rank
    months: int
    after: frozenset[str]
    longer: int | None = None
    adds: bool = False
    designated_only: bool = False
    confidence: str = "H"


INITIAL: Final[Mapping[tuple[Regime, Track], Limit]] = {
    (Regime.C, Track.STANDARD): Limit("s.47ZB(1)(b)", 3, "months", "H"),
    (Regime.C, Track.OTHER_AGENCY): Limit("s.47ZB(1)(a)", 6, "months", "H"),
    (Regime.C, Track.STREET): Limit("s.30B", 3, "months", "M"),
    (Regime.B, Track.STANDARD): Limit("s.47ZB(1)(b)", 28, "days", "H"),
    (Regime.B, Track.OTHER_AGENCY): Limit("s.47ZB(1)(a)", 3, "months", "H"),
    (Regime.B, Track.STREET): Limit("s.30B", 28, "days", "H"),
}
START: Final = ""  # stands for the first period, which no extension comes before

STEPS: Final[Mapping[tuple[Regime, Track], tuple[Step, ...]]] = {
    (Regime.C, Track.STANDARD): (
        Step("s.47ZD", Rank.INSPECTOR, 6, frozenset({START})),
        Step("s.47ZDA", Rank.SUPERINTENDENT, 9, frozenset({"s.47ZD"})),
        Step(
            "s.47ZE",
            Rank.ASSISTANT_CHIEF_CONSTABLE,
            12,
            frozenset({"s.47ZDA"}),
            designated_only=True,
        ),
        Step("s.47ZF(4)(a)", Rank.MAGISTRATES_COURT, 12, frozenset({"s.47ZDA"}), longer=18),
        Step("s.47ZF(4)(b)", Rank.MAGISTRATES_COURT, 18, frozenset({"s.47ZE"}), longer=24),
        Step(
            "s.47ZG",
            Rank.MAGISTRATES_COURT,
            3,
            frozenset({"s.47ZF(4)(a)", "s.47ZF(4)(b)", "s.47ZG"}),
            longer=6,
            adds=True,
            confidence="M",
        ),
    ),
    (Regime.C, Track.OTHER_AGENCY): (
        Step("s.47ZDB", Rank.AGENCY_DECISION_MAKER, 12, frozenset({START})),
        Step("s.47ZF(4)(b)", Rank.MAGISTRATES_COURT, 18, frozenset({"s.47ZDB"}), longer=24),
        Step(
            "s.47ZG",
            Rank.MAGISTRATES_COURT,
            3,
            frozenset({"s.47ZF(4)(b)", "s.47ZG"}),
            longer=6,
            adds=True,
            confidence="M",
        ),
    ),
    (Regime.B, Track.STANDARD): (
        Step("s.47ZD", Rank.SUPERINTENDENT, 3, frozenset({START}), confidence="M"),
        Step(
            "s.47ZE",
            Rank.ASSISTANT_CHIEF_CONSTABLE,
            6,
            frozenset({"s.47ZD"}),
            designated_only=True,
            confidence="M",
        ),
        Step(
            "s.47ZF(4)(a)",
            Rank.MAGISTRATES_COURT,
            6,
            frozenset({"s.47ZD"}),
            longer=9,
            confidence="M",
        ),
        Step(
            "s.47ZF(4)(b)",
            Rank.MAGISTRATES_COURT,
            9,
            frozenset({"s.47ZE"}),
            longer=12,
            confidence="M",
        ),
        Step(
            "s.47ZG",
            Rank.MAGISTRATES_COURT,
            3,
            frozenset({"s.47ZF(4)(a)", "s.47ZF(4)(b)", "s.47ZG"}),
            longer=6,
            adds=True,
            confidence="M",
        ),
    ),
    (Regime.B, Track.OTHER_AGENCY): (
        Step(
            "s.47ZE",
            Rank.AGENCY_DECISION_MAKER,
            6,
            frozenset({START}),
            designated_only=True,
            confidence="M",
        ),
        Step(
            "s.47ZF(4)(a)",
            Rank.MAGISTRATES_COURT,
            6,
            frozenset({START}),
            longer=9,
            confidence="M",
        ),
        Step(
            "s.47ZF(4)(b)",
            Rank.MAGISTRATES_COURT,
            9,
            frozenset({"s.47ZE"}),
            longer=12,
            confidence="M",
        ),
        Step(
            "s.47ZG",
            Rank.MAGISTRATES_COURT,
            3,
            frozenset({"s.47ZF(4)(a)", "s.47ZF(4)(b)", "s.47ZG"}),
            longer=6,
            adds=True,
            confidence="M",
        ),
    ),
}

# The first bail of regime A was normally to last no longer: a principle of practice, no law.
PRACTICE_DAYS_A: Final = 28
# After a request of the prosecutor so many days of the period are left at least: s.47ZL (M).
LEAST_DAYS_AFTER_REQUEST: Final = 7


def law_rows() -> list[tuple[str, ...]]:
    """Give these limits as the rows of `bail-limits` among the default figures.

    Their days are those of arrest. The text for people says from what the figure counts.
    """
    begins = {regime: day for day, regime, _source in REGIMES}
    ends = {Regime.B: begins[Regime.C] - timedelta(days=1), Regime.C: None}
    rows: list[tuple[str, ...]] = []

    def add(regime: Regime, key: str, limit: tuple[int, str, str, str], what: str) -> None:
        figure, unit, confidence, section = limit
        last = ends[regime]
        day = last.isoformat() if last is not None else ""
        dated = (begins[regime].isoformat(), day, "information", confidence)
        cited = ("law", f"PACE 1984 {section}")
        rows.append(("bail-limits", key, str(figure), unit, *dated, *cited, what))

    for (regime, track), limit in INITIAL.items():
        first = (limit.figure, limit.unit, limit.confidence, limit.section)
        add(regime, f"{track}_first", first, "First bail period; begins the day after arrest")
    for (regime, track), steps in STEPS.items():
        for step in steps:
            key = f"{track}_{step.section}"
            runs = "from the end of the period" if step.adds else "begins the day after arrest"
            what = f"Bail period extended by {step.rank.replace('_', ' ')}; {runs}"
            add(regime, key, (step.months, "months", step.confidence, step.section), what)
            if step.longer is not None:
                section = step.section.replace("(4)", "(6)")
                longer = (step.longer, "months", step.confidence, section)
                add(regime, f"{key}_longer", longer, f"{what}; where more time is needed")
    return rows
