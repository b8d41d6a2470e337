"""Use cases of restrictions, agreements, shares and emergency access."""

from offenders.domain.sharing.agreeing import add_agreement, list_agreements
from offenders.domain.sharing.budgets import settle_budgets
from offenders.domain.sharing.emergencies import (
    Taker,
    end_access,
    has_closed,
    list_accesses,
    review_access,
    settle_reviews,
    show_access,
    take_access,
)
from offenders.domain.sharing.lookups import PATTERNS, LookUps, list_look_ups, note_reader
from offenders.domain.sharing.restricting import (
    RESTRICTIONS,
    end_restriction,
    follow_merge,
    follow_reversal,
    restrict_person,
)
from offenders.domain.sharing.shares import (
    SHARES,
    Shared,
    end_share,
    find_shared,
    list_shared,
    share_person,
)
from offenders.domain.sharing.showing import (
    IOM,
    MEETING,
    NOTES,
    member_for,
    only,
    person_for,
)
from offenders.domain.sharing.timed import Timed

__all__ = [
    "IOM",
    "MEETING",
    "NOTES",
    "PATTERNS",
    "RESTRICTIONS",
    "SHARES",
    "LookUps",
    "Shared",
    "Taker",
    "Timed",
    "add_agreement",
    "end_access",
    "end_restriction",
    "end_share",
    "find_shared",
    "follow_merge",
    "follow_reversal",
    "has_closed",
    "list_accesses",
    "list_agreements",
    "list_look_ups",
    "list_shared",
    "member_for",
    "note_reader",
    "only",
    "person_for",
    "restrict_person",
    "review_access",
    "settle_budgets",
    "settle_reviews",
    "share_person",
    "show_access",
    "take_access",
]
