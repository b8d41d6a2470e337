"""Windows before, during and after, and people like the members who were never in IOM; pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from offenders.domain.iom.estimating import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

Span = tuple[float, float]  # days as ordinals, from and until
YEAR = 365.25


class Windows(NamedTuple):
    """The windows of one membership; None where it isn't whole."""

    before: Span | None
    during: Span | None
    after: Span | None


@dataclass
class Life:
    """What is known of somebody: sex, birth, offences by day with their harm, time in custody."""

    person_id: UUID
    sex: str
    born: int | None
    days: list[int] = field(default_factory=list)
    harm: list[float] = field(default_factory=list)
    custody: list[Span] = field(default_factory=list)

    def offences_in(self, span: Span) -> int:
        """Count the offences of a window."""
        return bisect_left(self.days, span[1]) - bisect_left(self.days, span[0])

    def count(self, span: Span) -> Count:
        """Give days at liberty, offences and harm of a window."""
        first, last = bisect_left(self.days, span[0]), bisect_left(self.days, span[1])
        free = span[1] - span[0] - overlap(span, self.custody)
        return Count(max(free, 0.0), last - first, sum(self.harm[first:last]))


def overlap(span: Span, others: Iterable[Span]) -> float:
    """Give how many days of a span the others cover, each day once."""
    covered, reached = 0.0, span[0]
    for begins, ends in sorted(others):
        begins, ends = max(begins, reached), min(ends, span[1])  # noqa: PLW2901 - cut to the span
        if ends > begins:
            covered += ends - begins
            reached = ends
    return covered


def windows_of(
    joined: int, exited: int | None, *, days: int, known_from: int, today: int
) -> Windows:
    """Give the windows of a membership, as far as records reach back and time has passed."""
    before = (float(joined - days), float(joined)) if joined - days >= known_from else None
    ends = exited if exited is not None else today
    begins = max(joined, known_from)
    during = (float(begins), float(ends)) if ends > begins else None
    is_over = exited is not None and exited + days <= today and exited >= known_from
    after = (float(exited), float(exited + days)) if is_over and exited is not None else None
    return Windows(before, during, after)


def match(
    members: Sequence[tuple[Life, Windows]],
    pool: Iterable[Life],
    *,
    years: int,
    prior: int,
) -> dict[UUID, Life]:
    """Give to each member somebody of the same sex, age and prior offences; nobody twice.

    The nearest by prior offences in the window before, then by age; those with most offences
    choose first, for they have the fewest like them.
    """
    by_sex: dict[str, list[Life]] = {}
    for each in pool:
        if each.born is not None:
            by_sex.setdefault(each.sex, []).append(each)
    for people in by_sex.values():
        people.sort(key=lambda each: (each.born or 0, each.person_id))
    births = {sex: [each.born or 0 for each in people] for sex, people in by_sex.items()}
    taken: set[UUID] = set()
    found: dict[UUID, Life] = {}
    ordered = sorted(members, key=lambda pair: (-_prior(*pair), str(pair[0].person_id)))
    for life, windows in ordered:
        if windows.before is None or life.born is None:
            continue
        near = _by_age(by_sex.get(life.sex, []), births.get(life.sex, []), life.born)
        within = round(years * YEAR)
        best = _nearest(near, life, windows.before, within=within, prior=prior, taken=taken)
        if best is not None:
            taken.add(best.person_id)
            found[life.person_id] = best
    return found


def _prior(life: Life, windows: Windows) -> int:
    return life.offences_in(windows.before) if windows.before else 0


def _by_age(people: Sequence[Life], births: Sequence[int], born: int) -> Iterator[Life]:
    """Give people by how near they are in age, the nearest first."""
    later = bisect_left(births, born)
    earlier = later - 1
    while earlier >= 0 or later < len(births):
        is_earlier = earlier >= 0 and (
            later == len(births) or born - births[earlier] < births[later] - born
        )
        yield people[earlier if is_earlier else later]
        earlier, later = earlier - is_earlier, later + (not is_earlier)


def _nearest(  # noqa: PLR0913 - whom, of whom, and how near
    near: Iterable[Life],
    life: Life,
    before: Span,
    *,
    within: int,
    prior: int,
    taken: set[UUID],
) -> Life | None:
    """Give the nearest by offences in the window, then by age; people come by age."""
    wanted, born = life.offences_in(before), life.born or 0
    best, found = prior + 1, None
    for other in near:
        if abs((other.born or 0) - born) > within or best == 0:
            break
        if other.person_id in taken:
            continue
        apart = abs(other.offences_in(before) - wanted)
        if apart < best:
            best, found = apart, other
    return found
