"""The lists that names, traits and offences are drawn from, as temporary tables of a connection.

Each list is laid out over slots, a value having as many as its share: drawing is a join by slot.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import text

from offenders.domain.imports.staging import copy_to_stage
from offenders.seed import reasons
from offenders.seed.names import in_form, other_spelling
from offenders.seed.national.draws import slots
from offenders.seed.national.names import COMMUNITIES, MIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

COMMUNITY_SLOTS, SURNAME_SLOTS, GIVEN_SLOTS, TRAIT_SLOTS, OFFENCE_SLOTS = 1000, 4096, 512, 200, 500
DOUBLE_BARRELLED = ("british", "welsh", "caribbean", "mixed")

_TABLES = {
    "list_communities": """mix text, slot int, community text, second_share float8,
        male_second text, female_second text, eras int[], is_joined boolean""",
    "list_surnames": """community text, slot int, male text, female text, misspelt text""",
    "list_given": "community text, is_female boolean, era int, slot int, name text, misspelt text",
    "list_traits": """community text, slot int, nationalities text[], self_defined text,
        observed text""",
    "list_offences": "reason text, slot int, code text, domestic_share float8, severity int",
}

# Large forces are drawn by hashing the lists, small ones by looking their few rows up.
_KEYS = {
    "list_communities": "mix, slot",
    "list_surnames": "community, slot",
    "list_given": "community, is_female, era, slot",
    "list_traits": "community, slot",
    "list_offences": "reason, slot",
}


def load_lists(session: Session) -> None:
    """Load every list for as long as the connection lasts; they are the same for every seed."""
    rows = _rows()
    for table, columns in _TABLES.items():
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
        session.execute(text(f"CREATE TEMPORARY TABLE {table} ({columns})"))
        copy_to_stage(session, table, rows[table])
        session.execute(text(f"CREATE INDEX ON {table} ({_KEYS[table]})"))
        session.execute(text(f"ANALYZE {table}"))


@cache
def _rows() -> dict[str, list[tuple[object, ...]]]:
    """Lay every list out; the connections of a process share the work."""
    return {
        "list_communities": list(_communities()),
        "list_surnames": list(_surnames()),
        "list_given": list(_given()),
        "list_traits": list(_traits()),
        "list_offences": list(_offences()),
    }


def _communities() -> Iterator[tuple[object, ...]]:
    for mix, shares in MIXES.items():
        for slot, name in enumerate(slots(shares, COMMUNITY_SLOTS)):
            about = COMMUNITIES[name]
            eras = "{" + ",".join(map(str, about.eras)) + "}"
            joined = name in DOUBLE_BARRELLED
            seconds = (about.male_second, about.female_second)
            yield mix, slot, name, about.second_name_share, *seconds, eras, joined


def _surnames() -> Iterator[tuple[object, ...]]:
    for name, community in COMMUNITIES.items():
        spelling = _Misspelling()
        for slot, surname in enumerate(slots(community.surnames, SURNAME_SLOTS)):
            male, female = in_form(surname, "male"), in_form(surname, "female")
            yield name, slot, male, female, spelling.of(surname)


def _given() -> Iterator[tuple[object, ...]]:
    for name, community in COMMUNITIES.items():
        for is_female, eras in ((False, community.male), (True, community.female)):
            spelling = _Misspelling()
            for era, names in enumerate(eras):
                for slot, given in enumerate(slots(names, GIVEN_SLOTS)):
                    yield name, is_female, era, slot, given, spelling.of(given)


def _traits() -> Iterator[tuple[object, ...]]:
    for name, community in COMMUNITIES.items():
        shuffled = slots(community.ethnicity, TRAIT_SLOTS)
        Random(name).shuffle(shuffled)  # noqa: S311 - repeatable, not secret
        nationalities = slots(community.nationalities, TRAIT_SLOTS)
        for slot, (joined, ethnicity) in enumerate(zip(nationalities, shuffled, strict=True)):
            self_defined, observed = ethnicity.split("/")
            yield name, slot, "{" + joined.replace("+", ",") + "}", self_defined, observed


def _offences() -> Iterator[tuple[object, ...]]:
    for reason, offences in reasons.OFFENCES.items():
        for slot, offence in enumerate(slots(offences, OFFENCE_SLOTS)):
            yield reason, slot, *offence


class _Misspelling:
    """Misspells each name of a list anew in every slot, the same for every seed."""

    def __init__(self) -> None:
        self._rnd = Random("misspelling")  # noqa: S311 - repeatable, not secret

    def of(self, name: str) -> str:
        written = other_spelling(self._rnd, name)
        return written if written.strip() else name
