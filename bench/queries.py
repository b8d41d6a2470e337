"""Queries as an officer would write them, each aimed at one person, with the errors people make."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from bench import slips
from bench.targets import Bearers, Target, plain_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

BORN_SHARE = 0.5  # of the queries say the date of birth, too
TRIES = 400  # people looked at for one who fits a kind
SECOND_NAME_SHARE = 0.15  # of those who have one are asked for with it
TIES = 10  # more exact bearers of the asked name than this, and no list of ten need have the target


@dataclass(frozen=True)
class Query:
    """What is asked, of whom, and how many others fit what was meant exactly."""

    kind: str
    target: Target
    name: str
    born: date | None
    others: int

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether more people fit exactly what was meant than the first page shows."""
        return self.others > TIES


@dataclass
class _Draft:
    """A query in the making: as meant, and as it is written."""

    given: list[str]
    family: str
    born: date | None = None
    must_say_birth: bool = False
    meant: list[str] = field(default_factory=list)
    is_family_first: bool = False

    @property
    def text(self) -> str:
        given = " ".join(self.given)
        parts = [self.family, given] if self.is_family_first else [given, self.family]
        return " ".join(part for part in parts if part)


def make_queries(people: Sequence[Target], count: int, seed: str) -> Iterator[Query]:
    """Make so many queries, the same for the same people and seed."""
    rnd = Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    bearers = Bearers(people)
    kinds, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
    made = 0
    while made < count:
        query = _query(rnd, people, rnd.choices(kinds, weights)[0], bearers)
        if query is not None:
            made += 1
            yield query


def _query(rnd: Random, people: Sequence[Target], kind: str, bearers: Bearers) -> Query | None:
    """Look for somebody whose name can be got wrong in this way, and get it wrong."""
    for _ in range(TRIES):
        target = people[rnd.randrange(len(people))]
        draft = _draft(rnd, target)
        if draft is None:
            continue
        draft.meant = plain_words(draft.text)
        if not KINDS[kind][1](rnd, draft, target):
            continue
        says_birth = draft.must_say_birth or rnd.random() < BORN_SHARE
        right = target.born if says_birth else None
        others = max(0, bearers.count(draft.meant, right) - 1)
        return Query(kind, target, draft.text, draft.born or right, others)
    return None


def _draft(rnd: Random, target: Target) -> _Draft | None:
    given = target.given_names.split()
    if not given or not target.family_name:
        return None
    with_second = rnd.random() < SECOND_NAME_SHARE
    return _Draft(given if with_second else given[:1], target.family_name)


def _as_it_is(_rnd: Random, _draft: _Draft, _target: Target) -> bool:
    return True


def _typing(slip: Callable[[Random, str], str]) -> Callable[[Random, _Draft, Target], bool]:
    def mistype(rnd: Random, draft: _Draft, _target: Target) -> bool:
        """Mistype one word, each as likely as it is long."""
        words = [*draft.given, draft.family]
        at = rnd.choices(range(len(words)), [len(word) for word in words])[0]
        wrong = slip(rnd, words[at])
        if not wrong.strip() or wrong.lower() == words[at].lower():
            return False
        words[at] = wrong
        draft.given, draft.family = words[:-1], words[-1]
        return True

    return mistype


def _both_mistyped(rnd: Random, draft: _Draft, _target: Target) -> bool:
    """Mistype the first given name and the family name, once each."""
    slips_of = [slips.insertion, slips.deletion, slips.substitution, slips.transposition]
    draft.given[0] = rnd.choice(slips_of)(rnd, draft.given[0])
    draft.family = rnd.choice(slips_of)(rnd, draft.family)
    return bool(draft.given[0].strip() and draft.family.strip())


def _spelt(change: Callable[[Random, str], str | None]) -> Callable[[Random, _Draft, Target], bool]:
    def respell(rnd: Random, draft: _Draft, _target: Target) -> bool:
        is_family = rnd.random() < 0.5  # noqa: PLR2004 - either name is as likely
        old = draft.family if is_family else draft.given[0]
        new = change(rnd, " ".join(plain_words(old)))
        if not new or new == old.lower():
            return False
        if is_family:
            draft.family = new
        else:
            draft.given[0] = new
        return True

    return respell


def _short_form(rnd: Random, draft: _Draft, _target: Target) -> bool:
    form = slips.other_form(rnd, draft.given[0])
    if form:
        draft.given = [form]
    return bool(form)


def _swapped(_rnd: Random, draft: _Draft, _target: Target) -> bool:
    draft.is_family_first = True
    return True


