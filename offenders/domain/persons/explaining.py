"""Saying why a name matched: which asked word met which recorded one, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.domain.persons.asking import meetings
from offenders.domain.persons.name_search import CLASS, EQUAL_CLASS, PLACES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from offenders.domain.persons.asking import Asking, Meeting

HOWS: Final = ("exact", "beginning", "alike", "partial")
MATCH, POSSIBLE = "match", "possible"
_WORDS_OF_A_MATCH: Final = 2


class Heard(NamedTuple):
    """A recorded word that met what was asked, and the part of the name it stands in."""

    meeting: Meeting
    part: str


def name_reason(
    asking: Asking, recorded: Sequence[str], rank: int, *, born_alike: bool
) -> dict[str, Any]:
    """Explain a rank by the words of the name that has it, each as `part word`."""
    heard = _heard(asking, recorded, born_alike=born_alike)
    reason: dict[str, Any] = {
        "field": "name",
        "how": HOWS[rank // CLASS],
        "in": PLACES[rank % len(PLACES)],
        "words": [_word(asking, each) for each in dict.fromkeys(heard.values())],
    }
    missing = [word for number, word in enumerate(asking.words) if number not in heard]
    if missing:
        reason["missing"] = missing
    if _is_swapped(asking, heard):
        reason["swapped"] = True
    return reason


def band(asking: Asking | None, rank: int, evidence: Mapping[str, str]) -> str:
    """Give `match` for an identifier, or for a full name with its date of birth; else `possible`.

    `evidence` says how each of the other criteria was met.
    """
    if evidence.get("identifier") == "exact":
        return MATCH
    is_full = asking is not None and asking.required >= _WORDS_OF_A_MATCH
    is_born_so = evidence.get("date_of_birth") == "exact"
    return MATCH if is_full and is_born_so and rank // CLASS == EQUAL_CLASS else POSSIBLE


def _heard(asking: Asking, recorded: Sequence[str], *, born_alike: bool) -> dict[int, Heard]:
    """Give the best meeting of each word, the longest words first; no recorded word twice."""
    found: list[Heard] = []
    for each in sorted(recorded):
        part, word = each.split(" ", 1)
        found += [Heard(met, part) for met in meetings(asking, word, born_alike=born_alike)]
    heard: dict[int, Heard] = {}
    for number in sorted(range(len(asking.words)), key=lambda n: -len(asking.words[n])):
        used = {each.meeting for each in heard.values()}
        taken = {each.word for each in used}
        fitting = [each for each in found if each.meeting.mask >> number & 1]
        best = min(fitting, key=lambda each: _order(each.meeting, used, taken), default=None)
        if best is not None:
            heard[number] = best
    return dict(sorted(heard.items()))


def _order(meeting: Meeting, used: set[Meeting], taken: set[str]) -> tuple[int, bool, int]:
    is_taken = meeting.word in taken and meeting not in used
    return meeting.likeness.cost, is_taken, meeting.mask.bit_count()


def _word(asking: Asking, heard: Heard) -> dict[str, str]:
    meeting = heard.meeting
    asked = [word for number, word in enumerate(asking.words) if meeting.mask >> number & 1]
    return {
        "asked": " ".join(asked),
        "recorded": meeting.word,
        "part": heard.part,
        "how": meeting.likeness.how,
    }


def _is_swapped(asking: Asking, heard: Mapping[int, Heard]) -> bool:
    """Tell whether family and given name stand the other way round than they were asked for."""
    if len(heard) < _WORDS_OF_A_MATCH:
        return False
    parts = [each.part for each in heard.values()]
    order = ("given", "family") if asking.is_family_first else ("family", "given")
    return (parts[0], parts[-1]) == order
