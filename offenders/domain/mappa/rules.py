"""Rules of MAPPA: who belongs to which category and level, how a case ends, what falls due; pure.

Criminal Justice Act 2003 ss.325-327B and the MAPPA Guidance; potentially dangerous persons and
serial domestic abusers are held the same way without a category.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

CATEGORIES: Final = (1, 2, 3, 4)
LEVELS: Final = (1, 2, 3)
YOUTH_JUSTICE: Final = "youth_justice"
POLICE: Final = "police"
_DAYS_OF: Final = {"days": 1, "weeks": 7}


class Kind(StrEnum):
    """Under which arrangement a person is held; only the first has a category."""

    MAPPA = "mappa"
    POTENTIALLY_DANGEROUS = "potentially_dangerous"
    SERIAL_DOMESTIC_ABUSER = "serial_domestic_abuser"


class Stage(StrEnum):
    """How far a case is; the contract's `state` says where the person is."""

    REFERRED = "referred"
    OPEN = "open"
    REFUSED = "refused"
    CLOSED = "closed"


class State(StrEnum):
    """Where the person is."""

    COMMUNITY = "community"
    CUSTODY = "custody"


class StateReason(StrEnum):
    """Why the person came into custody or left it."""

    BREACH_OF_LICENCE = "breach_of_licence"
    BREACH_OF_ORDER = "breach_of_order"
    FURTHER_OFFENCE = "further_offence"
    SENTENCE = "sentence"
    RELEASE = "release"
    NOT_STATED = "not_stated"


class Risk(StrEnum):
    """Risk of serious harm; very high is imminent and more likely than not."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"


class Disposal(StrEnum):
    """What a court imposed for a specified offence, by which category 2 is told."""

    IMPRISONMENT = "imprisonment"
    SUSPENDED_SENTENCE = "suspended_sentence"
    HOSPITAL_ORDER = "hospital_order"
    GUARDIANSHIP_ORDER = "guardianship_order"
    DISQUALIFICATION = "disqualification"


class Criterion(StrEnum):
    """Why formal meetings are needed, beside the risk of serious harm."""

    NEEDS_COORDINATION = "needs_coordination"
    STEPPED_DOWN = "stepped_down"
    SENIOR_REPRESENTATION = "senior_representation"
    SIGNIFICANT_RESOURCES = "significant_resources"
    HIGH_PUBLIC_INTEREST = "high_public_interest"


class Meeting(StrEnum):
    """A formal meeting of level 2 or 3, or the lead agency's own review at level 1."""

    LEVEL_MEETING = "level_meeting"
    REVIEW = "review"


class Exit(StrEnum):
    """How management ends."""

    NOTIFICATION_ENDED = "notification_ended"
    SENTENCE_ENDED = "sentence_ended"
    RISK_REDUCED = "risk_reduced"
    CONVICTION_QUASHED = "conviction_quashed"
    BECAME_ELIGIBLE = "became_mappa_eligible"
    TRANSFERRED = "transferred"
    DEPORTED = "deported"
    DECEASED = "deceased"
    ENTERED_IN_ERROR = "entered_in_error"


_ALWAYS: Final = (Exit.TRANSFERRED, Exit.DEPORTED, Exit.DECEASED, Exit.ENTERED_IN_ERROR)
_EXITS: Final[Mapping[tuple[str, int | None], tuple[Exit, ...]]] = {
    (Kind.MAPPA, 1): (Exit.NOTIFICATION_ENDED, Exit.CONVICTION_QUASHED),
    (Kind.MAPPA, 2): (Exit.SENTENCE_ENDED, Exit.CONVICTION_QUASHED),
    (Kind.MAPPA, 3): (Exit.RISK_REDUCED, Exit.CONVICTION_QUASHED),
    (Kind.MAPPA, 4): (
        Exit.NOTIFICATION_ENDED,
        Exit.SENTENCE_ENDED,
        Exit.RISK_REDUCED,
        Exit.CONVICTION_QUASHED,
    ),
    (Kind.POTENTIALLY_DANGEROUS, None): (Exit.RISK_REDUCED, Exit.BECAME_ELIGIBLE),
    (Kind.SERIAL_DOMESTIC_ABUSER, None): (Exit.RISK_REDUCED,),
}
_LEVEL_2_RISKS: Final = (Risk.HIGH, Risk.VERY_HIGH)
_LEVEL_2_OTHERWISE: Final = (Criterion.NEEDS_COORDINATION, Criterion.STEPPED_DOWN)
_LEVEL_3_NEEDS: Final = (
    Criterion.SENIOR_REPRESENTATION,
    Criterion.SIGNIFICANT_RESOURCES,
    Criterion.HIGH_PUBLIC_INTEREST,
)


class Broken(NamedTuple):
    """A rule that a case breaks: the field, what is wrong, what to do, and where the rule stands.

    `is_missing` says that a fact is not stated, rather than stated against the rule.
    """

    field: str
    problem: str
    action: str
    rule: str
    is_missing: bool = False


class Limits(NamedTuple):
    """The figures of categories in force: months for category 2, the first day of category 4."""

    category_2_months: int
    category_4_from: date


@dataclass(frozen=True)
class Facts:
    """What is said of a case when it is entered or moved."""

    kind: str
    category: int | None
    level: int
    began_on: date  # of the category
    risk: str | None = None
    criteria: Collection[str] = ()
    was_at_level_3: bool = False
    disposal: str | None = None
    sentence_months: int | None = None
    grounds: str | None = None
    authorised_by: str | None = None
    agencies: Collection[str] = ()
    is_child: bool = False