def _surname_alone(_rnd: Random, draft: _Draft, _target: Target) -> bool:
    draft.given, draft.must_say_birth = [], True
    draft.meant = plain_words(draft.family)
    return True


def _name_too_many(rnd: Random, draft: _Draft, target: Target) -> bool:
    """Give a further name that isn't recorded."""
    extra = rnd.choice(["Lee", "James", "Ann", "Michael", "Jane", "Ali", "John", "Marie"])
    if extra.lower() in plain_words(target.given_names):
        return False
    draft.given = [*draft.given[:1], extra]
    return True


def _initial(_rnd: Random, draft: _Draft, _target: Target) -> bool:
    initial = plain_words(draft.given[0])[0][0]
    draft.given = [initial.upper()]
    draft.meant = [initial, *plain_words(draft.family)]
    return True


def _barrel(rnd: Random, draft: _Draft, _target: Target) -> bool:
    halves = draft.family.split("-")
    if len(halves) != 2:  # noqa: PLR2004 - a double barrel
        return False
    draft.family = rnd.choice(
        [halves[0], halves[1], "".join(halves), " ".join(halves), "-".join(halves[::-1])]
    )
    if draft.family in halves:
        draft.meant = plain_words(f"{draft.given[0]} {draft.family}")
        draft.given = draft.given[:1]
    return True


_PREFIXES = ("o'", "mc", "mac", "van ", "de ", "da ", "al-", "el-", "bin ", "st ")


def _prefix(rnd: Random, draft: _Draft, _target: Target) -> bool:
    lower = draft.family.lower()
    prefix = next((each for each in _PREFIXES if lower.startswith(each)), None)
    if prefix is None or lower[len(prefix) :][:1] in {"", "k"}:
        return False
    rest = draft.family[len(prefix) :]
    bare = prefix.strip(" '-")
    draft.family = rnd.choice(
        [f"{bare} {rest}", f"{bare}{rest}", f"{bare}'{rest}" if bare == "o" else f"{bare}-{rest}"]
    )
    return True


def _other_name(rnd: Random, draft: _Draft, target: Target) -> bool:
    if not target.others:
        return False
    family, given = rnd.choice(target.others)
    draft.family, draft.given = family, given.split()[:1]
    draft.meant = plain_words(draft.text)
    return bool(draft.text)


def _other_name_mistyped(rnd: Random, draft: _Draft, target: Target) -> bool:
    if not _other_name(rnd, draft, target) or not draft.given:
        return False
    slip = rnd.choice([slips.insertion, slips.deletion, slips.substitution, slips.transposition])
    return _typing(slip)(rnd, draft, target)


def _wrong_birth(rnd: Random, draft: _Draft, target: Target) -> bool:
    draft.born = slips.wrong_date(rnd, target.born) if target.born else None
    draft.must_say_birth = True
    return draft.born is not None


def _beginning(rnd: Random, draft: _Draft, _target: Target) -> bool:
    """Break the family name off, and say the date of birth so that it means somebody."""
    letters = len(draft.family)
    if letters < 6 or not draft.family.isalpha():  # noqa: PLR2004 - what is left shall be a name
        return False
    draft.family = draft.family[: rnd.randrange(4, letters)]
    draft.must_say_birth = True
    return True


def _accents(_rnd: Random, draft: _Draft, target: Target) -> bool:
    name = f"{target.given_names} {target.family_name}"
    if name.isascii():
        return False
    draft.family = " ".join(plain_words(draft.family))
    draft.given = [" ".join(plain_words(each)) for each in draft.given]
    return True


# Share of the queries in a thousand, and what is done to the name.
KINDS: dict[str, tuple[int, Callable[[Random, _Draft, Target], bool]]] = {
    "as recorded": (225, _as_it_is),
    "family name first": (60, _swapped),
    "letter inserted": (60, _typing(slips.insertion)),
    "letter left out": (60, _typing(slips.deletion)),
    "wrong letter": (60, _typing(slips.substitution)),
    "letters transposed": (60, _typing(slips.transposition)),
    "another usual spelling": (80, _spelt(slips.twin_spelling)),
    "written as heard": (60, _spelt(slips.misheard)),
    "short form": (40, _short_form),
    "initial": (35, _initial),
    "family name alone, with birth": (30, _surname_alone),
    "a name too many": (25, _name_too_many),
    "beginning, with birth": (20, _beginning),
    "double barrel": (20, _barrel),
    "prefix": (20, _prefix),
    "accents left out": (20, _accents),
    "both names mistyped": (25, _both_mistyped),
    "alias or former name": (45, _other_name),
    "alias or former name mistyped": (15, _other_name_mistyped),
    "wrong date of birth": (60, _wrong_birth),
}
