"""Who is known to several forces: the same PNC ID, and in each force a record of its own."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from offenders.domain.reference.codes import read_csv
from offenders.seed.weighted import Weighted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offenders.seed.rows import Scale

SHARE = 0.012  # of all people
LARGEST_SHARE_OF_A_FORCE = 3  # at most a third of a force's people are known elsewhere, too
FORCES_KNOWN = Weighted([(2, 74.0), (3, 20.0), (4, 5.0), (5, 1.0)])
SAME_REGION = 0.6
SPELT_OTHERWISE = 0.25


class Known(NamedTuple):
    """One traveller as one force has them on record."""

    traveller: int
    is_spelt_otherwise: bool


def travellers(seed: int, forces: Mapping[str, Scale]) -> dict[str, list[Known]]:
    """Give the travellers whom each force knows; the first force that meets one spells well."""
    rnd = Random(f"travellers {seed}")  # noqa: S311 - repeatable, not secret
    region_of = {row["code"]: row["region"] for row in read_csv("forces.csv")}
    everywhere = Weighted((force, float(scale.people)) for force, scale in forces.items())
    nearby = {
        region: Weighted(
            (force, float(scale.people))
            for force, scale in forces.items()
            if region_of[force] == region
        )
        for region in {region_of[force] for force in forces}
    }
    known: dict[str, list[Known]] = {force: [] for force in forces}
    for traveller in range(1, int(SHARE * sum(each.people for each in forces.values())) + 1):
        home = everywhere.draw(rnd)
        met = {home: False}
        count = FORCES_KNOWN.draw(rnd)
        while len(met) < count:
            among = nearby[region_of[home]] if rnd.random() < SAME_REGION else everywhere
            met.setdefault(among.draw(rnd), rnd.random() < SPELT_OTHERWISE)
        for force, otherwise in met.items():
            if len(known[force]) < forces[force].people // LARGEST_SHARE_OF_A_FORCE:
                known[force].append(Known(traveller, otherwise))
    return known