def broken_rules(facts: Facts, limits: Limits) -> Iterator[Broken]:
    """Give every rule that these facts break."""
    yield from _category(facts, limits)
    yield from _level(facts)
    if facts.is_child and YOUTH_JUSTICE not in facts.agencies:
        yield Broken(
            "agencies",
            "The person is under 18 and no youth justice service takes part.",
            "Name youth_justice among the agencies.",
            "Criminal Justice Act 2003 s.325(6)",
            is_missing=True,
        )


def _category(facts: Facts, limits: Limits) -> Iterator[Broken]:
    if facts.kind != Kind.MAPPA:
        yield from _uncategorised(facts)
    elif facts.category is None:
        yield Broken("category", "A MAPPA case has a category.", "Send 1 to 4.", "CJA 2003 s.325")
    elif facts.category == 2:  # noqa: PLR2004 - the category
        yield from _category_2(facts, limits)
    elif facts.category == 3:  # noqa: PLR2004 - the category
        yield from _category_3(facts)
    elif facts.category == 4 and facts.began_on < limits.category_4_from:  # noqa: PLR2004
        yield Broken(
            "category",
            f"Category 4 exists from {limits.category_4_from} on.",
            "Send the category held until then, and move the case by POST …/levels.",
            "Police, Crime, Sentencing and Courts Act 2022; CJA 2003 s.325",
        )


def _uncategorised(facts: Facts) -> Iterator[Broken]:
    if facts.category is not None:
        action = "Leave the category out, or send kind mappa."
        yield Broken("category", "Only a MAPPA case has a category.", action, "CJA 2003 s.325")
    rule = "a person not eligible for MAPPA whose behaviour gives reasonable grounds"
    for field, value in (("grounds", facts.grounds), ("authorised_by", facts.authorised_by)):
        if not value:
            problem = f"Such a person is held on recorded {field.replace('_', ' ')}."
            yield Broken(field, problem, f"Send {field}.", rule, is_missing=True)


def _category_2(facts: Facts, limits: Limits) -> Iterator[Broken]:
    rule = "CJA 2003 s.327(3): a specified offence with this sentence or order"
    least = limits.category_2_months
    if facts.disposal is None:
        problem = "It is not on record which sentence or order makes this category 2."
        yield Broken("disposal", problem, "Send disposal.", rule, is_missing=True)
    elif facts.disposal in {Disposal.IMPRISONMENT, Disposal.SUSPENDED_SENTENCE}:
        if facts.sentence_months is None:
            problem = "The length of the sentence is not on record."
            yield Broken("sentence_months", problem, "Send months.", rule, is_missing=True)
        elif facts.sentence_months < least:
            problem = f"Category 2 begins at {least} months."
            yield Broken("sentence_months", problem, "Correct the months or the category.", rule)


def _category_3(facts: Facts) -> Iterator[Broken]:
    rule = "CJA 2003 s.325(2)(b); category 3 is for level 2 or 3 alone"
    if facts.level < 2:  # noqa: PLR2004 - the level
        problem = "Category 3 is for those who need formal meetings."
        yield Broken("level", problem, "Send level 2 or 3.", rule)
    if not facts.grounds:
        problem = "It is not on record which past offence shows a capacity for serious harm."
        yield Broken("grounds", problem, "Send grounds.", rule, is_missing=True)


def _level(facts: Facts) -> Iterator[Broken]:
    if facts.level < 2:  # noqa: PLR2004 - level 1 has no criteria of its own
        return
    rule = "MAPPA Guidance 7.4"
    held = set(facts.criteria)
    if facts.risk is None and not held.intersection(_LEVEL_2_OTHERWISE):
        problem = f"Level {facts.level} needs a risk of serious harm that is on record."
        action = "Send risk high or very_high, or the criterion by which it is level 2 otherwise."
        yield Broken("risk", problem, action, rule, is_missing=True)
    elif facts.risk not in _LEVEL_2_RISKS and not held.intersection(_LEVEL_2_OTHERWISE):
        problem = f"Level {facts.level} needs a high or very high risk of serious harm."
        action = "Send criteria needs_coordination or stepped_down where exceptionally it is lower."
        yield Broken("level", problem, action, rule)
    if Criterion.STEPPED_DOWN in held and not facts.was_at_level_3:
        problem = "Only a case that was at level 3 is stepped down to level 2."
        yield Broken("criteria", problem, "Leave stepped_down out.", rule)
    if facts.level == 3 and not held.intersection(_LEVEL_3_NEEDS):  # noqa: PLR2004 - the level
        problem = "Level 3 needs more than level 2 does."
        action = f"Send criteria {', '.join(_LEVEL_3_NEEDS)}."
        yield Broken("criteria", problem, action, "MAPPA Guidance 7.5", is_missing=True)


def possible_exits(kind: str, category: int | None) -> tuple[str, ...]:
    """Give how a case of this kind and category may end."""
    return tuple(map(str, (*_EXITS[(kind, category)], *_ALWAYS)))


def meeting_of(level: int) -> Meeting:
    """Give what is held at a level: formal meetings from level 2 on, reviews before."""
    return Meeting.REVIEW if level == 1 else Meeting.LEVEL_MEETING


def days_by_level(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Give after how many days each level meets, by `level_1` to `level_3`."""
    return {
        name: figures[name]["figure"] * _DAYS_OF[figures[name]["unit"]]
        for name in ("level_1", "level_2", "level_3")
    }
