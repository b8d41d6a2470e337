"""Rules of custody: what a detention may say, and whose nationality is foreign; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from offenders.domain.working_days import LONDON, london_day

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

UNITED_KINGDOM: Final = frozenset({"GBR"})
# Codes of passports for no country (ICAO Doc 9303-3, section 5): a stateless person has none that
# could be asked; of one whose nationality is unspecified nobody knows it.
STATELESS: Final = "XXA"
UNSPECIFIED: Final = "XXX"


class Disposal(StrEnum):
    """How a detention ended."""

    CHARGED = "charged"
    BAILED = "bailed"
    RELEASED_UNDER_INVESTIGATION = "released_under_investigation"
    OUT_OF_COURT = "out_of_court"
    NO_FURTHER_ACTION = "no_further_action"
    TRANSFERRED = "transferred"
    OTHER = "other"


class Put(StrEnum):
    """What became of a want on its person's detention."""

    PUT_FORWARD = "put_forward"
    CLOSED = "closed"


class Broken(NamedTuple):
    """A rule that a detention breaks: its name, the field, what is wrong and what to do."""

    rule: str
    field: str
    problem: str
    action: str
    other: Stay | None = None


@dataclass(frozen=True)
class Stay:
    """From when until when, if that is known, a person was held, and under which number."""

    custody_number: str
    arrested_at: datetime
    released_at: datetime | None
    disposal: str | None = None

    def ends(self, hours: int) -> datetime:
        """Give when it ended; where nobody said, when it must have."""
        return self.released_at or self.arrested_at + timedelta(hours=hours)


@dataclass(frozen=True)
class Facts:
    """What is known when a detention is judged; `hours` is the longest one without charge.

    `rearrests` are the custody numbers of those `stays` that an arrest may have ended, or begun
    after, without a release on record.
    """

    now: datetime
    hours: int
    born_on: date | None
    stays: Sequence[Stay] = ()
    rearrests: Collection[str] = ()


TWO_AT_ONCE: Final = "two-detentions-at-once"


def broken_rules(stay: Stay, facts: Facts) -> Iterator[Broken]:
    """Give what is wrong with when somebody was held, the arrest first."""
    if stay.arrested_at > facts.now:
        yield Broken(
            "arrest-in-the-future",
            "arrested_at",
            "The arrest lies in the future.",
            "Send when it was made.",
        )
    if facts.born_on is not None and london_day(stay.arrested_at) < facts.born_on:
        yield Broken(
            "arrest-before-birth",
            "arrested_at",
            "The arrest lies before the person's date of birth.",
            "Check who was arrested and when, or correct the date of birth.",
        )
    if stay.released_at is not None:
        yield from _broken_by_release(stay, stay.released_at, facts)
    elif stay.disposal is not None:
        yield Broken(
            "disposal-without-release",
            "disposal",
            "A disposal ends a detention, and no release is on record.",
            "Send released_at with it.",
        )
    for other in facts.stays:
        if _is_twice(stay, other, facts):
            yield _two_at_once(stay, other, facts.hours)
            return


def _broken_by_release(stay: Stay, released_at: datetime, facts: Facts) -> Iterator[Broken]:
    if released_at < stay.arrested_at:
        yield Broken(
            "release-before-arrest",
            "released_at",
            "The release lies before the arrest.",
            "Send both moments with their zone: on the night the clocks go back an hour comes"
            " twice.",
        )
    if released_at > facts.now:
        yield Broken(
            "release-in-the-future",
            "released_at",
            "The release lies in the future.",
            "Send it once the person has been released.",
        )


def overlap(one: Stay, other: Stay, hours: int) -> bool:
    """Tell whether a person would be held twice at a moment."""
    if one.custody_number == other.custody_number:
        return False
    return one.arrested_at < other.ends(hours) and other.arrested_at < one.ends(hours)


def end_of(stay: Stay, others: Iterable[Stay], hours: int) -> datetime:
    """Give when a stay ended; where nobody said, at the next arrest, or when it must have."""
    if stay.released_at is not None:
        return stay.released_at
    later = (each.arrested_at for each in others if each.arrested_at > stay.arrested_at)
    return min([stay.ends(hours), *later])


def arrested_again(stay: Stay, facts: Facts) -> Iterator[tuple[Stay, Stay]]:
    """Give each two stays, of which this is one, that only a release nobody told of sets apart.

    The earlier first: it ended at the latest with the arrest of the later.
    """
    for other in facts.stays:
        if _would_be_twice(stay, other, facts):
            first, second = sorted((stay, other), key=lambda each: each.arrested_at)
            yield first, second


def _is_twice(stay: Stay, other: Stay, facts: Facts) -> bool:
    if not _would_be_twice(stay, other, facts):
        return False
    if other.custody_number not in facts.rearrests or stay.arrested_at == other.arrested_at:
        return True
    first, second = sorted((stay, other), key=lambda each: each.arrested_at)
    return first.released_at is not None and first.released_at > second.arrested_at


def _would_be_twice(stay: Stay, other: Stay, facts: Facts) -> bool:
    """Tell whether both hold the person at a moment, if each lasts as long as it may."""
    if not overlap(stay, other, facts.hours):
        return False
    others = [each for each in facts.stays if each.custody_number != stay.custody_number]
    return stay.arrested_at < end_of(other, others, facts.hours)


def _two_at_once(stay: Stay, other: Stay, hours: int) -> Broken:
    since = _written(other.arrested_at)
    action = "Correct the person, or the times of one of them."
    if stay.released_at is None and stay.arrested_at < other.arrested_at:
        action = "Send released_at, not after that arrest, or correct the person."
    elif other.released_at is None:
        action = "Record that release first, or correct the person or the time of arrest."
    if other.released_at is None:
        held = (
            f"since {since} without a release on record, and nobody is held without charge for"
            f" more than {hours} hours (PACE 1984 s.44(3))."
        )
    else:
        held = f"from {since} until {_written(other.released_at)}."
    return Broken(
        TWO_AT_ONCE,
        "arrested_at",
        f"Nobody is detained twice at once: custody number {other.custody_number} holds this"
        f" person {held}",
        action,
        other,
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(LONDON).strftime("%d %B %Y %H:%M %Z").lstrip("0")


def foreign_countries(
    stated: str | None, evidenced: str | None, recorded: Iterable[str]
) -> list[str]:
    """Give the countries that each need a foreign-conviction check, in their order.

    A stateless person has none.
    """
    return sorted(_known(stated, evidenced, recorded) - UNITED_KINGDOM - {STATELESS})


def is_nationality_unknown(
    stated: str | None, evidenced: str | None, recorded: Iterable[str]
) -> bool:
    """Tell whether no nationality at all is known."""
    return not _known(stated, evidenced, recorded)


def _known(stated: str | None, evidenced: str | None, recorded: Iterable[str]) -> set[str]:
    return {each for each in (stated, evidenced, *recorded) if each} - {UNSPECIFIED}
