"""The officers and teams that own wants, as a force's own staff system names them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from offenders.seed.rows import repeatable
from offenders.seed.weighted import Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from offenders.seed.rows import Row

TEAM_NAMES = {
    "BAIL": "Bail Management",
    "DAIU": "Domestic Abuse Investigation Unit",
    "FIU": "Force Intelligence Unit",
    "IOM": "Integrated Offender Management",
    "MOSOVO": "Management of Sexual or Violent Offenders",
    "NPA-CENTRAL": "Neighbourhood Policing Area Central",
    "NPA-EAST": "Neighbourhood Policing Area East",
    "PIT-CITY": "Priority Investigation Team City",
    "PIT-COUNTY": "Priority Investigation Team County",
    "RESPONSE-A": "Response A",
    "RESPONSE-B": "Response B",
    "RESPONSE-C": "Response C",
    "WARRANTS": "Warrants",
}
RANKS = Weighted(counted("Constable 60, Detective Constable 28, Sergeant 8, Detective Sergeant 4"))
EVERY_UNKNOWN = 30  # of so many collar numbers one is mistyped, so that nobody has named it
EVERY_LEFT = 40  # of so many officers one has left since
LONGEST_SERVICE, SHORTEST_SERVICE = 30 * 365, 2 * 365  # days
LEFT_WITHIN = 120  # days


def made_up_teams() -> Iterator[Row]:
    """Give the rows of `teams` to import."""
    return ({"source_ref": code, "code": code, "name": name} for code, name in TEAM_NAMES.items())


def made_up_officers(force: str, seed: int, today: date, wants: Iterable[Row]) -> Iterator[Row]:
    """Give the rows of `officers` to import: who owns these wants, but for a few unknown ones."""
    rnd, teams = repeatable("officers", force, seed), sorted(TEAM_NAMES)
    codes = sorted({want["owner_officer"] for want in wants if "owner_officer" in want})
    rnd.shuffle(codes)
    for number, code in enumerate(codes):
        if number % EVERY_UNKNOWN == 0:
            continue
        joined = today - timedelta(days=rnd.randint(SHORTEST_SERVICE, LONGEST_SERVICE))
        row = {
            "source_ref": code,
            "code": code,
            "rank": RANKS.draw(rnd),
            "team": one_of(rnd, teams),
            "from": joined.isoformat(),
        }
        if number % EVERY_LEFT == 1:
            row["left"] = (today - timedelta(days=rnd.randint(1, LEFT_WITHIN))).isoformat()
        yield row
