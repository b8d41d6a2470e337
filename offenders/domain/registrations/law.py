"""How long somebody stays subject to notification: Sexual Offences Act 2003, s.82.

Pure. Days are Europe/London days; a period of months that begins with a day ends the day before
the corresponding day. What is not read in a text of the Act says so by its confidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.domain.working_days import end_of_period_of_months

if TYPE_CHECKING:
    from collections.abc import Sequence

ACT: Final = "Sexual Offences Act 2003"
COMMENCED: Final = date(2004, 5, 1)  # Part 2 of the Act; before it the Sex Offenders Act 1997
BEGAN: Final = date(1997, 9, 1)  # the Act of 1997, before which nobody had to notify
ADULT_AGE: Final = 18
LONGEST_SENTENCE: Final = 2400  # months, all terms together; longer is a slip of the pen
LONGEST_DISCHARGE: Final = 36  # months; Sentencing Act 2020 s.80


class Disposal(StrEnum):
    """How the court or the police dealt with the offence of Schedule 3."""

    IMPRISONMENT = "imprisonment"
    LIFE = "life"
    HOSPITAL_WITH_RESTRICTION = "hospital_with_restriction"
    HOSPITAL_WITHOUT_RESTRICTION = "hospital_without_restriction"
    CAUTION = "caution"
    CONDITIONAL_DISCHARGE = "conditional_discharge"
    COMMUNITY_ORDER = "community_order"
    FINE = "fine"
    OTHER = "other"


class Runs(StrEnum):
    """How a further term runs beside those before it."""

    CONSECUTIVE = "consecutive"
    CONCURRENT = "concurrent"
    PARTLY_CONCURRENT = "partly_concurrent"


class Unlawful(Exception):
    """What the law doesn't allow: the field, what to do, and the section."""

    def __init__(self, field: str, detail: str, section: str) -> None:
        """Name the field, say what to send, and cite the section."""
        super().__init__(detail)
        self.field, self.detail, self.section = field, detail, section


class Length(NamedTuple):
    """A length of time as sentences have it."""

    months: int = 0
    days: int = 0

    def plus(self, other: Length) -> Length:
        """Add another length."""
        return Length(self.months + other.months, self.days + other.days)

    def less(self, other: Length) -> Length:
        """Take another length off."""
        return Length(self.months - other.months, self.days - other.days)

    def from_day(self, day: date) -> date:
        """Give the first day after this length beginning with a day."""
        return add_months(day, self.months) + timedelta(days=self.days)


class Term(NamedTuple):
    """One term of imprisonment for an offence of Schedule 3; the first runs beside nothing."""

    length: Length
    runs: Runs = Runs.CONSECUTIVE
    overlap: Length = Length()


@dataclass(frozen=True)
class Sentence:
    """A disposal on its relevant date: that of the conviction, finding or caution (s.82(6)).

    `born` is None where it isn't known. `disposed_on` is the day of the order, where it is later.
    """

    disposal: Disposal
    relevant_date: date
    born: date | None
    terms: tuple[Term, ...] = ()
    discharge_months: int | None = None
    disposed_on: date | None = None


@dataclass(frozen=True)
class Period:
    """Until when notification is required, both days included, and by which rule."""

    ends_on: date | None
    is_indefinite: bool
    because: dict[str, Any] = field(default_factory=dict)


class _Row(NamedTuple):
    """One line of the table of s.82(1); `months` None is an indefinite period."""

    months: int | None
    what: str
    confidence: str = "H"


_THIRTY_MONTHS, _SIX_MONTHS = Length(30), Length(6)
_INDEFINITE_TERM = _Row(None, "imprisonment for 30 months or more")
_MIDDLE_TERM = _Row(120, "imprisonment for more than 6 months and less than 30")
_SHORT_TERM = _Row(84, "imprisonment for 6 months or less")
_ANY_OTHER: Final = "a person of any other description"
_TABLE: Final = {
    Disposal.LIFE: _Row(None, "imprisonment for life or for public protection"),
    Disposal.HOSPITAL_WITH_RESTRICTION: _Row(None, "hospital with a restriction order"),
    Disposal.HOSPITAL_WITHOUT_RESTRICTION: _Row(84, "hospital without a restriction order"),
    Disposal.CAUTION: _Row(24, "caution (s.80(1)(d))"),
    Disposal.COMMUNITY_ORDER: _Row(60, _ANY_OTHER),
    Disposal.FINE: _Row(60, _ANY_OTHER),
    Disposal.OTHER: _Row(60, _ANY_OTHER),
}
# Those periods that have a length, by the key under which they are listed.
FINITE: Final = {
    "imprisonment_over_6_months": _MIDDLE_TERM,
    "imprisonment_6_months_or_less": _SHORT_TERM,
    **{str(each): row for each, row in _TABLE.items() if row.months is not None},
}


