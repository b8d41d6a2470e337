"""Made-up, reproducible demonstration data: everything in it is invented, nobody real is meant."""

from offenders.seed.activity import made_up_activity
from offenders.seed.custody import made_up_detentions
from offenders.seed.homes import Ward
from offenders.seed.people import made_up_people
from offenders.seed.rows import SCALES, Scale
from offenders.seed.wants import PersonKey, made_up_wants

__all__ = [
    "SCALES",
    "PersonKey",
    "Scale",
    "Ward",
    "made_up_activity",
    "made_up_detentions",
    "made_up_people",
    "made_up_wants",
]
