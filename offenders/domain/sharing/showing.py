"""What an agency is shown of a record: every key stays, and what isn't open to it is masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.domain.sharing.rules import IDENTITY, keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping

IOM: Final = "iom"
NOTES: Final = "notes"

# Of what stands within a person's page, the keys that its group opens.
_WITHIN: Final[dict[str, frozenset[str]]] = {
    "wanted": frozenset({"id", "reference", "state", "reason", "risk", "entered_at"}),
    "orders": frozenset(
        {"id", "reference", "type", "state", "made_on", "expires_on", "conditions", "instruction"}
    ),
    "iom_members": frozenset(
        {
            "id",
            "reference",
            "force",
            "person_id",
            "state",
            "scheme",
            "stage",
            "cohort",
            "theme",
            "further_themes",
            "rating",
            "rated_at",
            "lead_agency",
            "lead_officer",
            "lead_team",
            "managed_by",
            "joined_on",
            "last_reviewed_at",
            "review_due_at",
            "review_overdue",
            "exited_at",
            "version",
        }
    ),
}
MEMBER: Final = _WITHIN["iom_members"] | {"person", "actions", "masked"}
MEETING: Final = frozenset(
    {
        "id",
        "reference",
        "force",
        "held_at",
        "chair_agency",
        "attendance",
        "attendance_told",
        "agencies",
        "decides",
        "has_quorum",
        "missing",
        "version",
    }
)


def only(content: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """Give all keys, with null for those that aren't open, and their names in `masked`."""
    masked = sorted(content.keys() - keys - {"masked"})
    shown = {name: value if name in keys else None for name, value in content.items()}
    return shown | {"masked": masked}


def person_for(content: Mapping[str, Any], groups: frozenset[str]) -> dict[str, Any]:
    """Give a person's page as these groups open it."""
    shown = only(content, keys_of(groups))
    for name, keys in _WITHIN.items():
        if shown.get(name) is not None:
            shown[name] = [only(each, keys) for each in shown[name]]
    return shown


def member_for(content: Mapping[str, Any], agency: str | None) -> dict[str, Any]:
    """Give a membership with who it is and the agency's own actions."""
    shown = only(content, MEMBER)
    shown["person"] = only(content["person"], IDENTITY)
    if shown.get("actions") is not None:
        shown["actions"] = [each for each in shown["actions"] if each["agency"] == agency]
    return shown
