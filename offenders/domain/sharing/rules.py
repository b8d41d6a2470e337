"""Rules of restrictions, shares and emergency access, as data."""

from __future__ import annotations

from typing import Final

# What became of an emergency access when a second person looked at it.
OUTCOMES: Final = ("justified", "not_justified", "referred")
SHORTEST_REASON: Final = 20  # characters: a sentence, not a word

# Figures of the force, by rule; the first of each is what it applies to.
MINUTES: Final = "emergency-access"
REVIEW_HOURS: Final = "emergency-access-reviews"
LONGEST_RESTRICTION: Final = "restrictions"
LONGEST_SHARE: Final = "shares"

# Field groups of agreements: the keys of a person's page that each opens. Who it is comes always.
IDENTITY: Final = frozenset(
    {
        "id",
        "reference",
        "force",
        "family_name",
        "given_names",
        "date_of_birth",
        "sex",
        "is_child",
        "recorded_at",
        "updated_at",
        "version",
        "masked",
    }
)
GROUPS: Final[dict[str, frozenset[str]]] = {
    "description": frozenset(
        {
            "aliases",
            "dates_of_birth",
            "date_of_birth_precision",
            "nationalities",
            "languages",
            "ethnicity_self_defined",
            "ethnicity_observed",
            "photo_reference",
        }
    ),
    "identifiers": frozenset({"pnc_id", "cro_number", "prison_number", "identifiers"}),
    "contact": frozenset(
        {"phones", "addresses", "lpa", "neighbourhood", "are_addresses_protected"}
    ),
    "vehicles": frozenset({"vehicles"}),
    "markers": frozenset({"markers"}),
    "wanted": frozenset({"wanted"}),
    "orders": frozenset({"orders"}),
    "iom": frozenset({"iom_members"}),
    "notes": frozenset({"notes"}),
}


def keys_of(groups: frozenset[str]) -> frozenset[str]:
    """Give the keys of a person's page that these groups open; an unknown group opens none."""
    return IDENTITY.union(*(GROUPS.get(group, frozenset()) for group in groups))
