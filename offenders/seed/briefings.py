"""Briefing items: about the gravest wants, and what officers are told besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.seed.owners import TEAM_NAMES
from offenders.seed.rows import repeatable
from offenders.seed.weighted import one_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from offenders.seed.rows import Row

ABOUT_WANTS: Final = 24
LONGEST, SHORTEST = 27, 2  # days that an item stands
_RISKS: Final = ("very_high", "high")
_WORDS: Final = {
    "very_high": ("urgent", "Arrest on sight", "Ask for a second unit before the door is knocked."),
    "high": ("high", "Wanted, look out", "Last seen on foot near shops; call in any sighting."),
}
_TOLD: Final = (
    ("Stolen plates", "Plates are taken from cars in long-stay car parks. Check what is parked."),
    ("Burglaries by day", "Back doors are tried between 10:00 and 14:00. Walk the alleys."),
    ("Catalytic converters", "A grey van without lettering was seen at the last three thefts."),
    ("Bail at risk", "Several people are due to answer bail this week. Know who they are."),
    ("Knife sweep", "The park was swept on Friday. Look in the hedges along the south side."),
    ("Shop thefts", "Two people work together; one talks to staff while the other fills bags."),
    ("Nuisance motorcycles", "Riders meet at the retail park after 20:00. Don't pursue; film."),
    ("Courier fraud", "Callers say they are police. Leave the leaflet at sheltered housing."),
)
_SOURCED: Final = ("1BP", "2CP", "1AP")


def made_up_briefings(force: str, seed: int, wants: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Give items as they are published, each with `days` to stand and, of some, a `want`.

    A want is named by its key at the source; its item is for where the want has its area.
    """
    rnd, teams = repeatable("briefings", force, seed), sorted(TEAM_NAMES)
    grave = [want for want in wants if want.get("risk") in _RISKS]
    grave.sort(key=lambda want: (_RISKS.index(want["risk"]), want["source_ref"]))
    for want in grave[:ABOUT_WANTS]:
        priority, title, text = _WORDS[want["risk"]]
        yield {
            "title": title,
            "text": text,
            "priority": priority,
            "want": want["source_ref"],
            "teams": [one_of(rnd, teams)],
            "days": rnd.randint(SHORTEST, LONGEST),
        }
    for number, (title, text) in enumerate(_TOLD):
        yield {
            "title": title,
            "text": text,
            "priority": "normal",
            "teams": [] if number % 4 == 0 else rnd.sample(teams, 3),
            "grade": one_of(rnd, _SOURCED),
            "days": rnd.randint(SHORTEST, LONGEST),
        }
