"""How the people and wants of the nation are shared among the forces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.seed.rows import Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

# Residents in thousands, 2011 census, to the nearest ten. The City of London has few residents
# and many people who work or go out there: it stands for what it records, not for who lives in it.
_RESIDENTS = """
    01 8170, 03 500, 04 1460, 05 1380, 06 2680, 07 1030, 10 1420, 11 620, 12 800, 13 2230,
    14 1340, 16 920, 17 560, 20 2740, 21 1100, 22 1230, 23 550, 30 1020, 31 1090, 32 710,
    33 1020, 34 690, 35 800, 36 860, 37 730, 40 620, 41 1120, 42 1730, 43 2290, 44 1900, 45 1130,
    46 1730, 47 1610, 48 60, 50 1670, 52 1600, 53 600, 54 680, 55 740, 60 690, 61 580, 62 1300,
    63 520"""
RESIDENTS = {
    code: int(thousands) for code, thousands in (entry.split() for entry in _RESIDENTS.split(","))
}
FEWEST_PEOPLE, FEWEST_WANTS = 30, 6


def sizes(whole: Scale) -> Mapping[str, Scale]:
    """Share people and wants out in proportion to residents, the largest force first."""
    total = sum(RESIDENTS.values())
    return {
        force: Scale(
            people=max(FEWEST_PEOPLE, -(-whole.people * residents // total)),
            wants=max(FEWEST_WANTS, -(-whole.wants * residents // total)),
            arrests=-(-whole.arrests * residents // total),
        )
        for force, residents in sorted(RESIDENTS.items(), key=lambda each: (-each[1], each[0]))
    }