def add_months(day: date, months: int) -> date:
    """Give the corresponding day so many months on; the month's last where it has none."""
    years, month = divmod(day.month - 1 + months, 12)
    first_of_next = date(day.year + years + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: PLR2004
    last = first_of_next - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def is_under_18(born: date, on: date) -> bool:
    """Say whether somebody is under 18; who was born on 29 February turns so on 1 March."""
    return (born.year + ADULT_AGE, born.month, born.day) > (on.year, on.month, on.day)


def aggregate(terms: Sequence[Term], starts_on: date) -> Length:
    """Give the term that counts (s.82(3)-(4)): the sum of consecutive ones, less what overlaps.

    Of wholly concurrent terms each counts alone; the longest decides.
    """
    total, alone = Length(), []
    for number, term in enumerate(terms):
        if number and term.runs == Runs.CONCURRENT:
            alone.append(term.length)
        elif number and term.runs == Runs.PARTLY_CONCURRENT:
            total = total.plus(term.length).less(term.overlap)
        else:
            total = total.plus(term.length)
    return max([total, *alone], key=lambda each: each.from_day(starts_on))


def check_sentence(sentence: Sentence) -> None:
    """Raise Unlawful where the disposal and what is said of its length don't go together."""
    is_term = sentence.disposal == Disposal.IMPRISONMENT
    if is_term and not sentence.terms:
        raise Unlawful("sentence_months", "Send the length of the sentence.", "s.82(1)")
    if sentence.terms and not is_term:
        raise Unlawful("sentence_months", "Only imprisonment has a sentence.", "s.82(1)")
    if (
        sum(each.length.months + each.length.days // 28 for each in sentence.terms)
        > LONGEST_SENTENCE
    ):
        raise Unlawful("sentence_months", "Nobody is sentenced to so long a term.", "s.82(1)")
    for number, term in enumerate(sentence.terms):
        where = f"terms/{number}" if len(sentence.terms) > 1 else "sentence_months"
        _check_term(term, where, sentence.relevant_date, is_first=number == 0)
    is_discharge = sentence.disposal == Disposal.CONDITIONAL_DISCHARGE
    if is_discharge and sentence.discharge_months is None:
        raise Unlawful("discharge_months", "Send the length of the discharge.", "s.82(1)")
    if sentence.discharge_months is not None and not is_discharge:
        raise Unlawful("discharge_months", "Only a conditional discharge has this.", "s.82(1)")
    if sentence.disposed_on is not None and sentence.disposed_on < sentence.relevant_date:
        raise Unlawful("disposed_on", "This lies before the relevant date.", "s.82(6)")
    if sentence.born is not None and sentence.relevant_date < sentence.born:
        raise Unlawful("relevant_date", "This lies before the person was born.", "s.82(6)")


def _check_term(term: Term, where: str, starts_on: date, *, is_first: bool) -> None:
    if term.length.from_day(starts_on) <= starts_on:
        raise Unlawful(where, "A sentence lasts a day at least.", "s.82(1)")
    is_part = term.runs == Runs.PARTLY_CONCURRENT and not is_first
    if is_part != (term.overlap != Length()):
        message = "Send the overlap of a partly concurrent term, and of no other."
        raise Unlawful(where, message, "s.82(4)(b)")
    if is_part and term.overlap.from_day(starts_on) >= term.length.from_day(starts_on):
        message = "A term that overlaps as a whole is concurrent."
        raise Unlawful(where, message, "s.82(4)(b)")


def period_of(sentence: Sentence) -> Period:
    """Give the notification period of one disposal. Raises Unlawful."""
    check_sentence(sentence)
    if sentence.disposal == Disposal.CONDITIONAL_DISCHARGE:
        return _discharge(sentence)
    row = _term_row(sentence) if sentence.terms else _TABLE[sentence.disposal]
    because = _because(sentence, row.what, row.confidence)
    if len(sentence.terms) > 1:
        because["section"] += ", s.82(3)-(4)"
        because["confidence"] = _lower(because["confidence"], "M")
    if row.months is None:
        because["rule"] += ": an indefinite period."
        return Period(None, is_indefinite=True, because=because)
    months = row.months
    is_young = sentence.born is not None and is_under_18(sentence.born, sentence.relevant_date)
    if is_young:
        months //= 2
        because["section"] += ", s.82(2)"
    elif sentence.born is None:
        because["age"] = "The date of birth is not known; counted as an adult."
        because["confidence"] = "L"
    because["rule"] += f": {_written(months)}{', half as under 18' if is_young else ''}."
    ends_on = end_of_period_of_months(sentence.relevant_date, months)
    return Period(ends_on, is_indefinite=False, because=because | {"months": months})


def _term_row(sentence: Sentence) -> _Row:
    starts_on = sentence.relevant_date
    ends = aggregate(sentence.terms, starts_on).from_day(starts_on)
    if ends >= _THIRTY_MONTHS.from_day(starts_on):
        return _INDEFINITE_TERM
    return _MIDDLE_TERM if ends > _SIX_MONTHS.from_day(starts_on) else _SHORT_TERM


def _discharge(sentence: Sentence) -> Period:
    """Give the length of a conditional discharge, which is the same for the young."""
    months = sentence.discharge_months or 0
    starts_on = sentence.disposed_on or sentence.relevant_date
    because = _because(sentence, "conditional discharge", "H")
    because["rule"] += f": the {_written(months)} of the discharge."
    because |= {"months": months, "counted_from": starts_on.isoformat()}
    return Period(end_of_period_of_months(starts_on, months), is_indefinite=False, because=because)


def _because(sentence: Sentence, what: str, confidence: str) -> dict[str, Any]:
    because: dict[str, Any] = {
        "rule": what[0].upper() + what[1:],
        "section": f"{ACT} s.82(1)",
        "disposal": str(sentence.disposal),
        "counted_from": sentence.relevant_date.isoformat(),
        "confidence": confidence,
    }
    if sentence.relevant_date < COMMENCED:
        because["section"] += ", s.81"
        because["transitional"] = "Before 1 May 2004: who was subject to the Act of 1997 stays so."
        because["confidence"] = _lower(confidence, "M" if sentence.relevant_date >= BEGAN else "L")
    return because


def _lower(one: str, other: str) -> str:
    """Give the lower of two confidences."""
    return max(one, other, key="HML".index)


def _written(months: int) -> str:
    years, rest = divmod(months, 12)
    if rest == 6 and years:  # noqa: PLR2004 - half a year
        return f"{years}½ years"
    if rest or not years:
        return f"{months} months"
    return "1 year" if years == 1 else f"{years} years"
