"""Made-up, reproducible demonstration data: everything in it is invented, nobody real is meant."""

from offenders.seed.acro import made_up_checks
from offenders.seed.activity import made_up_activity
from offenders.seed.bail import made_up_bail
from offenders.seed.briefings import made_up_briefings
from offenders.seed.circulations import made_up_circulations
from offenders.seed.custody import made_up_detentions
from offenders.seed.hits import made_up_hits
from offenders.seed.homes import Ward
from offenders.seed.iom import made_up_members
from offenders.seed.mappa import made_up_mappa
from offenders.seed.orders import made_up_orders
from offenders.seed.owners import made_up_officers, made_up_teams
from offenders.seed.people import made_up_people
from offenders.seed.registrations import made_up_registrations
from offenders.seed.rows import SCALES, Scale
from offenders.seed.tasks import made_up_tasks
from offenders.seed.wants import PersonKey, made_up_wants

__all__ = [
    "SCALES",
    "PersonKey",
    "Scale",
    "Ward",
    "made_up_activity",
    "made_up_bail",
    "made_up_briefings",
    "made_up_checks",
    "made_up_circulations",
    "made_up_detentions",
    "made_up_hits",
    "made_up_mappa",
    "made_up_members",
    "made_up_officers",
    "made_up_orders",
    "made_up_people",
    "made_up_registrations",
    "made_up_tasks",
    "made_up_teams",
    "made_up_wants",
]
