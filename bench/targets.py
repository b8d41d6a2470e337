"""The people whom queries are aimed at, read as the owner, and who else bears such a name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

_PEOPLE = text("""
    SELECT id, family_name, given_names, date_of_birth FROM persons
    WHERE force = :force ORDER BY reference
""")
_NAMES = text("""
    SELECT person_id, family_name, given_names FROM person_names WHERE force = :force
    ORDER BY person_id, family_name, given_names, id
""")
_BIRTHS = text("SELECT person_id, date_of_birth FROM person_dates_of_birth WHERE force = :force")
_FORCES = text("SELECT force FROM persons GROUP BY force HAVING count(*) >= :least ORDER BY force")
_NOT_LETTERS = re.compile(r"[^a-z]+")
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae"})


@dataclass
class Target:
    """A person of a force with all their names."""

    id: str
    force: str
    family_name: str
    given_names: str
    born: date | None
    others: list[tuple[str, str]] = field(default_factory=list)
    births: set[date] = field(default_factory=set)

    @property
    def names(self) -> list[tuple[str, str]]:
        """Give family and given names of the main name and every other."""
        return [(self.family_name, self.given_names), *self.others]


def forces_with_people(connection: Connection, least: int) -> list[str]:
    """Give the forces that hold so many people."""
    return list(connection.execute(_FORCES, {"least": least}).scalars())


def read_targets(connection: Connection, force: str) -> list[Target]:
    """Read everybody of a force."""
    values = {"force": force}
    people = {
        row.id: Target(
            str(row.id), force, row.family_name, row.given_names or "", row.date_of_birth
        )
        for row in connection.execute(_PEOPLE, values)
    }
    for row in connection.execute(_NAMES, values):
        people[row.person_id].others.append((row.family_name, row.given_names or ""))
    for row in connection.execute(_BIRTHS, values):
        people[row.person_id].births.add(row.date_of_birth)
    for target in people.values():
        if target.born:
            target.births.add(target.born)
    return list(people.values())


def plain_words(name: str) -> list[str]:
    """Give the words of a name in plain lower-case letters."""
    decomposed = unicodedata.normalize(
        "NFKD", name.lower().replace("'", "").translate(_UNDECOMPOSED)
    )
    letters = "".join(each for each in decomposed if not unicodedata.combining(each))
    return [word for word in _NOT_LETTERS.split(letters) if word]


class Bearers:
    """Tells how many people of a force bear a name that fits words exactly."""

    def __init__(self, people: Iterable[Target]) -> None:
        """Index every name of everybody by its words."""
        self._names: list[tuple[Target, set[str]]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for target in people:
            for family, given in target.names:
                words = set(plain_words(f"{given} {family}"))
                for word in words:
                    self._by_word[word].append(len(self._names))
                self._names.append((target, words))

    def count(self, meant: Iterable[str], born: date | None) -> int:
        """Count the people with one name that has every word; single letters are initials."""
        words = list(dict.fromkeys(meant))
        full = [word for word in words if len(word) > 1]
        initials = [word for word in words if len(word) == 1]
        rarest = min((self._by_word.get(word, []) for word in full), key=len, default=[])
        found = set()
        for number in rarest:
            target, known = self._names[number]
            if born is not None and born not in target.births:
                continue
            rest = known.difference(full)
            if known.issuperset(full) and all(
                any(word.startswith(initial) for word in rest) for initial in initials
            ):
                found.add(target.id)
        return len(found)
